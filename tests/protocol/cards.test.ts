// Cards: sent with a message and shown to everyone, each press counted once and by the card's own rules, seen by all as a change of
// the message, and told, signed, to the service that posted the card.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import type { Message } from '../../src/server/messages/contract.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import {
  type Answer,
  type Caller,
  connect,
  type Listener,
  listen,
  refusalOf,
  request,
} from '../support/clients.ts';
import { until } from '../support/until.ts';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
let eve: SignedIn;
let ear: Listener;
const posts: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];
let status = 200;
const service = createServer((incoming, response) => {
  const pieces: Buffer[] = [];
  incoming.on('data', (piece: Buffer) => pieces.push(piece));
  incoming.on('end', () => {
    posts.push({
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: Buffer.concat(pieces).toString(),
    });
    response.writeHead(status).end();
  });
});
let serviceUrl: string;

beforeAll(async () => {
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  serviceUrl = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  app = await startApp({ config: { OUTGOING_ALLOW_HOSTS: '127.0.0.1' } });
  await app.signIn('Root Person');
  [ada, bob, eve] = [await app.signIn('Ada'), await app.signIn('Bob'), await app.signIn('Eve')];
  ear = await listen('phoenix 2.0.0', app, bob);
});
afterAll(async () => {
  await ear.close();
  await app.stop();
  service.closeAllConnections();
  service.close();
});

const button = (actionId: string, mode?: string) => ({
  actionId,
  label: actionId,
  ...(mode ? { mode } : {}),
});
const deploy = {
  title: 'Deploy 4.2?',
  blocks: [
    { type: 'text', text: 'All tests passed.' },
    { type: 'fields', fields: [{ label: 'Branch', value: 'main' }] },
    {
      type: 'buttons',
      buttons: [{ ...button('go', 'once'), value: 'yes' }, button('ping'), button('vote', 'once_per_user')],
    },
    {
      type: 'select',
      actionId: 'where',
      options: [
        { value: 'eu', label: 'Europe' },
        { value: 'us', label: 'America' },
      ],
    },
    {
      type: 'form',
      actionId: 'why',
      fields: [
        { name: 'reason', label: 'Reason', type: 'text', required: true, maxLength: 10 },
        { name: 'risk', label: 'Risk', type: 'number', min: 1, max: 5 },
        { name: 'day', label: 'Day', type: 'date' },
        { name: 'team', label: 'Team', type: 'select', options: [{ value: 'a', label: 'A' }] },
        { name: 'sure', label: 'Sure', type: 'boolean' },
      ],
    },
  ],
  fallback: 'Deploy 4.2? Branch main.',
};

describe.each(['rest', 'socketio over websocket', 'phoenix 2.0.0'] as const)('by %s', (surface) => {
  let client: Caller;
  let roomId: string;
  let message: Message;
  beforeAll(async () => {
    client = await connect(surface, app, ada);
  });
  beforeEach(async () => {
    roomId = (
      await client.call('create_room', { name: 'A room', visibility: 'private', memberIds: [bob.user.id] })
    ).id;
    message = await client.call('send_message', { roomId, card: deploy });
  });
  afterAll(() => client.close());
  const press = (by: Caller, actionId: string, more: object = {}) =>
    by.call('card_action', { messageId: message.id, actionId, id: newId(), ...more });

  test('a card is shown as it was sent, with its fallback as text, and a retry is the same message', async () => {
    expect(message.body).toBe(deploy.fallback);
    expect(message.cards).toHaveLength(1);
    expect(message.cards?.[0]).toMatchObject({ title: deploy.title, fallback: deploy.fallback });
    expect((await ear.call('get_message', { messageId: message.id })).cards).toEqual(message.cards);
    await press(ear, 'ping');
    const again = { roomId, id: message.id, cards: [deploy] };
    expect((await client.call('send_message', again)).id).toBe(message.id);
    const other = { ...again, id: (await client.call('send_message', { roomId, card: deploy })).id };
    expect(
      await refusalOf(client.call('send_message', { ...other, cards: [{ ...deploy, title: 'Another' }] })),
    ).toMatchObject({ reason: 'message_id_reused' });
  });

  test('everyone hears a press as a change of the message, the same id presses once', async () => {
    await ear.join(roomId);
    const id = newId();
    const first = await press(client, 'ping', { id });
    expect(first).toEqual({
      messageId: message.id,
      actionId: 'ping',
      id,
      by: ada.user.id,
      at: expect.any(String),
      version: 2,
    });
    await press(ear, 'where', { value: 'eu' });
    expect(await press(client, 'ping', { id: id.toUpperCase() })).toEqual(first);
    expect(await refusalOf(press(ear, 'ping', { id }))).toMatchObject({
      code: 'conflict',
      reason: 'action_id_reused',
    });
    const changes = () => ear.heard.filter((h) => h.room === roomId && h.type === 'message_updated');
    await ear.until('two changes', () => changes().length === 2);
    const shown = (changes()[1] as Answer).payload.message.cards[0].state;
    expect(shown).toEqual([
      { actionId: 'ping', count: 1, by: ada.user.id, at: first.at },
      { actionId: 'where', count: 1, by: bob.user.id, at: expect.any(String), value: 'eu' },
    ]);
    const now = await ear.call('get_message', { messageId: message.id });
    expect(now).toMatchObject({ version: 3, body: message.body });
    expect(now.cards[0].state).toEqual(shown);
    expect(now).not.toHaveProperty('editedAt');
    // A button's state is no version of the text, and the text can still be edited.
    const edited = await client.call('edit_message', { messageId: message.id, body: 'Deploy 4.2, please?' });
    expect(edited.cards[0].state).toEqual(shown);
    expect(
      (await client.call('list_versions', { messageId: message.id })).data.map((v: Answer) => v.version),
    ).toEqual([4, 3]);
    await ear.leave(roomId);
  });

  test('what counts once is taken by the first for all, what counts once each by everyone', async () => {
    const presses = await Promise.allSettled([press(ear, 'go'), press(client, 'go'), press(ear, 'go')]);
    expect(presses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const now = await client.call('get_message', { messageId: message.id });
    const [state] = now.cards[0].state;
    expect(state).toMatchObject({ actionId: 'go', count: 1, value: 'yes' });
    const late = await refusalOf(press(client, 'go'));
    expect(late).toMatchObject({
      code: 'conflict',
      reason: 'already_taken',
      errors: [{ path: 'actionId', message: state.by }],
    });
    await press(client, 'vote');
    await press(ear, 'vote');
    expect(await refusalOf(press(client, 'vote'))).toMatchObject({ reason: 'already_taken' });
    const voted = await client.call('get_message', { messageId: message.id });
    expect(voted.cards[0].state[1]).toMatchObject({ actionId: 'vote', count: 2, by: bob.user.id });
  });

  test('a form goes with its values', async () => {
    const values = { reason: 'late', risk: 2, day: '2026-02-28', team: 'a', sure: false };
    expect((await press(client, 'why', { values })).value).toEqual(values);
  });

  test('a deleted message has no card, and who left presses nothing', async () => {
    await press(client, 'why', { values: { reason: 'private' } });
    await ear.call('quit_room', { roomId });
    expect(await refusalOf(press(ear, 'ping'))).toMatchObject({
      code: 'not_found',
      reason: 'message_not_found',
    });
    expect(await client.call('delete_message', { messageId: message.id })).not.toHaveProperty('cards');
    expect(await refusalOf(press(client, 'ping'))).toMatchObject({ reason: 'message_deleted' });
    const { events } = await client.call('list_events', { roomId, afterSeq: 0 });
    expect(JSON.stringify(events)).not.toMatch(/private|All tests passed/);
  });

  test('who only reads along presses nothing', async () => {
    const open = await client.call('create_room', { name: 'Open' });
    const shown = await client.call('send_message', { roomId: open.id, card: deploy });
    const reader = await connect('rest', app, eve);
    expect(
      await refusalOf(reader.call('card_action', { messageId: shown.id, actionId: 'ping', id: newId() })),
    ).toMatchObject({ code: 'forbidden', reason: 'not_a_member' });
  });
});

describe('by its own definition', () => {
  let client: Caller;
  let message: Message;
  beforeAll(async () => {
    client = await connect('rest', app, ada);
    const { id: roomId } = await client.call('create_room', { name: 'A room' });
    message = await client.call('send_message', { roomId, card: deploy });
  });

  test.each([
    ['nothing', {}, 422, 'unknown_action'],
    ['go', { value: 'x' }, 422, 'invalid_action_value', 'value'],
    ['where', {}, 422, 'invalid_action_value', 'value'],
    ['where', { value: 'mars' }, 422, 'invalid_action_value', 'value'],
    ['where', { value: ['eu', 'us'] }, 422, 'invalid_action_value', 'value'],
    ['why', {}, 422, 'invalid_action_value', 'values.reason'],
    ['why', { values: { reason: 'x'.repeat(11) } }, 422, 'invalid_action_value', 'values.reason'],
    ['why', { values: { reason: 'r', risk: 6 } }, 422, 'invalid_action_value', 'values.risk'],
    ['why', { values: { reason: 'r', risk: '2' } }, 422, 'invalid_action_value', 'values.risk'],
    ['why', { values: { reason: 'r', day: '2026-02-30' } }, 422, 'invalid_action_value', 'values.day'],
    ['why', { values: { reason: 'r', team: 'b' } }, 422, 'invalid_action_value', 'values.team'],
    ['why', { values: { reason: 'r', sure: 'yes' } }, 422, 'invalid_action_value', 'values.sure'],
    ['why', { values: { reason: 'r', toString: 'x' } }, 422, 'invalid_action_value', 'values.toString'],
  ] as const)('%s with %j is refused', async (actionId, more, code, reason, path?) => {
    const problem = await refusalOf(
      client.call('card_action', { messageId: message.id, actionId, id: newId(), ...more }),
    );
    expect(problem).toMatchObject({ status: code, reason });
    if (path !== undefined) expect(problem.errors?.map((e) => e.path)).toEqual([path]);
  });
});

test.each([
  ['no fallback', { blocks: deploy.blocks }],
  ['no blocks', { blocks: [], fallback: 'x' }],
  ['a block of no known type', { blocks: [{ type: 'script', code: 'x' }], fallback: 'x' }],
  ['an action twice', { blocks: [{ type: 'buttons', buttons: [button('a'), button('a')] }], fallback: 'x' }],
  [
    'eleven buttons',
    {
      blocks: [{ type: 'buttons', buttons: Array.from({ length: 11 }, (_, i) => button(`b${i}`)) }],
      fallback: 'x',
    },
  ],
  [
    'a select that is a field without options',
    {
      blocks: [{ type: 'form', actionId: 'f', fields: [{ name: 'n', label: 'N', type: 'select' }] }],
      fallback: 'x',
    },
  ],
  [
    'too much in all',
    { blocks: Array.from({ length: 6 }, () => ({ type: 'text', text: 'x'.repeat(3000) })), fallback: 'x' },
  ],
])('a card with %s is refused', async (_what, card) => {
  const client = await connect('rest', app, ada);
  const { id: roomId } = await client.call('create_room', { name: 'A room' });
  expect(await refusalOf(client.call('send_message', { roomId, card }))).toMatchObject({
    reason: 'invalid_input',
  });
  expect(await refusalOf(client.call('send_message', { roomId, cards: [card] }))).toMatchObject({
    reason: 'invalid_input',
  });
  expect(
    await refusalOf(
      client.call('send_message', {
        roomId,
        cards: [1, 2, 3, 4].map(() => ({ ...deploy, blocks: deploy.blocks.slice(0, 1) })),
      }),
    ),
  ).toMatchObject({ reason: 'invalid_input' });
});

test('the service that posted a card is told of each press, signed, until it was heard', async () => {
  const client = await connect('rest', app, ada);
  const { id: roomId } = await client.call('create_room', { name: 'A room', memberIds: [bob.user.id] });
  const made = await client.call('create_incoming_webhook', {
    roomId,
    name: 'CI',
    actionsUrl: `${serviceUrl}/ci`,
  });
  expect((await client.call('list_incoming_webhooks', { roomId })).data[0]).not.toHaveProperty(
    'actionsSecret',
  );
  const quiet = await client.call('create_incoming_webhook', { roomId, name: 'Quiet' });
  expect(quiet).not.toHaveProperty('actionsSecret');
  const post = async (url: string, body: object) =>
    (await request(app.url, 'POST', url, { body })).body.id as string;
  const messageId = await post(made.url, { card: deploy });
  const other = await post(quiet.url, { body: 'Look:', cards: [deploy] });
  const id = newId();
  const press = { messageId, actionId: 'why', id, values: { reason: 'late' } };
  status = 500;
  const done = await ear.call('card_action', press);
  await ear.call('card_action', { ...press, messageId: other });
  await until('a try', () => posts.length > 0);
  status = 200;
  await ear.call('card_action', press);
  await until('it was heard', async () => {
    const row = await app.app.parts.database.db
      .selectFrom('cardActions')
      .select(['toldAt', 'toldStatus'])
      .where('messageId', '=', messageId)
      .executeTakeFirst();
    return row?.toldAt !== null && row?.toldStatus === 'answered 200';
  });
  expect(posts.length).toBeGreaterThan(1);
  expect(new Set(posts.map(({ path, headers }) => `${path} ${headers['webhook-id']}`)).size).toBe(1);
  const last = posts.at(-1) as (typeof posts)[number];
  expect(new Webhook(made.actionsSecret).verify(last.body, last.headers as Record<string, string>)).toEqual({
    type: 'card.action',
    timestamp: done.at,
    data: {
      roomId,
      messageId,
      actionId: 'why',
      id,
      by: { id: bob.user.id, kind: 'human', handle: bob.user.handle, name: 'Bob' },
      at: done.at,
      value: { reason: 'late' },
      version: 2,
    },
  });
});

test('who is erased leaves what was taken, and none of his words', async () => {
  const client = await connect('rest', app, ada);
  const root = await connect('rest', app, await app.signIn('Root Person'));
  const gone = await app.signIn('Gone');
  const { id: roomId } = await client.call('create_room', { name: 'A room', memberIds: [gone.user.id] });
  const { id: messageId } = await client.call('send_message', { roomId, card: deploy });
  const his = await connect('rest', app, gone);
  await his.call('card_action', { messageId, actionId: 'go', id: newId() });
  await his.call('card_action', { messageId, actionId: 'why', id: newId(), values: { reason: 'my secret' } });
  await client.call('card_action', { messageId, actionId: 'where', id: newId(), value: 'us' });
  await root.call('erase_person', { userId: gone.user.id });
  await app.app.settle();
  const { cards } = await client.call('get_message', { messageId });
  expect(cards[0].state).toEqual([
    { actionId: 'go', count: 1, by: gone.user.id, at: expect.any(String) },
    { actionId: 'why', count: 1, by: gone.user.id, at: expect.any(String) },
    { actionId: 'where', count: 1, by: ada.user.id, at: expect.any(String), value: 'us' },
  ]);
  expect(
    await refusalOf(client.call('card_action', { messageId, actionId: 'go', id: newId() })),
  ).toMatchObject({ reason: 'already_taken' });
});

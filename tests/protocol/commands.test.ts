// Commands: what may be called where, by text and by typed options; each call carried out once; a private reply reaches its caller
// and nobody else, by no way at all; commands of agents and of services elsewhere. The agent's model is played.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import { AppError } from '../../src/core/errors.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import { saying, startTown, type Town } from '../agents/town.ts';
import type { SignedIn } from '../support/app.ts';
import { type Answer, type Caller, connect, type Listener, listen, refusalOf } from '../support/clients.ts';

let town: Town;
let ada: SignedIn;
let bob: SignedIn;
let scopes: { root: Scope; ada: Scope; bob: Scope; eve: Scope; foreign: Scope };
let otto: Agent;
let clients: Caller[];
let ear: Listener;
const posts: { headers: IncomingHttpHeaders; body: string }[] = [];
let answer: { status: number; body: string };
const service = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    posts.push({ headers: request.headers, body: Buffer.concat(pieces).toString() });
    response.writeHead(answer.status).end(answer.body);
  });
});
let url: string;

beforeAll(async () => {
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;
  town = await startTown({ config: { OUTGOING_ALLOW_HOSTS: '127.0.0.1' } });
  const root = await town.person('Root Person');
  [ada, bob] = [await town.test.signIn('Ada'), await town.test.signIn('Bob')];
  scopes = {
    root,
    ada: await town.person('Ada'),
    bob: await town.person('Bob'),
    eve: await town.person('Eve'),
    foreign: await town.stranger('Mallory'),
  };
  otto = await town.agent(scopes.ada, { handle: 'otto' });
  ear = await listen('socketio over websocket', town.test, bob);
  clients = [
    await connect('rest', town.test, ada),
    await connect('socketio over websocket', town.test, ada),
    await connect('phoenix 2.0.0', town.test, ada),
  ];
});
beforeEach(() => {
  posts.length = 0;
  answer = { status: 200, body: '' };
});
afterAll(async () => {
  await ear.close();
  for (const client of clients) await client.close();
  await town.stop();
  service.closeAllConnections();
  service.close();
});

async function newRoom(...agents: Agent[]): Promise<string> {
  const { id } = await town.call(scopes.ada, 'create_room', {
    name: 'A room',
    visibility: 'private',
    memberIds: [bob.user.id],
  });
  for (const agent of agents) await town.call(scopes.ada, 'invite_agent', { roomId: id, agentId: agent.id });
  return id;
}
const run = (who: Scope, roomId: string, text: string, more: object = {}) =>
  town.call(who, 'run_command', { roomId, text, id: newId(), ...more });
const refusal = (call: Promise<unknown>): Promise<AppError> =>
  call.then(
    (value) => Promise.reject(new Error(`Not refused: ${JSON.stringify(value)}`)),
    (error: unknown) => (error instanceof AppError ? error : Promise.reject(error)),
  );
const bodies = async (roomId: string) =>
  (await town.messages(scopes.ada, { id: roomId })).map(({ body }) => body);
const names = async (who: Scope, roomId: string): Promise<string[]> =>
  (await town.call(who, 'list_commands', { roomId })).data.map((c: Answer) => c.name);

describe('by every surface', () => {
  test('a command is listed, run once under its id, and refused with words', async () => {
    const roomId = await newRoom();
    for (const client of clients) {
      const { data } = await client.call('list_commands', { roomId });
      expect(data).toContainEqual(
        expect.objectContaining({ name: 'topic', scope: 'builtin', handler: 'builtin' }),
      );
      const call = { roomId, text: '/me waves at "Bob"', id: newId() };
      const first = await client.call('run_command', call);
      expect(await client.call('run_command', call)).toEqual(first);
      expect((await client.call('get_message', { messageId: first.messageId })).body).toBe(
        '_waves at "Bob"_',
      );
      expect(await refusalOf(client.call('run_command', { ...call, text: '/me hides' }))).toMatchObject({
        code: 'conflict',
        reason: 'command_id_reused',
      });
      expect(
        await refusalOf(
          client.call('run_command', {
            roomId,
            id: newId(),
            name: 'remind',
            options: { in: 'soon', text: 'x' },
          }),
        ),
      ).toMatchObject({
        status: 422,
        reason: 'invalid_option',
        errors: [{ path: 'options.in', message: expect.stringContaining('10m') }],
      });
      expect(
        await refusalOf(client.call('run_command', { roomId, id: newId(), text: '/nothing' })),
      ).toMatchObject({
        reason: 'command_not_found',
      });
    }
    expect(await bodies(roomId)).toHaveLength(clients.length);
  });

  test('a private reply reaches its caller, and nobody else by any way', async () => {
    const roomId = await newRoom();
    await town.call(scopes.ada, 'send_message', { roomId, body: 'before' });
    await ear.join(roomId);
    const own = clients.slice(1) as Listener[];
    await own[1]?.join(`user:${ada.user.id}`).catch(() => undefined);
    const inRoom = town.listen({ id: roomId });
    const bobs = town.listenTo(scopes.bob);
    const adas = town.listenTo(scopes.ada);
    const { lastSeq } = await town.call(scopes.ada, 'get_room', { roomId });
    const id = newId();
    const { reply } = await run(scopes.ada, roomId, '/topic xylophones', { id });
    expect(reply).toEqual({ visibility: 'private', body: 'The topic is now: xylophones' });
    await run(scopes.ada, roomId, '/remind in 10m buy zithers', { id: newId() });
    expect(adas.filter(({ type }) => type === 'command_reply').map(({ payload }) => payload)).toEqual([
      { roomId, id, name: 'topic', reply },
      expect.objectContaining({ name: 'remind' }),
    ]);
    await own[0]?.until('the reply', () => own[0]?.heard.some((h) => h.type === 'command_reply') === true);
    // Whatever comes to Bob after it would have come behind it.
    await town.call(scopes.ada, 'send_message', { roomId, body: 'after' });
    await ear.until('what was said next', () => ear.heard.some((h) => h.payload.body === 'after'));
    await town.settle();
    const said = [inRoom, bobs, ear.heard, await town.messages(scopes.bob, { id: roomId })];
    said.push((await town.call(scopes.bob, 'list_events', { roomId, afterSeq: 0 })).events);
    for (const q of ['zithers', '"topic is now"'])
      expect((await town.call(scopes.ada, 'search_messages', { q })).data, q).toEqual([]);
    expect(JSON.stringify(said)).not.toMatch(/zithers|topic is now|command_reply/i);
    // The topic itself, and the message.
    expect((await town.call(scopes.ada, 'get_room', { roomId })).lastSeq).toBe(lastSeq + 2);
    expect((await town.call(scopes.bob, 'list_notifications')).data).toEqual([]);
    await ear.leave(roomId);
  });
});

describe('built in', () => {
  test('who may not do a thing is not offered it, and is refused as everywhere', async () => {
    const roomId = await newRoom();
    const moderating = ['ban', 'kick', 'mute', 'slow', 'unmute'];
    const usual = ['help', 'me', 'remind', 'shrug'];
    expect(await names(scopes.ada, roomId)).toEqual([...usual, ...moderating, 'invite', 'topic'].sort());
    expect(await names(scopes.bob, roomId)).toEqual(usual);
    for (const text of ['/mute @ada', '/unmute @ada', '/kick @ada', '/ban @ada', '/slow 10'])
      expect(await refusal(run(scopes.bob, roomId, text)), text).toMatchObject({ reason: 'not_allowed' });
    const { id: direct } = await town.call(scopes.ada, 'open_direct_room', { userIds: [bob.user.id] });
    expect(await names(scopes.ada, direct)).toEqual(usual);
    expect(await refusal(run(scopes.ada, direct, '/kick @bob'))).toMatchObject({ code: 'forbidden' });
    expect(await refusal(run(scopes.bob, roomId, '/topic mine'))).toMatchObject({ reason: 'not_allowed' });
    expect(await refusal(run(scopes.bob, roomId, '/invite @eve'))).toMatchObject({ reason: 'not_allowed' });
    const { reply } = await run(scopes.bob, roomId, '/help');
    expect(reply.body).toContain('/remind <in> <text>: ');
    expect(reply.body).not.toContain('/topic');
    const open = await town.call(scopes.ada, 'create_room', { name: 'Open' });
    expect(await refusal(run(scopes.eve, open.id, '/help'))).toMatchObject({ reason: 'not_a_member' });
  });

  test('invite, remind and shrug do what they say', async () => {
    const roomId = await newRoom();
    await run(scopes.ada, roomId, '/invite @eve');
    expect(await names(scopes.eve, roomId)).toContain('help');
    expect(await refusal(run(scopes.ada, roomId, '/invite @nobody-there'))).toMatchObject({
      details: { errors: [{ path: 'options.user', message: expect.stringContaining('@handle') }] },
    });
    const before = Date.now();
    await run(scopes.eve, roomId, '/remind in 1h30m turn it off');
    const [item] = (await town.call(scopes.eve, 'list_scheduled')).data;
    expect(item).toMatchObject({ kind: 'reminder', body: 'turn it off' });
    expect(Date.parse(item.dueAt) - before).toBeGreaterThanOrEqual(5_400_000);
    expect(Date.parse(item.dueAt) - before).toBeLessThan(5_460_000);
    await run(scopes.eve, roomId, '/shrug who knows');
    expect((await bodies(roomId)).at(-1)).toMatch(/^who knows .*\(ツ\)/);
  });

  test('mute, kick, ban and slow are what moderators do, with how long and why', async () => {
    const roomId = await newRoom();
    const standing = async () =>
      (await town.call(scopes.ada, 'list_moderation', { roomId, standing: true })).data;
    const before = Date.now();
    const muted = await run(scopes.ada, roomId, '/mute @bob for 10m "quoted" and \\ loud');
    expect(muted.reply).toEqual({ visibility: 'private', body: '@bob is muted for 10m.' });
    const [mute] = await standing();
    expect(mute).toMatchObject({ kind: 'mute', user: { id: bob.user.id }, reason: '"quoted" and \\ loud' });
    expect(Date.parse(mute.until) - before).toBeGreaterThanOrEqual(600_000);
    expect(Date.parse(mute.until) - before).toBeLessThan(660_000);
    expect(await refusal(town.say(scopes.bob, { id: roomId }, 'x'))).toMatchObject({ reason: 'muted' });
    await run(scopes.ada, roomId, '/unmute @bob fine now');
    expect(await standing()).toEqual([]);
    // Without a time it is for good; what looks like none is the reason.
    await run(scopes.ada, roomId, '/mute @bob spamming 10m long');
    expect(await standing()).toMatchObject([{ kind: 'mute', reason: 'spamming 10m long' }]);
    expect((await standing())[0].until).toBeUndefined();
    await run(scopes.ada, roomId, '/unmute @bob');

    await run(scopes.ada, roomId, '/slow 5m');
    expect(await town.call(scopes.ada, 'get_room', { roomId })).toMatchObject({ slowModeSeconds: 300 });
    await run(scopes.ada, roomId, '/slow off');
    expect((await town.call(scopes.ada, 'get_room', { roomId })).slowModeSeconds).toBeUndefined();

    await run(scopes.ada, roomId, '/kick @bob out');
    expect(await refusal(run(scopes.ada, roomId, '/kick @bob'))).toMatchObject({
      reason: 'member_not_found',
    });
    await town.call(scopes.ada, 'add_member', { roomId, userId: bob.user.id });
    const banned = { roomId, id: newId(), name: 'ban', options: { user: 'bob', for: '1d', reason: 'again' } };
    await town.call(scopes.ada, 'run_command', banned);
    expect(await standing()).toMatchObject([{ kind: 'ban', reason: 'again' }]);
    for (const [text, path] of [
      ['/slow soon', 'options.time'],
      ['/slow 7h', 'options.time'],
      ['/ban @eve for=someday', 'options.for'],
      [`/ban @eve ${'99999w'.repeat(30)}`, 'options.for'],
      ['/mute', 'options.user'],
    ])
      expect(await refusal(run(scopes.ada, roomId, text as string)), text).toMatchObject({
        details: { errors: [{ path }] },
      });
    expect(await refusal(run(scopes.ada, roomId, '/mute @ada'))).toMatchObject({ reason: 'equal_or_higher' });
  });

  test('ask and summarize are for agents of the room, in the name of who called', async () => {
    const alone = await newRoom();
    expect(await refusal(run(scopes.bob, alone, '/ask @otto well?'))).toMatchObject({
      reason: 'agent_not_in_room',
    });
    const roomId = await newRoom(otto);
    expect(await names(scopes.bob, roomId)).toEqual(['ask', 'help', 'me', 'remind', 'shrug', 'summarize']);
    town.plays(() => saying('Indeed.'));
    await run(scopes.bob, roomId, '/ask @otto is it late?');
    await town.settle();
    expect(await bodies(roomId)).toEqual(['@otto is it late?', 'Indeed.']);
    town.plays(() => saying('Bob asked, Otto agreed.'));
    const call = { id: newId() };
    const { messageId, runId } = await run(scopes.bob, roomId, '/summarize 7', call);
    expect(await run(scopes.bob, roomId, '/summarize messages=7', call)).toEqual({ messageId, runId });
    await town.settle();
    expect((await town.call(scopes.ada, 'get_message', { messageId })).body).toBe('Bob asked, Otto agreed.');
    expect(await bodies(roomId)).toHaveLength(3);
    expect(JSON.stringify(town.requests)).toContain('last 7 messages');
    expect((await town.run(scopes.bob, runId)).triggerReason).toBe('command');
    expect(await refusal(run(scopes.bob, roomId, '/summarize 7.5'))).toMatchObject({
      details: {
        errors: [{ path: 'options.messages', message: 'is a whole number, at least 1 and at most 40' }],
      },
    });
    await town.call(scopes.ada, 'update_room_agent_settings', { roomId, responseMode: 'off' });
    expect(await refusal(run(scopes.bob, roomId, '/summarize'))).toMatchObject({
      code: 'conflict',
      reason: 'room_off',
    });
  });
});

const deploy = {
  name: 'deploy',
  description: 'Puts a version out',
  options: [
    {
      name: 'target',
      type: 'choice',
      required: true,
      choices: [
        { value: 'live', label: 'Live' },
        { value: 'test', label: 'Test' },
      ],
    },
    { name: 'count', type: 'integer', min: 1, max: 9 },
    { name: 'dry', type: 'boolean' },
    { name: 'who', type: 'user' },
    { name: 'note', type: 'string', max: 20 },
  ],
};

describe('added', () => {
  test('an agent takes a turn with the typed options', async () => {
    const roomId = await newRoom(otto);
    const handler = { kind: 'agent', agentId: otto.id };
    await town.call(scopes.ada, 'create_command', { ...deploy, roomId, handler });
    expect(await names(scopes.bob, roomId)).toContain('deploy');
    town.plays(() => saying('Done.'));
    await run(scopes.bob, roomId, '/deploy live 3 who=@eve yes it is "quoted"');
    await town.settle();
    expect(await bodies(roomId)).toEqual(['Done.']);
    const text = JSON.stringify(town.requests[0]?.messages.at(-1));
    for (const part of [
      '/deploy',
      'Bob',
      'target (choice)',
      'live',
      'count (integer): 3',
      'dry (boolean): true',
      scopes.eve.user.id,
      'it is',
    ])
      expect(text).toContain(part);
    for (const [typed, path] of [
      ['', 'options.target'],
      ['moon', 'options.target'],
      ['live 10', 'options.count'],
      ['live 1 maybe', 'options.dry'],
      ['live who=@nobody-there', 'options.who'],
      [`live note=${'x'.repeat(21)}`, 'options.note'],
    ])
      expect(
        (await refusal(run(scopes.bob, roomId, `/deploy ${typed}`))).details.errors?.map((e) => e.path),
        typed,
      ).toEqual([path]);
    expect(
      await refusal(
        town.call(scopes.bob, 'run_command', {
          roomId,
          id: newId(),
          name: 'deploy',
          options: { target: 'live', speed: 1 },
        }),
      ),
    ).toMatchObject({
      details: { errors: [{ path: 'options.speed' }] },
    });
  });

  test('a service elsewhere is asked, signed, and answers for the caller or, as a bot, for all', async () => {
    const roomId = await newRoom();
    const made = await town.call(scopes.ada, 'create_command', {
      ...deploy,
      roomId,
      handler: { kind: 'webhook', url },
    });
    const [listed] = (await town.call(scopes.bob, 'list_commands', { roomId })).data.filter(
      (c: Answer) => c.name === 'deploy',
    );
    expect(listed).toMatchObject({ id: made.id, scope: 'room', handler: 'webhook' });
    expect(listed).not.toHaveProperty('url');
    answer.body = JSON.stringify({ body: 'Only you know.' });
    const id = newId();
    const first = await run(scopes.bob, roomId, '/deploy test 2', { id });
    expect(first).toEqual({ reply: { visibility: 'private', body: 'Only you know.' } });
    expect(await run(scopes.bob, roomId, '/deploy test 2', { id })).toEqual(first);
    expect(posts).toHaveLength(1);
    const [post] = posts as [(typeof posts)[number]];
    expect(new Webhook(made.secret).verify(post.body, post.headers as Record<string, string>)).toMatchObject({
      type: 'command',
      data: {
        commandId: made.id,
        name: 'deploy',
        roomId,
        id,
        by: { id: bob.user.id, handle: 'bob' },
        options: { target: 'test', count: 2 },
      },
    });
    expect(await bodies(roomId)).toEqual([]);
    answer.body = JSON.stringify({ visibility: 'room', body: 'Out it goes.' });
    const { reply, messageId } = await run(scopes.bob, roomId, '/deploy live');
    expect(reply.visibility).toBe('room');
    expect(await town.call(scopes.ada, 'get_message', { messageId })).toMatchObject({
      body: 'Out it goes.',
      author: { kind: 'agent', name: '/deploy', ownerId: scopes.ada.user.id },
      metadata: { command: 'deploy', calledBy: bob.user.id },
    });
    // What failed can be asked again under the same id.
    const again = { id: newId() };
    for (const wrong of [
      { status: 500, body: '' },
      { status: 200, body: 'hello' },
      { status: 200, body: '{"body":1}' },
    ]) {
      answer = wrong;
      expect(await refusal(run(scopes.bob, roomId, '/deploy live', again))).toMatchObject({
        code: 'unavailable',
        reason: 'command_failed',
      });
    }
    answer = { status: 204, body: '' };
    expect(await run(scopes.bob, roomId, '/deploy live', again)).toEqual({});
    await town.call(scopes.ada, 'delete_command', { commandId: made.id });
    expect(await refusal(run(scopes.bob, roomId, '/deploy live'))).toMatchObject({
      reason: 'command_not_found',
    });
    const members = (await town.call(scopes.ada, 'list_members', { roomId })).data;
    expect(members.map((m: Answer) => m.user.kind)).toEqual(['human', 'human']);
  });

  test('addresses inside are not reached', async () => {
    const roomId = await newRoom();
    const handler = { kind: 'webhook', url: 'http://169.254.169.254/x' };
    await town.call(scopes.ada, 'create_command', { ...deploy, options: [], roomId, handler });
    const { message } = await refusal(run(scopes.ada, roomId, '/deploy'));
    expect(message).toContain('address_not_allowed');
  });

  test('an owner adds to his room, an administrator to all; others find nothing', async () => {
    const roomId = await newRoom(otto);
    const handler = { kind: 'agent', agentId: otto.id };
    const attempt = (who: Scope, more: object) =>
      town.call(who, 'create_command', { ...deploy, handler, ...more });
    expect(await refusal(attempt(scopes.bob, { roomId }))).toMatchObject({ code: 'forbidden' });
    expect(await refusal(attempt(scopes.eve, { roomId }))).toMatchObject({ reason: 'room_not_found' });
    expect(await refusal(attempt(scopes.foreign, { roomId }))).toMatchObject({ reason: 'room_not_found' });
    expect(await refusal(attempt(scopes.ada, {}))).toMatchObject({ reason: 'admin_only' });
    expect(await refusal(attempt(scopes.ada, { roomId, name: 'topic' }))).toMatchObject({
      reason: 'name_taken',
    });
    const foreign = { kind: 'agent', agentId: scopes.bob.user.id };
    expect(await refusal(attempt(scopes.ada, { roomId, handler: foreign }))).toMatchObject({
      reason: 'agent_not_found',
    });
    const own = await attempt(scopes.ada, { roomId });
    expect(await refusal(attempt(scopes.ada, { roomId }))).toMatchObject({ reason: 'name_taken' });
    const common = await attempt(scopes.root, { description: 'For all' });
    const shown = (await town.call(scopes.bob, 'list_commands', { roomId })).data.filter(
      (c: Answer) => c.name === 'deploy',
    );
    expect(
      shown.map((c: Answer) => c.id),
      "the room's own comes first",
    ).toEqual([own.id]);
    const changed = await town.call(scopes.ada, 'update_command', { commandId: own.id, description: 'Ours' });
    expect(changed).toMatchObject({ id: own.id, description: 'Ours', options: own.options });
    for (const [who, id] of [
      [scopes.bob, own.id],
      [scopes.eve, own.id],
      [scopes.foreign, own.id],
      [scopes.ada, common.id],
      [scopes.foreign, common.id],
    ] as const)
      for (const name of ['update_command', 'delete_command']) {
        const missing = await refusal(town.call(who, name, { commandId: newId() }));
        const found = await refusal(town.call(who, name, { commandId: id }));
        expect([found.code, found.reason, found.message]).toEqual([
          'not_found',
          'command_not_found',
          missing.message,
        ]);
      }
    await town.call(scopes.root, 'delete_command', { commandId: common.id });
    await town.call(scopes.ada, 'delete_command', { commandId: own.id });
    const { data } = await town.call(scopes.root, 'list_audit', { limit: 100 });
    const acts = data.filter((e: Answer) => e.subject?.id === own.id).map((e: Answer) => e.action);
    expect(acts.sort()).toEqual(['command.created', 'command.deleted', 'command.updated']);
  });
});

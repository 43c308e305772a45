// Search by every door: words in any language, operators, pages, highlights; nothing of a room that the caller is not in.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Message } from '../../src/server/messages/contract.ts';
import type { Found } from '../../src/server/search/contract.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Caller, connect, refusalOf, SURFACES } from '../support/clients.ts';

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
let adas: Caller;
let bobs: Caller;

beforeAll(async () => {
  app = await startApp();
  ada = await app.signIn('Ada');
  bob = await app.signIn('Bob');
  adas = await connect('socketio over websocket', app, ada);
  bobs = await connect('rest', app, bob);
});
afterAll(async () => {
  await Promise.all([adas.close(), bobs.close()]);
  await app.stop();
});

const newRoom = async (input: object = {}): Promise<string> =>
  (
    await adas.call('create_room', {
      name: 'A room',
      visibility: 'private',
      memberIds: [bob.user.id],
      ...input,
    })
  ).id;
const send = (by: Caller, roomId: string, body: string, more: object = {}): Promise<Message> =>
  by.call('send_message', { roomId, body, ...more });
const find = async (by: Caller, q: string, more: object = {}): Promise<Found[]> =>
  (await by.call('search_messages', { q, ...more })).data;
const bodies = (found: Found[]): string[] => found.map(({ message }) => message.body);
/** What the highlights cover. */
const marked = ({ message, highlights }: Found): string[] =>
  highlights.map(({ offset, length }) => message.body.slice(offset, offset + length));

describe.each(SURFACES)('search by %s', (surface) => {
  let client: Caller;
  beforeAll(async () => {
    client = await connect(surface, app, ada);
  });
  afterAll(() => client.close());

  test('finds what was just sent, newest first, with its words marked', async () => {
    const roomId = await newRoom();
    await send(adas, roomId, 'The zephyr came first');
    await send(bobs, roomId, 'no wind at all');
    await send(bobs, roomId, 'Two Zephyrs: one ZEPHYR, and more');
    const found = await find(client, `zephyr in:${roomId}`);
    expect(bodies(found)).toEqual(['Two Zephyrs: one ZEPHYR, and more', 'The zephyr came first']);
    expect(found.map(marked)).toEqual([['Zephyrs', 'ZEPHYR'], ['zephyr']]);
    expect(found[0]?.message).toEqual(await client.call('get_message', { messageId: found[0]?.message.id }));
  });

  test('says what is wrong with a query', async () => {
    const refusals = [
      ['form:ada', 'bad_operator'],
      ['has:cheese', 'bad_operator'],
      ['is:', 'bad_operator'],
      ['before:2026-02-30', 'bad_operator'],
      ['-from:ada', 'bad_operator'],
      ['"never closed', 'open_quote'],
      ['-only -not', 'empty_query'],
      ['...', 'empty_query'],
      ['from:nobody-at-all', 'unknown_person'],
      ['in:no-such-room', 'unknown_room'],
      [Array.from({ length: 30 }, (_, i) => `w${i}`).join(' '), 'query_too_long'],
    ] as const;
    for (const [q, reason] of refusals)
      expect(await refusalOf(client.call('search_messages', { q })), q).toMatchObject({
        code: 'invalid',
        reason,
      });
    expect(await refusalOf(client.call('search_messages', { q: 'x', cursor: 'nonsense' }))).toMatchObject({
      code: 'invalid',
    });
  });
});

describe('what is found', () => {
  let roomId: string;
  beforeAll(async () => {
    roomId = await newRoom({ slug: 'finds' });
    for (const body of [
      'Deploying the new servers was running late',
      'we ran a deploy to the server yesterday',
      'Café Müller, Straße 5: naïve résumé',
      '明日は東京タワーへ行きます',
      'กรุงเทพมหานคร อมรรัตนโกสินทร์',
      'Привет, мир! Новые сообщения приходят',
      "don't panic; it's C++ and foo_bar, or snake-case",
      'see https://example.com/a?b=1 for more 🎉',
      'quotes \' and \\ and "double" stay text & | ! <-> :* ()',
    ])
      await send(adas, roomId, body);
  });
  const at = (q: string) => find(adas, `${q} in:finds`);

  test.each([
    ['deploy', 2],
    ['server', 2],
    ['"servers"', 1],
    ['"the new servers"', 1],
    ['"new the servers"', 0],
    ['depl*', 2],
    ['deploy -yesterday', 1],
    ['deploy -"the new"', 1],
    ['cafe muller', 1],
    ['STRASSE', 1],
    ['resume', 1],
    ['résumé', 1],
    ['東京', 1],
    ['京東', 0],
    ['タワー', 1],
    ['มหานคร', 1],
    ['мир', 1],
    ["don't", 1],
    ['foo_bar', 1],
    ['snake', 1],
    ['🎉', 1],
    ['"https://example.com/a?b=1"', 1],
    ['https://example.com/a?b=1', 1],
    ["' double", 1],
    ['"& | !"', 0],
    ['stay "text & | ! <-> :* ()"', 1],
  ] as const)('%s: %i', async (q, count) => {
    if (q === '"& | !"') {
      expect(bodies(await at(q))).toHaveLength(9);
      return;
    }
    const found = await at(q);
    expect(bodies(found)).toHaveLength(count);
    for (const one of found) expect(marked(one).every((text) => text !== '')).toBe(true);
  });

  test('forms of words follow the language of the room', async () => {
    const german = await newRoom();
    await send(adas, german, 'Die Häuser stehen');
    expect(await find(adas, `haus in:${german}`)).toHaveLength(0);
    await adas.call('update_room_settings', { roomId: german, language: 'german' });
    const [found] = await find(adas, `haus in:${german}`);
    expect(marked(found as Found)).toEqual(['Häuser']);
    await adas.call('update_room_settings', { roomId: german, language: 'none' });
    expect(await find(adas, `haus in:${german}`)).toHaveLength(0);
    expect(await find(adas, `hauser in:${german}`)).toHaveLength(1);
  });

  test('operators narrow the search down', async () => {
    const place = await newRoom();
    const first = await send(adas, place, 'a plain one');
    await send(bobs, place, 'an answer', { threadId: first.id });
    await send(bobs, place, `look at http://example.org @${ada.user.handle}`);
    const where = `in:${place}`;
    expect(bodies(await find(adas, `${where} from:me`))).toEqual(['a plain one']);
    expect(await find(adas, `${where} from:@${bob.user.handle}`)).toHaveLength(2);
    expect(await find(adas, `${where} from:me from:${bob.user.handle}`)).toHaveLength(3);
    expect(bodies(await find(adas, `${where} is:thread`))).toEqual(['an answer']);
    expect(await find(adas, `${where} has:link has:mention`)).toHaveLength(1);
    expect(await find(adas, `${where} is:agent`)).toHaveLength(0);
    const day = first.createdAt.slice(0, 10);
    expect(await find(adas, `${where} after:${day}`)).toHaveLength(3);
    expect(await find(adas, `${where} before:${day}`)).toHaveLength(0);
    expect(await find(adas, `${where} before:${first.createdAt}`)).toHaveLength(0);
    expect(await find(adas, `${where} after:${first.createdAt}`)).toHaveLength(3);
  });

  test('pages follow each other without a gap or a repeat, in both orders', async () => {
    const place = await newRoom();
    const sent = await Promise.all(
      Array.from({ length: 23 }, (_, i) => send(adas, place, `pebble ${'pebble '.repeat(i % 3)} ${i}`)),
    );
    for (const order of ['newest', 'relevance']) {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await adas.call('search_messages', {
          q: `pebble in:${place}`,
          order,
          limit: 5,
          ...(cursor === undefined ? {} : { cursor }),
        });
        ids.push(...page.data.map((found: Found) => found.message.id));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(ids).toHaveLength(23);
      expect(new Set(ids)).toEqual(new Set(sent.map((message) => message.id)));
    }
    const [best] = await find(adas, `pebble in:${place}`, { order: 'relevance' });
    expect(best?.message.body).toContain('pebble pebble pebble');
  });
});

describe('rights', () => {
  test('a room is searched by its members, for as long as they are', async () => {
    const eve = await app.signIn('Eve');
    const eves = await connect('rest', app, eve);
    const roomId = await newRoom({ visibility: 'public', slug: 'open-place' });
    await send(adas, roomId, 'xylophone');
    expect(await find(eves, 'xylophone')).toEqual([]);
    const outside = await refusalOf(find(eves, 'xylophone in:open-place'));
    const missing = await refusalOf(find(eves, 'xylophone in:open-plaza'));
    expect(outside.detail.replace('open-place', '')).toBe(missing.detail.replace('open-plaza', ''));
    await adas.call('add_member', { roomId, userId: eve.user.id });
    expect(await find(eves, 'xylophone')).toHaveLength(1);
    await adas.call('remove_member', { roomId, userId: eve.user.id });
    expect(await find(eves, 'xylophone')).toEqual([]);
    expect(await find(adas, 'xylophone')).toHaveLength(1);
    await adas.call('delete_room', { roomId });
    expect(await find(adas, 'xylophone')).toEqual([]);
  });

  test('another tenant finds nothing, and settings are as missing to it', async () => {
    const roomId = await newRoom();
    await send(adas, roomId, 'quicksilver');
    const { operations, identity } = app.app.parts;
    const scope = await identity.authenticate(ada.token, 'rest');
    const foreign = { ...scope, tenantId: '01900000-0000-7000-8000-00000000f0f0' };
    const caller = { surface: 'rest' as const, address: '' };
    const run = (name: string, input: object) => {
      const operation = operations.byName(name);
      if (operation === undefined) throw new Error(name);
      return operations.call(operation, foreign, input, caller);
    };
    expect(await run('search.messages', { q: 'quicksilver' })).toMatchObject({ data: [] });
    for (const id of [roomId, '01900000-0000-7000-8000-0000000000ff'])
      for (const [name, input] of [
        ['room_settings.get', { roomId: id }],
        ['room_settings.update', { roomId: id, linkPreviews: false }],
      ] as const)
        await expect(run(name, input)).rejects.toMatchObject({ code: 'not_found', reason: 'room_not_found' });
  });

  test('settings are seen by members, changed by admins, and a stranger to a private room knows nothing', async () => {
    const roomId = await newRoom();
    const eve = await connect('rest', app, await app.signIn('Eve'));
    expect(await bobs.call('get_room_settings', { roomId })).toEqual({
      language: 'english',
      linkPreviews: true,
      retentionDays: null,
    });
    expect(await refusalOf(bobs.call('update_room_settings', { roomId, linkPreviews: false }))).toMatchObject(
      {
        code: 'forbidden',
      },
    );
    expect(await refusalOf(eve.call('get_room_settings', { roomId }))).toMatchObject({ code: 'not_found' });
    expect(await refusalOf(eve.call('update_room_settings', { roomId, linkPreviews: false }))).toMatchObject({
      code: 'not_found',
    });
    expect(await adas.call('update_room_settings', { roomId, retentionDays: 30 })).toMatchObject({
      retentionDays: 30,
    });
  });
});

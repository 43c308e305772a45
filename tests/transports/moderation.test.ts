// Moderation through every door, MCP included: each operation does the same and refuses with the same words, and none is missing from
// a door.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../../src/core/errors.ts';
import { newId } from '../../src/core/ids.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Answer, connect, Refusal, refusalOf } from '../support/clients.ts';

const DOORS = ['rest', 'socketio over websocket', 'phoenix 2.0.0', 'mcp'] as const;
type Door = (typeof DOORS)[number];
interface Through {
  call(name: string, input?: object): Promise<Answer>;
  close(): Promise<void>;
}

let app: TestApp;
let root: SignedIn;
let ada: SignedIn;
let bob: SignedIn;
beforeAll(async () => {
  app = await startApp({ config: { RATE_LIMIT_FACTOR: '100' } });
  [root, ada, bob] = [await app.signIn('Root Person'), await app.signIn('Ada'), await app.signIn('Bob')];
});
afterAll(() => app.stop());

async function byMcp({ token }: SignedIn): Promise<Through> {
  const client = new Client({ name: 'tests', version: '1.0.0' });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${app.url}/mcp`), { requestInit }));
  return {
    async call(name, input = {}) {
      const { content, isError } = await client.callTool({ name, arguments: { ...input } });
      const value = JSON.parse((content as { text: string }[])[0]?.text as string);
      if (isError === true) throw new Refusal(value as Problem);
      return value;
    },
    close: () => client.close(),
  };
}

describe.each(DOORS)('by %s', (door: Door) => {
  const called = new Set<string>();
  let roots: Through;
  let adas: Through;
  let bobs: Through;
  beforeAll(async () => {
    const through = async (who: SignedIn): Promise<Through> => {
      const { call, close } = door === 'mcp' ? await byMcp(who) : await connect(door, app, who);
      return {
        call(name, input) {
          called.add(name);
          return call(name, input);
        },
        close,
      };
    };
    [roots, adas, bobs] = [await through(root), await through(ada), await through(bob)];
  });
  afterAll(async () => {
    for (const one of [roots, adas, bobs]) await one.close();
  });
  const newRoom = async (): Promise<string> =>
    (await adas.call('create_room', { name: 'A room', visibility: 'private', memberIds: [bob.user.id] })).id;
  const reasonOf = async (call: Promise<unknown>) => (await refusalOf(call)).reason;

  test('measures bind, are listed and end', async () => {
    const roomId = await newRoom();
    const against = { roomId, userId: bob.user.id, reason: 'Enough' };
    expect(await reasonOf(bobs.call('mute_member', { ...against, userId: ada.user.id }))).toBe('not_allowed');
    const mute = await adas.call('mute_member', against);
    expect(mute).toMatchObject({ kind: 'mute', reason: 'Enough', standing: true });
    expect(await reasonOf(bobs.call('send_message', { roomId, body: 'x' }))).toBe('muted');
    await adas.call('unmute_member', against);
    expect(await reasonOf(adas.call('unmute_member', against))).toBe('not_muted');
    const slow = await adas.call('set_slow_mode', { roomId, seconds: 60 });
    expect(slow.slowModeSeconds).toBe(60);
    await bobs.call('send_message', { roomId, body: 'one' });
    expect(await refusalOf(bobs.call('send_message', { roomId, body: 'two' }))).toMatchObject({
      status: 429,
      reason: 'slow_mode',
      retryAfterMs: expect.any(Number),
    });
    await adas.call('set_slow_mode', { roomId, seconds: 0 });
    await adas.call('kick_member', against);
    expect(await reasonOf(bobs.call('get_room', { roomId }))).toBe('room_not_found');
    await adas.call('add_member', { roomId, userId: bob.user.id });
    await adas.call('ban_member', against);
    expect(await reasonOf(adas.call('add_member', { roomId, userId: bob.user.id }))).toBe('banned');
    const { data } = await adas.call('list_moderation', { roomId, standing: true });
    expect(data).toMatchObject([{ kind: 'ban', user: { id: bob.user.id } }]);
    await adas.call('unban_member', against);
    const all = await roots.call('list_all_moderation', { limit: 1 });
    expect(all.data).toMatchObject([{ kind: 'unban' }]);
  });

  test('rules refuse and hold, and reports are settled', async () => {
    const roomId = await newRoom();
    const phrases = [
      { phrase: 'lottery', action: 'hold' },
      { phrase: 'casino', action: 'refuse' },
    ];
    await adas.call('set_room_rules', { roomId, phrases });
    expect(await adas.call('get_room_rules', { roomId })).toMatchObject({ phrases });
    expect(await refusalOf(bobs.call('send_message', { roomId, body: 'A casino' }))).toMatchObject({
      status: 422,
      reason: 'blocked_by_rule',
    });
    const [first, second] = [newId(), newId()];
    for (const id of [first, second])
      expect(await reasonOf(bobs.call('send_message', { roomId, id, body: 'A lottery' }))).toBe(
        'held_for_review',
      );
    expect((await bobs.call('list_held_messages', { roomId })).data).toHaveLength(2);
    expect(await reasonOf(bobs.call('release_message', { messageId: first }))).toBe('held_message_not_found');
    expect(await adas.call('release_message', { messageId: first })).toMatchObject({ id: first });
    expect(await adas.call('reject_message', { messageId: second, note: 'No' })).toEqual({ rejected: true });
    expect((await adas.call('list_held_messages', { roomId })).data).toEqual([]);
    const record = (await adas.call('list_moderation', { roomId })).data;
    expect(record.map(({ kind }: Answer) => kind)).toEqual(['rejected', 'released', 'held', 'held', 'rules']);
    expect(record.at(-1)).toMatchObject({ actor: { id: ada.user.id }, details: { rules: ['phrases'] } });

    const said = await adas.call('send_message', { roomId, body: 'Something' });
    const report = await bobs.call('report_message', { messageId: said.id, reason: 'spam' });
    expect((await adas.call('list_reports', { roomId })).data).toMatchObject([{ id: report.id }]);
    expect(await reasonOf(bobs.call('list_reports', { roomId }))).toBe('not_allowed');
    const settled = await adas.call('resolve_report', { reportId: report.id, action: 'none' });
    expect(settled).toMatchObject({ status: 'resolved', action: 'none' });
  });

  test('an agent is muted, its owner sees it and appeals, and a moderator decides', async () => {
    const roomId = await newRoom();
    const { id: agentId } = await bobs.call('create_agent', { name: `Loud ${newId().slice(-6)}` });
    await adas.call('invite_agent', { roomId, agentId });
    const mute = await adas.call('mute_member', { roomId, userId: agentId });
    expect((await bobs.call('list_agent_moderation', { agentId })).data).toMatchObject([{ id: mute.id }]);
    expect(await bobs.call('get_agent_safety_state', { agentId })).toMatchObject({
      isSuspended: false,
      restrictions: [{ id: mute.id }],
    });
    expect(await reasonOf(adas.call('list_agent_moderation', { agentId }))).toBe('not_owner');
    const appeal = { agentId, actionId: mute.id, reason: 'It sang well' };
    const { id: appealId } = await bobs.call('appeal_agent_moderation', appeal);
    expect((await adas.call('list_appeals', { roomId })).data).toMatchObject([{ id: appealId }]);
    const decided = await adas.call('resolve_appeal', { appealId, outcome: 'granted' });
    expect(decided).toMatchObject({ status: 'granted' });
    expect((await bobs.call('get_agent_safety_state', { agentId })).restrictions).toEqual([]);
  });

  test('no operation of moderation was left out', () => {
    const { list } = app.app.parts.operations;
    const names = list.flatMap(({ def }) => (def.tag === 'Moderation' ? [def.socket ?? def.name] : []));
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !called.has(name))).toEqual([]);
  });
});

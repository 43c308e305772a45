// Slash commands: when the list is asked for again, that a call is carried out once, and who sees a private reply for how long.
import { expect, it } from 'vitest';
import type { RoomHandle } from '../src/api.ts';
import { createClient } from '../src/client.ts';
import { setUpLive } from './support.ts';

const callsOf = (world: Awaited<ReturnType<typeof setUpLive>>, name: string) =>
  world.server.calls.filter((call) => call.name === name);
const replies = (room: RoomHandle) => room.getSnapshot().replies.map(({ body }) => body);

it('I36 the list is fetched once, and again when something may have changed it', async () => {
  const world = await setUpLive({}, 1);
  const { server, time, room } = world;
  const fetched = async (what: () => unknown = () => {}) => {
    const before = callsOf(world, 'list_commands').length;
    what();
    await time.advance(50);
    const listed = room.commands.list();
    await time.advance(50);
    return [(await listed).map(({ name }) => name).join(), callsOf(world, 'list_commands').length - before];
  };
  expect(await fetched()).toEqual(['help', 1]);
  expect(await fetched()).toEqual(['help', 0]);
  expect(await fetched(() => server.setCommands('lobby', 'help', 'plan'))).toEqual(['help,plan', 1]);
  const { room: info, members } = room.getSnapshot();
  const came = (kind: 'human' | 'agent') =>
    server.append('lobby', 'member_joined', (seq) => {
      const user = { id: kind, kind, handle: kind, name: kind };
      return { roomId: info?.id, seq, member: { ...members[0], user } };
    });
  expect(await fetched(() => came('human'))).toEqual(['help,plan', 0]);
  expect(await fetched(() => came('agent'))).toEqual(['help,plan', 1]);
  expect(await fetched(() => server.post('lobby', 'bob', 'just words'))).toEqual(['help,plan', 0]);
  await time.advance(60_000);
  expect(await fetched()).toEqual(['help,plan', 1]);
  server.disconnectAll();
  await time.advance(5000);
  expect(await fetched()).toEqual(['help,plan', 1]);
});

it('I36 who follows has it live, and I16 the same object while it says the same', async () => {
  const { server, time, room } = await setUpLive();
  const off = room.commands.follow();
  await time.advance(50);
  const before = room.commands.getSnapshot();
  expect(before).toMatchObject({ status: 'ready', commands: [{ name: 'help' }] });
  server.setCommands('lobby', 'help');
  await time.advance(50);
  expect(room.commands.getSnapshot().commands).toBe(before.commands);
  // Changed again while the answer is on its way.
  server.setCommands('lobby', 'help', 'one');
  await time.advance(1);
  server.setCommands('lobby', 'help', 'two');
  await time.advance(100);
  expect(room.commands.getSnapshot().commands.map(({ name }) => name)).toEqual(['help', 'two']);
  server.setCommands('lobby', 'three');
  const refused = room.commands.run('two').catch((error: unknown) => error);
  await time.advance(100);
  expect(await refused).toMatchObject({ reason: 'command_not_found' });
  off();
});

it('I36 a call is repeated under one id until there is an answer, and a refusal is final', async () => {
  const world = await setUpLive();
  const { server, time, room } = world;
  server.answer('run_command', 'drop', { code: 'unavailable', reason: 'command_running', retryable: true });
  const run = room.commands.runText('/help me');
  await time.advance(1);
  server.disconnectAll();
  await time.advance(60_000);
  expect(await run).toEqual({ reply: { visibility: 'private', body: 'help 1' } });
  const calls = callsOf(world, 'run_command').map(({ input }) => input);
  expect(calls.length).toBeGreaterThan(2);
  expect(new Set(calls.map(({ id }) => id)).size).toBe(1);
  expect(replies(room)).toEqual(['help 1']);

  const before = calls.length;
  server.answer('run_command', { code: 'invalid', reason: 'invalid_option', retryable: false });
  const refused = room.commands.run('help', { text: 1 }).catch((error: unknown) => error);
  await time.advance(60_000);
  expect(await refused).toMatchObject({ reason: 'invalid_option' });
  expect(callsOf(world, 'run_command').length - before).toBe(1);
  expect(callsOf(world, 'run_command').at(-1)?.input).toMatchObject({ name: 'help', options: { text: 1 } });
});

it('I37 a private reply is shown once on all my devices, to nobody else, and until it is dismissed', async () => {
  const { network, server, time, room, client } = await setUpLive({}, 1);
  const open = async (user: string) => {
    const other = createClient(network.clientOptions(user));
    const theirs = other.room('lobby');
    theirs.join();
    other.connect();
    await time.advance(100);
    return theirs;
  };
  const [phone, his] = [await open('ada'), await open('bob')];
  const root = room.getSnapshot().messages[0]?.id as string;
  const run = room.commands.run('help', {}, { threadId: root });
  await time.advance(100);
  await run;
  expect([replies(room), replies(phone), replies(his)]).toEqual([['help 1'], ['help 1'], []]);
  const [reply] = room.commands.replies.getSnapshot();
  expect(reply).toMatchObject({ name: 'help', threadId: root, afterSeq: 1 });

  server.disconnectAll();
  await time.advance(5000);
  expect(replies(room)).toEqual(['help 1']);
  room.commands.dismiss(reply?.id as string);
  expect([replies(room), replies(phone)]).toEqual([[], ['help 1']]);
  // The signal that was on its way all the time.
  const { id: roomId } = room.getSnapshot().room as { id: string };
  const late = { roomId, id: reply?.id, name: 'help', reply: { visibility: 'private', body: 'help 1' } };
  server.tellUser('ada', 'command_reply', late);
  await time.advance(100);
  expect(replies(room)).toEqual([]);

  for (let i = 0; i < 25; i++) room.commands.run('help').catch(() => {});
  await time.advance(100);
  expect(replies(room)).toHaveLength(20);
  client.close();
});

it('I37 goes away with who called', async () => {
  let user = 'ada';
  const { server, time, room } = await setUpLive({ options: { getToken: () => user } });
  room.commands.run('help').catch(() => {});
  await time.advance(100);
  expect(replies(room)).toEqual(['help 1']);
  user = 'bob';
  server.refusedTokens.add('ada');
  server.disconnectAll('io server disconnect');
  await time.advance(60_000);
  expect(room.getSnapshot()).toMatchObject({ status: 'live', me: { user: { handle: 'bob' } } });
  expect(replies(room)).toEqual([]);
});

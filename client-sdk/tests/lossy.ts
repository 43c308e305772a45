// One person's client through a bad hour, by a seed: packets are lost, repeated, delayed and overtaken, connections cut, the server
// restarted, tokens refused, the page reloaded half-way. In the end it shows what the server has, and each message is there once.
import { expect } from 'vitest';
import type { Client, RoomHandle } from '../src/api.ts';
import { createClient } from '../src/client.ts';
import { createLossyNetwork, seeded } from '../src/testing/network.ts';
import type { Message } from '../src/wire.ts';
import { createMemoryStorage } from './support.ts';

export interface Tally {
  /** Messages that were to be sent by the client. */
  sent: number;
  /** Messages of all in the log at the end. */
  logged: number;
  /** Log entries at the end. */
  entries: number;
  /** Connections cut, servers restarted, tokens refused, pages reloaded, logs cut short, sends put off or asked about. */
  faults: number;
  /** Calls that reached the server. */
  calls: number;
}

const OPS = [
  ['post', 4],
  ['postReply', 3],
  ['postMention', 1],
  ['theirEdit', 2],
  ['theirDelete', 1],
  ['theirReaction', 2],
  ['theirPin', 1],
  ['send', 6],
  ['sendReply', 3],
  ['edit', 2],
  ['delete', 1],
  ['react', 2],
  ['unreact', 1],
  ['pin', 1],
  ['unpin', 1],
  ['read', 2],
  ['unread', 1],
  ['readThread', 1],
  ['followThread', 1],
  ['older', 2],
  ['olderReplies', 1],
  ['draft', 2],
  ['readInbox', 1],
  ['save', 1],
  ['cut', 2],
  ['restart', 1],
  ['expire', 1],
  ['reload', 1],
  ['truncate', 1],
  ['putOff', 1],
  ['ask', 1],
] as const;
type Op = (typeof OPS)[number][0];
const BAG: readonly Op[] = OPS.flatMap(([op, weight]) => Array.from({ length: weight }, () => op));

const FAULTS = { drop: 0.1, duplicate: 0.1, min: 1, max: 300, reorder: true };
const WELL = { drop: 0, duplicate: 0, min: 1, max: 5, reorder: false };
const TOKEN_LIFE_S = 25;

/** @throws Error of the expectation that does not hold */
export async function runSeed(seed: number): Promise<Tally> {
  const random = seeded(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(list: readonly T[]): T | undefined => list[below(Math.max(1, list.length))];
  const network = createLossyNetwork({ seed: seed + 1_000_003, faults: FAULTS });
  const { server, time } = network;
  const storage = createMemoryStorage();
  const tally: Tally = { sent: 0, logged: 0, entries: 0, faults: 0, calls: 0 };

  server.createRoom('lobby');
  const me = server.user('ada');
  server.user('bob');
  const history = below(90);
  const roots: string[] = [];
  for (let i = 0; i < history; i++) {
    const threadId = i % 5 === 4 ? pick(roots) : undefined;
    const made = server.post('lobby', 'bob', `old ${i}`, threadId === undefined ? {} : { threadId });
    if (i % 7 === 0) roots.push(made.id);
  }

  /** In the order of sending; a message that was asked about goes to the end when it is confirmed. */
  const queue: string[] = [];
  /** Handed over by this or an earlier page, and not in the log yet. */
  const isOpen = (id: string) => !server.has(id);
  let token = '';
  let tokens = 0;
  const issue = (): string => {
    const seconds = Math.floor(time.clock.now() / 1000);
    tokens += 1;
    token = `x.${btoa(JSON.stringify({ sub: 'ada', iat: seconds, exp: seconds + TOKEN_LIFE_S, n: tokens }))}.y`;
    return token;
  };

  /** The first thing that was wrong on the way. */
  let wrong: unknown;
  function watch(check: () => void): void {
    try {
      check();
    } catch (error) {
      wrong ??= error;
    }
  }

  let client!: Client;
  let room!: RoomHandle;
  let threadId: string | undefined;
  function open(): void {
    client = createClient({ ...network.clientOptions('ada'), storage, getToken: issue });
    room = client.room('lobby');
    room.subscribe(() => watch(look));
    room.join();
    room.pins.follow();
    room.draft.subscribe(() => {});
    client.inbox.follow();
    client.saved.follow();
    if (threadId !== undefined) openThread(threadId);
    client.connect();
  }
  function openThread(id: string): void {
    threadId = id;
    room.thread(id).join();
    const { subscribe, getSnapshot } = room.thread(id);
    subscribe(() => watch(() => inOrder(getSnapshot().replies)));
  }
  /** Whatever is shown at any moment is in order, has nothing twice, and has all that waits to be sent. */
  function look(): void {
    const { messages, me: known } = room.getSnapshot();
    inOrder(messages);
    if (known === undefined || client.state.getSnapshot().me === undefined) return;
    const ids = new Set(messages.map((message) => message.id));
    for (const id of queue.slice(-10)) if (isOpen(id) && !ids.has(id)) throw new Error(`${id} is not shown`);
  }

  const quietly = (promise: Promise<unknown> | undefined) => promise?.catch(() => {});
  const listed = () => room.getSnapshot().messages.filter((m) => m.seq > 0 && m.deletedAt === undefined);
  const alive = () => server.messages('lobby').filter((message) => message.deletedAt === undefined);
  const mine = () => listed().filter((message) => message.author.id === me.id);
  function send(body: string, thread?: string): void {
    const { id } = room.messages.send(body, thread === undefined ? {} : { threadId: thread });
    queue.push(id);
    tally.sent += 1;
  }
  const anyRoot = () => pick(alive().filter((message) => message.threadId === undefined))?.id;

  const act: Record<Op, (n: number) => unknown> = {
    post: (n) => server.post('lobby', 'bob', `post ${n}`),
    postReply: (n) => {
      const root = threadId ?? anyRoot();
      if (root !== undefined) server.post('lobby', 'bob', `reply ${n}`, { threadId: root });
    },
    postMention: (n) => server.post('lobby', 'bob', `@ada ${n}`),
    theirEdit: (n) => ((one) => one && server.edit(one.id, `edited ${n}`))(pick(alive())),
    theirDelete: () => ((one) => one && server.remove(one.id))(pick(alive().slice(-30))),
    theirReaction: () =>
      ((one) => one && server.react(one.id, 'bob', pick(['👍', '🎉']) as string, random() < 0.7))(
        pick(alive()),
      ),
    theirPin: () => ((one) => one && server.pin(one.id, 'bob', random() < 0.7))(pick(alive())),
    send: (n) => send(`send ${n}`),
    sendReply(n) {
      const root = threadId ?? listed().find((message) => message.threadId === undefined)?.id;
      if (root === undefined) return;
      if (threadId === undefined) openThread(root);
      send(`answer ${n}`, root);
    },
    edit: (n) => ((one) => one && quietly(room.messages.edit(one.id, `better ${n}`)))(pick(mine())),
    delete: () => ((one) => one && quietly(room.messages.delete(one.id)))(pick(mine())),
    react: () => ((one) => one && quietly(room.messages.react(one.id, '👍')))(pick(listed())),
    unreact: () => ((one) => one && quietly(room.messages.unreact(one.id, '👍')))(pick(listed())),
    pin: () => ((one) => one && quietly(room.messages.pin(one.id)))(pick(listed())),
    unpin: () => ((one) => one && quietly(room.messages.unpin(one.id)))(pick(listed())),
    read: () => quietly(room.markRead()),
    unread: () => ((one) => one && quietly(room.markUnread(one.id)))(pick(listed())),
    readThread: () => threadId !== undefined && quietly(room.thread(threadId).markRead()),
    followThread: () => threadId !== undefined && quietly(room.thread(threadId).follow(random() < 0.5)),
    older: () => quietly(room.messages.loadBefore(10)),
    olderReplies: () => threadId !== undefined && quietly(room.thread(threadId).loadBefore(3)),
    draft: (n) => room.draft.set(random() < 0.8 ? `draft ${n}` : ''),
    readInbox: () => quietly(client.inbox.markRead('all')),
    save: () => ((one) => one && quietly(client.saved.add(one.id)))(pick(listed())),
    cut: () => server.disconnectAll(),
    restart() {
      network.down = true;
      server.disconnectAll('transport close');
      time.timers.after(2000 + below(8000), () => {
        network.down = false;
      });
    },
    expire: () => server.refusedTokens.add(token),
    reload() {
      client.close();
      open();
    },
    truncate: () => server.truncate('lobby', Math.max(0, server.log('lobby').length - 3)),
    putOff: () =>
      server.answer('send_message', {
        code: 'rate_limited',
        retryable: true,
        retryAfterMs: 1000 + below(4000),
      }),
    // The server asks whether so many are meant.
    ask: (n) => send(`@all ${n}`),
  };
  const isFault = new Set<Op>(['cut', 'restart', 'expire', 'reload', 'truncate', 'putOff', 'ask']);

  /** Says yes to what is asked about: from then on it is the last in the line. */
  function confirmAll(): void {
    for (const { id, delivery } of room.getSnapshot().messages) {
      if (delivery?.status !== 'needs_confirmation') continue;
      room.messages.handle(id)?.confirm();
      queue.splice(queue.indexOf(id), 1);
      queue.push(id);
    }
  }

  open();
  const steps = 20 + below(50);
  for (let n = 0; n < steps; n++) {
    const op = pick(BAG) as Op;
    if (isFault.has(op)) tally.faults += 1;
    act[op](n);
    if (random() < 0.2) confirmAll();
    // Two tokens refused in a row: the application signs in again.
    if (client.state.getSnapshot().status === 'unauthorized') client.connect();
    await time.advance(below(400));
  }

  if (wrong !== undefined) throw wrong;
  // All is well again. What was lost at the very end is found by the next connection.
  server.unplan();
  network.faults = WELL;
  await time.advance(60_000);
  for (let i = 0; i < 3; i++) {
    confirmAll();
    if (client.state.getSnapshot().status === 'unauthorized') client.connect();
    server.disconnectAll();
    await time.advance(60_000);
  }

  expect(client.state.getSnapshot().status).toBe('online');
  const truth = server.messages('lobby', 'ada');
  const shown = room.getSnapshot();
  expect(shown.status).toBe('live');
  const first = shown.messages[0]?.seq ?? 0;
  expect(shown.messages).toEqual(truth.filter((message) => message.seq >= first));
  expect(shown.hasMoreBefore || first === truth[0]?.seq || truth.length === 0).toBe(true);
  // Nothing lost, nothing twice, nothing out of order.
  expect(truth.filter((message) => queue.includes(message.id)).map((message) => message.id)).toEqual(queue);
  const membership = server.membership('lobby', 'ada');
  expect(shown.me).toMatchObject({ unread: membership.unread, mentions: membership.mentions });
  expect([shown.me?.readSeq, shown.me?.unreadFrom]).toEqual([membership.readSeq, membership.unreadFrom]);

  if (threadId !== undefined) {
    const thread = room.thread(threadId);
    while (thread.getSnapshot().hasMoreBefore) {
      const loaded = thread.loadBefore(5);
      await time.advance(100);
      await loaded;
    }
    const fresh = server.ask('ada', 'get_thread', { messageId: threadId, limit: 1000 }) as {
      root: Message;
      data: Message[];
      me: { unread: number; mentions: number; readSeq: number; following: boolean };
    };
    const { root, replies, unread, mentions, readSeq, following, status } = thread.getSnapshot();
    expect({ status, root, replies, unread, mentions, readSeq, following }).toEqual({
      status: 'ready',
      root: fresh.root,
      replies: fresh.data,
      unread: fresh.me.unread,
      mentions: fresh.me.mentions,
      readSeq: fresh.me.readSeq,
      following: fresh.me.following,
    });
  }
  const answer = (operation: string) =>
    server.ask('ada', operation, { roomId: 'lobby' }) as { data: unknown[]; unread?: number };
  expect(room.pins.getSnapshot().messages).toEqual(answer('list_pins').data);
  expect(client.saved.getSnapshot().items).toEqual(answer('list_saved').data);
  const inbox = answer('list_notifications');
  expect(client.inbox.getSnapshot()).toMatchObject({ items: inbox.data, unread: inbox.unread });
  const draft = server.ask('ada', 'get_draft', { roomId: 'lobby' }) as { body: string };
  expect(room.draft.getSnapshot()).toMatchObject({ body: draft.body, kept: 'everywhere' });

  client.close();
  if (wrong !== undefined) throw wrong;
  expect([...storage.map.keys()].filter((key) => key.includes(':outbox:'))).toEqual([]);
  tally.logged = truth.length;
  tally.entries = server.log('lobby').length;
  tally.calls = server.calls.length;
  return tally;
}

function inOrder(messages: readonly { id: string; seq: number }[]): void {
  let last = 0;
  const ids = new Set<string>();
  for (const { id, seq } of messages) {
    if (ids.has(id)) throw new Error(`${id} is shown twice`);
    ids.add(id);
    if (seq === 0) continue;
    if (seq <= last) throw new Error(`${seq} is shown after ${last}`);
    last = seq;
  }
}

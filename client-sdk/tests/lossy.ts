// One person's client through a bad hour, by a seed: packets are lost, repeated, delayed and overtaken, connections cut, the server
// restarted, tokens refused, the page reloaded half-way. Then a while in which nothing is lost, but all is late and out of order: after
// it the client shows what the server has, without another connection that would put things right. In the end each message is there once.
import { expect } from 'vitest';
import type { Client, RoomHandle } from '../src/api.ts';
import { createClient } from '../src/client.ts';
import { createLossyNetwork, seeded } from '../src/testing/network.ts';
import type { Message } from '../src/wire.ts';
import { BAG, FAULTS, type Op, OUT_OF_ORDER, SLOW, TOKEN_LIFE_S, WELL } from './lossy-plan.ts';
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
  /** Things that were done. */
  steps: number;
  /** Commands that were called. */
  ran: number;
}

/** @throws Error of the expectation that does not hold */
export async function runSeed(seed: number): Promise<Tally> {
  const random = seeded(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(list: readonly T[]): T | undefined => list[below(Math.max(1, list.length))];
  const network = createLossyNetwork({ seed: seed + 1_000_003, faults: FAULTS });
  const { server, time } = network;
  const storage = createMemoryStorage();
  const tally: Tally = { sent: 0, logged: 0, entries: 0, faults: 0, calls: 0, steps: 0, ran: 0 };

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

  const versions = new Map<string, number>();
  const gone = new Set<string>();
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
    for (const { id, version, deletedAt } of messages) {
      if (version < (versions.get(id) ?? 0)) throw new Error(`${id} is shown as it was before`);
      if (deletedAt === undefined && gone.has(id)) throw new Error(`${id} is deleted, and shown again`);
      versions.set(id, version);
      if (deletedAt !== undefined) gone.add(id);
    }
    if (known === undefined || client.state.getSnapshot().me === undefined) return;
    const ids = new Set(messages.map((message) => message.id));
    for (const id of queue.slice(-10)) if (isOpen(id) && !ids.has(id)) throw new Error(`${id} is not shown`);
  }

  const quietly = (promise: Promise<unknown> | undefined) => promise?.catch(() => {});
  const listed = () => room.getSnapshot().messages.filter((m) => m.seq > 0 && m.deletedAt === undefined);
  const alive = () => server.messages('lobby').filter((message) => message.deletedAt === undefined);
  /** Any, or one that is just being paged to. */
  function theirs(): Message | undefined {
    const all = alive();
    const first = room.getSnapshot().messages[0]?.seq ?? 0;
    return pick(random() < 0.5 ? all : all.filter(({ seq }) => seq > first - 15 && seq < first + 5));
  }
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
    replyMention: (n) =>
      threadId !== undefined && server.post('lobby', 'bob', `@ada reply ${n}`, { threadId }),
    theirEdit: (n) => ((one) => one && server.edit(one.id, `edited ${n}`))(theirs()),
    theirDelete: () => ((one) => one && server.remove(one.id))(pick(alive().slice(-30))),
    theirReaction: () =>
      ((one) => one && server.react(one.id, 'bob', pick(['👍', '🎉']) as string, random() < 0.7))(theirs()),
    theirPin: () => ((one) => one && server.pin(one.id, 'bob', random() < 0.7))(theirs()),
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
    past: () => quietly(room.history.goTo(1 + below(server.log('lobby').length))),
    pastPage: () => quietly(random() < 0.5 ? room.history.loadBefore(10) : room.history.loadAfter(10)),
    run() {
      tally.ran += 1;
      quietly(room.commands.run('help'));
    },
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
    // So long that the log does not reach back any more, and what is shown has changed.
    longAway(n) {
      network.down = true;
      server.disconnectAll('transport close');
      time.timers.after(3000, () => {
        const one = pick(listed());
        if (one !== undefined && alive().some(({ id }) => id === one.id)) server.edit(one.id, `away ${n}`);
        for (let i = 0; i < 4; i++) server.post('lobby', 'bob', `away ${n} ${i}`);
        server.truncate('lobby', server.log('lobby').length - 2);
        network.down = false;
      });
    },
    putOff(n) {
      server.answer('send_message', {
        code: 'rate_limited',
        retryable: true,
        retryAfterMs: 1000 + below(4000),
      });
      send(`first ${n}`);
      send(`second ${n}`);
    },
    // The server asks whether so many are meant.
    ask: (n) => send(`@all ${n}`),
  };
  const isFault = new Set<Op>(['cut', 'restart', 'expire', 'reload', 'longAway', 'putOff', 'ask']);

  /** Says yes to what is asked about: from then on it is the last in the line. */
  function confirmAll(): void {
    for (const { id, delivery } of room.getSnapshot().messages) {
      if (delivery?.status !== 'needs_confirmation') continue;
      room.messages.handle(id)?.confirm();
      queue.splice(queue.indexOf(id), 1);
      queue.push(id);
    }
  }

  async function perform(steps: number, pause: number): Promise<void> {
    for (let n = 0; n < steps; n++) {
      const op = pick(BAG) as Op;
      if (isFault.has(op)) tally.faults += 1;
      act[op](tally.steps++);
      if (random() < 0.2) confirmAll();
      // Two tokens refused in a row: the application signs in again.
      if (client.state.getSnapshot().status === 'unauthorized') client.connect();
      await time.advance(below(pause));
    }
    if (wrong !== undefined) throw wrong;
  }
  /** What was on its way arrives, and what was asked about is said yes to. */
  async function settle(): Promise<void> {
    server.unplan();
    for (let i = 0; i < 3; i++) {
      confirmAll();
      if (client.state.getSnapshot().status === 'unauthorized') client.connect();
      await time.advance(30_000);
    }
  }
  /** What was lost is found by the next connection. */
  async function mend(): Promise<void> {
    network.faults = WELL;
    await settle();
    server.disconnectAll();
    await settle();
  }

  const answer = (operation: string) =>
    server.ask('ada', operation, { roomId: 'lobby' }) as { data: unknown[]; unread?: number };

  /** What the log tells. */
  function checkLog(): void {
    expect(client.state.getSnapshot().status).toBe('online');
    const truth = server.messages('lobby', 'ada');
    const shown = room.getSnapshot();
    expect(shown.status).toBe('live');
    const first = shown.messages[0]?.seq ?? 0;
    expect(shown.messages).toEqual(truth.filter((message) => message.seq >= first));
    expect(shown.hasMoreBefore || first === truth[0]?.seq || truth.length === 0).toBe(true);
    // Nothing lost, nothing twice, nothing out of order.
    expect(truth.filter((message) => queue.includes(message.id)).map((message) => message.id)).toEqual(queue);
    expect(room.pins.getSnapshot().messages).toEqual(answer('list_pins').data);
    const past = room.history.getSnapshot();
    const [from = 0, to = 0] = [past.messages[0]?.seq, past.messages.at(-1)?.seq];
    expect(past.messages).toEqual(truth.filter(({ seq }) => seq >= from && seq <= to));
    expect(past.hasMoreBefore || from === (truth[0]?.seq ?? 0)).toBe(true);
    expect(past.hasMoreAfter || to === (truth.at(-1)?.seq ?? 0)).toBe(true);
    if (threadId === undefined) return;
    const { root, replies, status } = room.thread(threadId).getSnapshot();
    const fresh = thread();
    const after = replies[0]?.seq ?? 0;
    expect({ status, root, replies }).toEqual({
      status: 'ready',
      root: fresh.root,
      replies: fresh.data.filter(({ seq }) => seq >= after),
    });
  }

  /** What signals tell besides. */
  function checkMine(isFresh = false): void {
    const { me: known } = room.getSnapshot();
    const { unread, mentions, readSeq, unreadFrom } = server.membership('lobby', 'ada');
    expect(known?.readSeq).toBe(readSeq);
    // What changes of messages that are not loaded is counted with the next connection.
    const { messages } = room.getSnapshot();
    const isLoaded = (messages[0]?.seq ?? 1) <= Math.min(readSeq, unreadFrom ?? readSeq) + 1;
    if (isLoaded || isFresh) expect(known).toMatchObject({ unread, mentions });
    expect(known?.unreadFrom).toBe(unreadFrom);
    if (threadId !== undefined) {
      const { me: mark } = thread();
      expect(room.thread(threadId).getSnapshot()).toMatchObject({
        unread: mark.unread,
        mentions: mark.mentions,
        readSeq: mark.readSeq,
        following: mark.following,
      });
    }
    // What is in these messages beside their words is as it was when the list was fetched.
    const inShort = (items: readonly unknown[]) =>
      (items as { message?: Message; note?: string; readAt?: string }[]).map(({ message, note, readAt }) => ({
        ...{ id: message?.id, body: message?.body, note, read: readAt !== undefined },
      }));
    expect(inShort(client.saved.getSnapshot().items)).toEqual(inShort(answer('list_saved').data));
    const inbox = answer('list_notifications');
    expect(client.inbox.getSnapshot().unread).toBe(inbox.unread);
    expect(inShort(client.inbox.getSnapshot().items)).toEqual(inShort(inbox.data));
    const draft = server.ask('ada', 'get_draft', { roomId: 'lobby' }) as { body: string };
    expect(room.draft.getSnapshot()).toMatchObject({ body: draft.body, kept: 'everywhere' });
    const ids = room.getSnapshot().replies.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  }
  const thread = () =>
    server.ask('ada', 'get_thread', { messageId: threadId, limit: 1000 }) as {
      root: Message;
      data: Message[];
      me: { unread: number; mentions: number; readSeq: number; following: boolean };
    };

  open();
  for (let round = 0; round < 2; round++) {
    network.faults = FAULTS;
    await perform(15 + below(30), 400);
    await mend();
    const inOrderAtLast = random() < 0.5;
    network.faults = inOrderAtLast ? SLOW : OUT_OF_ORDER;
    await perform(15 + below(30), 150);
    network.down = false;
    await settle();
    checkLog();
    if (inOrderAtLast) checkMine();
  }

  await mend();
  checkLog();
  checkMine(true);
  while (threadId !== undefined && room.thread(threadId).getSnapshot().hasMoreBefore) {
    const loaded = room.thread(threadId).loadBefore(5);
    await time.advance(100);
    await loaded;
  }
  checkLog();
  // A call is carried out once, and its answer is not shown twice.
  expect(server.ran()).toBeLessThanOrEqual(tally.ran);
  const truth = server.messages('lobby');

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

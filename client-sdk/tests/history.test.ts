// Going through a long past: pages without holes, live where it stands, bounded, and back to the newest.
import { expect, it } from 'vitest';
import type { RoomSnapshot } from '../src/api.ts';
import { createHistory, MOST_HELD } from '../src/history.ts';
import { emptyRoom } from '../src/room-data.ts';
import type { RoomContext } from '../src/room-part.ts';
import { noSignals } from '../src/room-signals.ts';
import type { LogEvent, Message } from '../src/wire.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const said = (seq: number): Message => ({
  id: `m${seq}`,
  roomId: 'r1',
  seq,
  author: { id: 'u1', kind: 'human', handle: 'ada', name: 'Ada' },
  kind: 'text',
  body: `words ${seq}`,
  mentions: [],
  attachments: [],
  reactions: [],
  version: 1,
  metadata: {},
  createdAt: new Date(START + seq * MINUTE).toISOString(),
});

/** A room of `count` messages whose own list begins after `base`, and a server that has them all. */
function roomOf(count: number, base: number) {
  // Every tenth entry of the log is no message.
  const server = Array.from({ length: count }, (_, i) => said(i + 1)).filter(({ seq }) => seq % 10 !== 0);
  let live = server.filter(({ seq }) => seq > base);
  let snapshot = { messages: live } as unknown as RoomSnapshot;
  let hold: Promise<void> | undefined;
  const call = (async (_: string, input: Record<string, number>) => {
    await hold;
    const { limit = 50, before, after, around } = input;
    const begin = () => {
      if (before !== undefined) return server.filter(({ seq }) => seq < before).length - limit;
      if (after !== undefined) return server.filter(({ seq }) => seq <= after).length;
      return server.filter(({ seq }) => seq < (around ?? 0)).length - limit / 2;
    };
    const from = Math.max(0, begin());
    const to = before === undefined ? from + limit : server.filter(({ seq }) => seq < before).length;
    return {
      data: server.slice(from, to),
      hasMoreBefore: from > 0,
      hasMoreAfter: to < server.length,
    };
  }) as unknown as RoomContext['call'];
  const { api, part } = createHistory({
    key: 'r1',
    call,
    state: () => ({ ...emptyRoom, ...noSignals, list: live, base, applied: server.at(-1)?.seq ?? 0 }),
    snapshot: () => snapshot,
    join: () => () => {},
    isLive: () => true,
  });
  part.show();
  return {
    history: api,
    server,
    /** As the room does: its own state first, then its parts. */
    tell(entry: LogEvent) {
      if (entry.type === 'new_message') {
        const message = entry.payload as unknown as Message;
        server.push(message);
        live = [...live, message];
        snapshot = { ...snapshot, messages: live };
      }
      part.entries([entry]);
      part.show();
    },
    /** Answers wait until the returned function is called. */
    holdAnswers() {
      let go = () => {};
      hold = new Promise((resolve) => {
        go = resolve;
      });
      return () => {
        hold = undefined;
        go();
      };
    },
    seqs: () => api.getSnapshot().messages.map(({ seq }) => seq),
  };
}

const entry = (seq: number, type: string, payload: Record<string, unknown>): LogEvent => ({
  seq,
  type,
  payload,
});
const fresh = (seq: number, more: Partial<Message> = {}): LogEvent =>
  entry(seq, 'new_message', { ...said(seq), ...more });

it('I32 pages back to the beginning and down again without a hole, and holds a bounded number', async () => {
  const { history, server, seqs, tell } = roomOf(3000, 2900);
  const all = () => server.map(({ seq }) => seq);
  expect(seqs()).toEqual(all().filter((seq) => seq > 2900));
  while (history.getSnapshot().hasMoreBefore) {
    await history.loadBefore(150);
    const shown = seqs();
    expect(shown).toEqual(
      all()
        .slice(all().indexOf(shown[0] as number))
        .slice(0, shown.length),
    );
    expect(shown.length).toBeLessThanOrEqual(MOST_HELD + 90);
  }
  expect(seqs()).toEqual(all().slice(0, MOST_HELD));
  expect(history.getSnapshot().hasMoreAfter).toBe(true);
  while (history.getSnapshot().hasMoreAfter) await history.loadAfter(150);
  expect(seqs()).toEqual(all().slice(-seqs().length));
  expect(seqs().length).toBeLessThanOrEqual(MOST_HELD + 90);
  tell(fresh(3001));
  expect(seqs().at(-1)).toBe(3001);
});

it('I32 goes to a seq and to a time, and back to the newest', async () => {
  const { history, server, seqs } = roomOf(3000, 2900);
  await history.goTo(1234);
  expect(seqs()).toContain(1234);
  expect(seqs()).toEqual(
    server.map(({ seq }) => seq).filter((seq) => seq >= (seqs()[0] ?? 0) && seq <= (seqs().at(-1) ?? 0)),
  );
  expect(history.getSnapshot()).toMatchObject({ hasMoreBefore: true, hasMoreAfter: true });
  expect(await history.seqAt(new Date(START + 1999.5 * MINUTE))).toBe(2001);
  expect(await history.seqAt(new Date(0))).toBe(1);
  expect(await history.seqAt(new Date(START * 2))).toBe(2999);
  history.toNewest();
  expect(seqs()[0]).toBe(2901);
  // Near the newest, the room's own list goes on.
  await history.goTo(2880);
  expect(history.getSnapshot().hasMoreAfter).toBe(false);
  expect(seqs().at(-1)).toBe(2999);
  expect(new Set(seqs()).size).toBe(seqs().length);
});

it('I32 a jump makes an older page that is still on its way nobody’s', async () => {
  const { history, seqs, holdAnswers } = roomOf(3000, 2900);
  const answer = holdAnswers();
  const page = history.loadBefore(100);
  const jump = history.goTo(501);
  answer();
  await Promise.all([page, jump]);
  expect(seqs()).toContain(501);
  expect(seqs()).not.toContain(2899);
});

it('I33 old messages change with the log, also while their page is on its way, and nothing new comes among them', async () => {
  const { history, seqs, tell, holdAnswers } = roomOf(3000, 2900);
  const answer = holdAnswers();
  const jump = history.goTo(101);
  tell(entry(3001, 'message_updated', { message: { ...said(101), body: 'better', version: 2 } }));
  answer();
  await jump;
  const one = (seq: number) => history.getSnapshot().messages.find((message) => message.seq === seq);
  expect(one(101)?.body).toBe('better');
  const before = seqs();
  const reactions = [{ emoji: '👍', count: 2 }];
  tell(
    entry(3002, 'reaction_added', {
      messageSeq: 102,
      messageId: 'm102',
      userId: 'u2',
      emoji: '👍',
      reactions,
    }),
  );
  tell(fresh(3003, { threadId: 'm103' }));
  tell(
    entry(3004, 'message_deleted', {
      messageId: 'm104',
      message: { ...said(104), body: '', deletedAt: said(104).createdAt },
    }),
  );
  expect(one(102)?.reactions).toEqual([{ emoji: '👍', count: 2, mine: false }]);
  expect(one(103)?.thread).toMatchObject({ replies: 1, lastReplySeq: 3003 });
  expect(one(104)?.deletedAt).toBeDefined();
  expect(seqs()).toEqual(before);
});

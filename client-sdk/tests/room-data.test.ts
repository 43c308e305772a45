// The fold of log entries: older states never win, counts are right at every moment, also half-way through a page.
import { describe, expect, it } from 'vitest';
import { withChanges } from '../src/message-changes.ts';
import { newer, put } from '../src/message-list.ts';
import {
  adoptAnswer,
  applyEntries,
  applyJoin,
  applyRead,
  applyUnread,
  emptyRoom,
  prependPage,
  resetList,
} from '../src/room-data.ts';
import { createFakeServer } from '../src/testing/fake-server.ts';
import { applyToThread, emptyThread } from '../src/thread-data.ts';
import type { JoinReply, LogEvent, Message } from '../src/wire.ts';

function world(messages: number) {
  const server = createFakeServer();
  server.createRoom('lobby');
  const me = server.user('ada');
  for (let i = 1; i <= messages; i++) server.post('lobby', 'bob', `m${i}`);
  const connection = server.open('ada', { event: () => {}, drop: () => {} });
  const join = (input: object) => {
    const reply = connection && server.handle(connection, 'join_room', { roomId: 'lobby', ...input });
    return (reply as { data: JoinReply }).data;
  };
  return { server, me, join };
}

describe('room data', () => {
  it.each([
    ['an older version', { version: 3 }, { version: 2 }, 'known'],
    ['a newer version', { version: 2 }, { version: 3 }, 'incoming'],
    ['the same version, told again', { version: 2 }, { version: 2 }, 'incoming'],
    ['a live state after the tombstone', { version: 2, deletedAt: 'x' }, { version: 9 }, 'known'],
    ['the tombstone', { version: 2 }, { version: 3, deletedAt: 'x' }, 'incoming'],
  ])('I7 %s', (_, a, b, winner) => {
    const { server } = world(1);
    const message = server.messages('lobby')[0] as Message;
    const known: Message = { ...message, ...a };
    const incoming: Message = { ...message, ...b };
    expect(newer(known, incoming)).toBe(winner === 'known' ? known : incoming);
    const list = [known];
    expect([put(list, incoming), list[0]]).toEqual([
      winner !== 'known',
      winner === 'known' ? known : incoming,
    ]);
  });

  it('I11 keeps the server’s count while catching up, for the list does not reach it yet', () => {
    const { server, join } = world(3);
    const first = join({});
    let data = applyEntries(resetList(applyJoin(emptyRoom, first), 0), first.events);
    expect(data.me?.unread).toBe(3);
    for (let i = 0; i < 4; i++) server.post('lobby', 'bob', 'more');
    const second = join({ afterSeq: 3 });
    data = applyEntries(applyJoin(data, second), second.events.slice(0, 2));
    expect([data.applied, data.me?.unread]).toEqual([5, 7]);
    data = applyEntries(data, second.events.slice(2));
    expect(data.me?.unread).toBe(7);
  });

  it('I11 the read mark never moves back', () => {
    const { join } = world(5);
    const reply = join({});
    let data = applyEntries(resetList(applyJoin(emptyRoom, reply), 0), reply.events);
    data = applyRead(data, 4);
    expect(data.me).toMatchObject({ readSeq: 4, unread: 1 });
    expect(applyRead(data, 2)).toBe(data);
  });

  it('I39 a new name changes the author’s messages in a list and a thread, and nobody else’s', () => {
    const { server } = world(2);
    server.post('lobby', 'cyd', 'mine');
    const list = server.messages('lobby');
    const [root, reply, other] = list as [Message, Message, Message];
    const user = { ...root.author, name: 'Robert' };
    const payload = { roomId: 'lobby', seq: 4, member: { user, role: 'member', joinedAt: root.createdAt } };
    const entry: LogEvent = { seq: 4, type: 'member_updated', payload };
    const after = withChanges(list, [entry], undefined);
    expect(after.map(({ author }) => author)).toEqual([user, user, other.author]);
    expect(after[2]).toBe(other);
    expect(withChanges(after, [entry], undefined)).toBe(after);
    const thread = { ...emptyThread, root, older: [reply, other] };
    const told = applyToThread(thread, [entry], root.id, undefined);
    expect(told).toMatchObject({
      root: { author: user },
      older: [{ author: user }, { author: other.author }],
    });
  });

  it('I21 reactions are what the newest entry says, and mine stay mine', () => {
    const { me, join } = world(3);
    const reply = join({});
    let data = applyEntries(resetList(applyJoin(emptyRoom, reply), 0), reply.events);
    const message = data.list[1] as Message;
    let seq = 3;
    const change = (
      type: 'reaction_added' | 'reaction_removed',
      userId: string,
      emoji: string,
      ...counts: [string, number][]
    ): LogEvent => ({
      seq: ++seq,
      type,
      payload: {
        messageSeq: message.seq,
        messageId: message.id,
        userId,
        emoji,
        reactions: counts.map(([name, count]) => ({ emoji: name, count })),
      },
    });
    const shown = () => data.list[1]?.reactions.map((r) => `${r.emoji}${r.count}${r.mine ? ' mine' : ''}`);
    data = applyEntries(data, [
      change('reaction_added', me.id, '👍', ['👍', 1]),
      change('reaction_added', 'bob', '👍', ['👍', 2]),
      change('reaction_added', 'bob', '🎉', ['👍', 2], ['🎉', 1]),
    ]);
    expect(shown()).toEqual(['👍2 mine', '🎉1']);
    // An entry with the whole message cannot know whose reactions are mine; an answer may be older than what is known.
    const whole = { ...message, version: 2, reactions: [{ emoji: '👍', count: 2, mine: false }] };
    data = applyEntries(data, [{ seq: ++seq, type: 'message_updated', payload: { message: whole } }]);
    expect(shown()).toEqual(['👍2 mine']);
    data = adoptAnswer(data, { ...whole, version: 3, body: 'edited', reactions: [] });
    expect([data.list[1]?.body, shown()]).toEqual(['edited', ['👍2 mine']]);
    data = applyEntries(data, [change('reaction_removed', me.id, '👍', ['👍', 1])]);
    expect(shown()).toEqual(['👍1']);
    const pinned = { by: me.id, at: '2026-01-01T00:00:00.000Z' };
    const about = { messageSeq: message.seq, messageId: message.id };
    data = applyEntries(data, [{ seq: ++seq, type: 'message_pinned', payload: { ...about, pinned } }]);
    data = adoptAnswer(data, { ...whole, version: 4 });
    expect(data.list[1]?.pinned).toEqual(pinned);
    data = applyEntries(data, [{ seq: ++seq, type: 'message_unpinned', payload: { ...about, by: me.id } }]);
    expect(data.list[1]).not.toHaveProperty('pinned');
  });

  it('I21 replies are counted as they come and go', () => {
    const { join } = world(3);
    const reply = join({});
    let data = applyEntries(resetList(applyJoin(emptyRoom, reply), 0), reply.events);
    const root = data.list[0] as Message;
    const answer = (seq: number): Message => ({
      ...(data.list[1] as Message),
      id: `answer-${seq}`,
      seq,
      threadId: root.id,
      createdAt: `2026-01-0${seq}T00:00:00.000Z`,
    });
    const sent = (message: Message): LogEvent => ({
      seq: message.seq,
      type: 'new_message',
      payload: message as unknown as Record<string, unknown>,
    });
    const [first, second] = [answer(4), answer(5)];
    data = applyEntries(data, [sent(first), sent(second)]);
    expect(data.list[0]?.thread).toEqual({
      replies: 2,
      lastReplySeq: 5,
      lastReplyAt: '2026-01-05T00:00:00.000Z',
    });
    const gone = (seq: number, message: Message): LogEvent => ({
      seq,
      type: 'message_deleted',
      payload: { message: { ...message, body: '', version: 2, deletedAt: 'x' } },
    });
    data = applyEntries(data, [gone(6, second)]);
    expect(data.list[0]?.thread).toMatchObject({ replies: 1, lastReplySeq: 4 });
    data = applyEntries(data, [gone(7, first)]);
    expect(data.list[0]).not.toHaveProperty('thread');
  });

  it('I21 a reaction that overtakes a page of history is in the page', () => {
    const { me, join } = world(4);
    const reply = join({});
    const old = reply.events[0]?.payload as unknown as Message;
    let data = resetList(applyJoin(emptyRoom, reply), 2);
    data = applyEntries(data, reply.events.slice(2));
    data = { ...data, late: [] };
    const payload = {
      messageSeq: old.seq,
      userId: me.id,
      emoji: '👍',
      reactions: [{ emoji: '👍', count: 1 }],
    };
    data = applyEntries(data, [{ seq: 5, type: 'reaction_added', payload }]);
    data = prependPage(data, [old], true);
    expect(data.list[0]?.reactions).toEqual([{ emoji: '👍', count: 1, mine: true }]);
    expect(data.late).toBeUndefined();
  });

  it('I11 a room marked unread counts from there, until it is marked read', () => {
    const { join } = world(5);
    const reply = join({});
    let data = applyEntries(resetList(applyJoin(emptyRoom, reply), 0), reply.events);
    data = applyRead(data, 5);
    const me = data.me as NonNullable<typeof data.me>;
    data = applyUnread(data, { ...me, unreadFrom: 3, unread: 99 });
    expect(data.me).toMatchObject({ readSeq: 5, unread: 3, unreadFrom: 3 });
    data = applyRead(data, 5);
    expect(data.me).toMatchObject({ readSeq: 5, unread: 0 });
    expect(data.me).not.toHaveProperty('unreadFrom');
  });

  it('I2 an entry of a type not known here changes nothing but its place', () => {
    const { join } = world(2);
    const reply = join({});
    const data = applyEntries(resetList(applyJoin(emptyRoom, reply), 0), reply.events);
    const next = applyEntries(data, [{ seq: 3, type: 'something_new', payload: { roomId: 'r', seq: 3 } }]);
    expect([next.applied, next.list === data.list]).toEqual([3, true]);
  });
});

it('I7 an entry that shows an older state of a message changes nothing, wherever the message is kept', () => {
  const [message] = world(1).server.messages('lobby') as [Message];
  const said = (version: number): Message => ({ ...message, version, body: `version ${version}` });
  const edited = (version: number) =>
    ({ seq: 9, type: 'message_updated', payload: { message: said(version) } }) as unknown as LogEvent;
  expect(withChanges([said(2)], [edited(1)], 'me')).toEqual([said(2)]);
  expect(withChanges([said(2)], [edited(3), edited(2)], 'me')).toEqual([said(3)]);
});

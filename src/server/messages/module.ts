// What messages offer, and the topic `room:*`: join with what was missed, then live.
import type { DeliveryMemory } from '../../core/deliveries.ts';
import { AppError } from '../../core/errors.ts';
import { handle, type Module, type TopicDef } from '../../core/module.ts';
import { parseInput } from '../../core/operation.ts';
import type { Scope } from '../../core/scope.ts';
import { jsonWithShared } from '../../core/shared-json.ts';
import type { PresenceService } from '../presence/service.ts';
import type { RoomsService } from '../rooms/service.ts';
import * as c from './contract.ts';
import { type MessageLog, roomTopic } from './log.ts';
import type { MessagesService } from './service.ts';

/** Members a join answers; the rest is paged. */
const MEMBERS = 200;

const roomIdOf = (topic: string): string => topic.slice('room:'.length);

export interface RoomTopicDeps {
  rooms: RoomsService;
  messages: MessagesService;
  presence: PresenceService;
  log: MessageLog;
  /** Someone's join was answered. */
  cameIn(roomId: string): void;
}

export const roomTopicDef = ({ rooms, messages, presence, log, cameIn }: RoomTopicDeps): TopicDef => ({
  prefix: 'room',
  async resolve(scope, key) {
    // Rights are checked by the join, which answers alike for a missing room.
    const roomId = await rooms.resolveId(scope, key);
    return { topic: roomTopic(roomId), roomId };
  },
  async join(seat, topic, input) {
    const from = parseInput(c.JoinInput, input);
    const roomId = roomIdOf(topic);
    await presence.open(roomId);
    try {
      // A public room is joined by listening to it.
      const { room } = await rooms.join(seat.scope, roomId);
      const [missed, members] = await Promise.all([
        messages.missed(roomId, from),
        rooms.firstMembers(roomId, MEMBERS),
      ]);
      // Rights are read after the log: a removal is then either seen here or evicts the seat later.
      const me = await rooms.myMembership(seat.scope, roomId);
      const present = presence.list(roomId);
      const brought = rangeOf(missed.events);
      const reply: c.JoinReply = {
        room: { ...room, lastSeq: missed.lastSeq },
        me,
        members: members as c.JoinReply['members'],
        presence: present,
        ...missed,
      };
      return {
        reply,
        json: jsonWithShared(reply, new Set([members, present, missed.events])),
        liveAfter: missed.lastSeq,
        ...(from.afterSeq === undefined ? {} : { afterSeq: from.afterSeq }),
        ...(brought === undefined ? {} : { brought }),
      };
    } catch (error) {
      presence.close(roomId);
      throw error;
    }
  },
  joined(seat, topic) {
    presence.enter(roomIdOf(topic), seat);
    cameIn(roomIdOf(topic));
  },
  left: (seat, topic, abrupt) => presence.leave(roomIdOf(topic), seat, abrupt),
  updatePresence: (seat, topic, meta) => presence.update(roomIdOf(topic), seat, meta),
  readLog: (topic, afterSeq, upTo) => log.readEntries(roomIdOf(topic), afterSeq, upTo),
});

/** `user:<id>`: signals for one person alone. */
export const userTopicDef = (): TopicDef => ({
  prefix: 'user',
  async resolve(scope, key) {
    if (key !== scope.user.id)
      throw new AppError(
        'not_found',
        'user_not_found',
        'There is no such user, or you may not listen to them.',
      );
    return { topic: `user:${key}` };
  },
  join: async (seat) => ({ reply: { user: seat.scope.user } }),
});

interface MessagesDeps extends RoomTopicDeps {
  deliveries: Pick<DeliveryMemory, 'fetched'>;
}

/** So that it can be told later by what way somebody had a message. */
async function remember(
  { deliveries, rooms }: MessagesDeps,
  scope: Scope,
  key: string,
  page: { seq: number }[],
  by: 'history' | 'log',
): Promise<void> {
  const range = rangeOf(page);
  if (range !== undefined) deliveries.fetched(scope, await rooms.resolveId(scope, key), range, by);
}

function rangeOf(page: { seq: number }[]): { from: number; to: number } | undefined {
  const [first, last] = [page[0], page.at(-1)];
  return first === undefined || last === undefined ? undefined : { from: first.seq, to: last.seq };
}

export const messagesModule = (deps: MessagesDeps): Module => ({
  name: 'messages',
  operations: [
    handle(c.sendMessage, (scope, input) => deps.messages.send(scope, input)),
    handle(c.listMessages, async (scope, input) => {
      const page = await deps.messages.list(scope, input);
      if (input.threadId === undefined) await remember(deps, scope, input.roomId, page.data, 'history');
      return page;
    }),
    handle(c.getMessage, (scope, { messageId }) => deps.messages.get(scope, messageId)),
    handle(c.editMessage, (scope, input) => deps.messages.edit(scope, input)),
    handle(c.deleteMessage, (scope, { messageId }) => deps.messages.remove(scope, messageId)),
    handle(c.listEvents, async (scope, { roomId, limit, ...from }) => {
      const page = await deps.messages.events(scope, roomId, from, limit);
      await remember(deps, scope, roomId, page.events, 'log');
      return page;
    }),
    handle(c.markRead, (scope, { roomId, seq }) => deps.messages.markRead(scope, roomId, seq)),
    handle(c.setTyping, async (scope, { roomId, on }) => {
      await deps.messages.typing(scope, roomId, on);
      return { ok: true as const };
    }),
  ],
  events: c.messagesEvents,
  topics: [roomTopicDef(deps), userTopicDef()],
});

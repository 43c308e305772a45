// One socket connection: its scope, the topics it has joined, the operations it calls. Knows no protocol.
// Must leave every topic when it closes, also one whose join was still under way.
import type { Clock } from '../../../core/clock.ts';
import type { RateRule } from '../../../core/contract.ts';
import { inTime } from '../../../core/db/deadline.ts';
import type { DeliveryMemory, SeatEnd, SeatSeen } from '../../../core/deliveries.ts';
import { AppError, type Problem, toProblem } from '../../../core/errors.ts';
import { newId } from '../../../core/ids.ts';
import { assertSafeJson } from '../../../core/json.ts';
import type { Limits } from '../../../core/limits.ts';
import type { Logger } from '../../../core/logger.ts';
import type { Metrics } from '../../../core/metrics.ts';
import type { Joined, Seat, TopicDef } from '../../../core/module.ts';
import { type Operations, requireAllowed } from '../../../core/operation.ts';
import type { Ending, Revocations } from '../../../core/revocations.ts';
import type { Scope } from '../../../core/scope.ts';
import type { LocalConnections } from './connections.ts';
import type { Hub, Outgoing, Subscriber, Subscription } from './hub.ts';

export interface SessionDeps {
  hub: Hub;
  operations: Operations;
  topics: TopicDef[];
  revocations: Revocations;
  clock: Clock;
  limits: Limits;
  metrics: Metrics;
  logger: Logger;
  connections: LocalConnections;
  deliveries: Pick<DeliveryMemory, 'ended'>;
  nodeId: string;
}

/** Frames of one connection: a burst of 2000, then 1000 a second. The answers to a burst fit what may be queued. */
const FRAMES: RateRule = { bucket: 'socket.frames', points: 2000, seconds: 2, perNode: true };
/** Topics one connection may have joined at once. */
const MAX_TOPICS = 100;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** How a protocol writes to one joined topic. */
export interface SeatWire extends Omit<Subscriber, 'userId'> {
  /** The answer to the join; always the first thing written. */
  reply(joined: Joined): void;
  push(event: Outgoing): void;
}

export interface JoinedTopic {
  /** `room:<uuid>`, whatever name it was joined by. */
  topic: string;
  roomId: string | undefined;
  /** @param how left by its user's wish, unless said otherwise */
  leave(how?: SeatEnd): void;
  /** What was written to it so far; undefined for a topic without a log, or before its join is answered. */
  seen(): SeatSeen | undefined;
  /** Changes what others see of this seat, where the topic has presence. */
  updatePresence(meta: object): void;
}

export type Session = ReturnType<typeof createSession>;

/** @param hangUp closes the connection: its sign-in has ended */
export function createSession(
  deps: SessionDeps,
  scope: Scope,
  protocol: 'socketio' | 'phoenix',
  hangUp: (ending: Ending) => void,
) {
  const id = newId();
  const joined = new Set<JoinedTopic>();
  /** Joins whose topic is being looked up; they count towards the limit as well. */
  let resolving = 0;
  let closed = false;
  let ended = false;
  let expiry: NodeJS.Timeout | undefined;
  /** Why nothing more is written, and how far each topic had come by then. */
  let stopped: { how: SeatEnd; at: number; seen: Map<JoinedTopic, SeatSeen | undefined> } | undefined;
  deps.metrics.connections.inc({ protocol });
  const unwatch = deps.revocations.watch(scope, end);
  const since = deps.clock.date().toISOString();
  const seats = (roomId: string) =>
    [...joined].flatMap((topic) => (topic.roomId === roomId ? (topic.seen() ?? []) : []));
  const uncount = deps.connections.add({ id, node: deps.nodeId, protocol, since }, scope, end, seats);
  awaitExpiry();

  /** From here on nothing is delivered and nothing can be called, whenever the connection really closes. */
  function end(ending: Ending): void {
    if (closed || ended) return;
    ended = true;
    for (const topic of [...joined]) topic.leave('sign_in_ended');
    hangUp(ending);
  }

  /** Looks again when it is time: a session can be renewed, and a timer cannot wait for a month. */
  function awaitExpiry(): void {
    if (scope.expiresAt === undefined) return;
    const ms = scope.expiresAt - deps.clock.now();
    expiry = setTimeout(
      () =>
        (scope.expiresAt ?? 0) <= deps.clock.now()
          ? end({ code: 4501, reason: 'expired_token' })
          : awaitExpiry(),
      Math.min(Math.max(0, ms), MAX_TIMER_MS),
    );
  }

  function requireSignedIn(): void {
    if (ended) throw new AppError('unauthorized', 'revoked_token', 'This sign-in was ended; sign in again.');
  }

  function find(name: string): { def: TopicDef; key: string } {
    assertSafeJson(name, 'topic');
    const colon = name.indexOf(':');
    const def = colon < 0 ? undefined : deps.topics.find((topic) => topic.prefix === name.slice(0, colon));
    if (def === undefined) {
      throw new AppError(
        'not_found',
        'unmatched topic',
        `No topic matches "${name.slice(0, 100)}"; try room:<id or slug>.`,
      );
    }
    return { def, key: name.slice(colon + 1) };
  }

  return {
    id,
    scope,

    /** The canonical topic that a name stands for. @throws AppError not_found */
    async resolve(name: string): Promise<string> {
      const { def, key } = find(name);
      return (await inTime(() => def.resolve(scope, key))).topic;
    },

    /** Counts a frame; decided at once, since the rule is each node's own. @throws AppError rate_limited */
    frame: () => void deps.limits.take(FRAMES, id),

    /**
     * Joins a topic: subscribes first, then reads what was missed, so that nothing falls between.
     * @param name as the client wrote it: `room:lobby`
     * @throws AppError not_found for an unknown topic; whatever the topic refuses with
     */
    async join(name: string, input: unknown, wire: SeatWire): Promise<JoinedTopic | undefined> {
      requireSignedIn();
      const { def, key } = find(name);
      requireAllowed(scope, `${def.prefix}s.join`);
      if (joined.size + resolving >= MAX_TOPICS) {
        throw new AppError(
          'rate_limited',
          'too many channels joined',
          `One connection joins at most ${MAX_TOPICS} topics; leave one first.`,
        );
      }
      resolving++;
      const { topic, roomId } = await inTime(() => def.resolve(scope, key)).finally(() => {
        resolving--;
      });
      requireSignedIn();
      const seat: Seat = {
        id: `${id}:${newId()}`,
        scope,
        push: (type, payload) => wire.push({ type, json: JSON.stringify(payload) }),
        pushJson: (type, json) => wire.push({ type, json }),
      };
      let subscription: Subscription | undefined;
      let answered = false;
      let began: Omit<SeatSeen, 'writtenTo'> | undefined;
      const here: JoinedTopic = {
        topic,
        roomId,
        updatePresence: (meta) => def.updatePresence?.(seat, topic, meta),
        seen: () =>
          stopped?.seen.get(here) ??
          (began === undefined
            ? undefined
            : { ...began, writtenTo: Math.max(began.liveAfter, subscription?.writtenTo() ?? 0) }),
        leave(how = 'left') {
          if (!joined.delete(here)) return;
          const seen = here.seen();
          subscription?.detach();
          deps.metrics.joinedTopics.dec({ protocol });
          if (answered) def.left?.(seat, topic, how === 'broken');
          if (seen === undefined || roomId === undefined) return;
          const ended = { how: stopped?.how ?? how, at: stopped?.at ?? deps.clock.now() };
          deps.deliveries.ended(
            { tenantId: scope.tenantId, userId: scope.user.id, roomId },
            { ...seen, ended },
          );
        },
      };
      const subscriber: Subscriber = {
        encoding: wire.encoding,
        userId: scope.user.id,
        write: wire.write,
        evicted: () => {
          here.leave('evicted');
          wire.evicted();
        },
        overflowed: () => {
          here.leave('overflowed');
          wire.overflowed();
        },
      };
      joined.add(here);
      deps.metrics.joinedTopics.inc({ protocol });
      subscription = deps.hub.attach(topic, subscriber, def.readLog);
      let result: Joined;
      try {
        result = await inTime(() => def.join(seat, topic, input));
      } catch (error) {
        here.leave();
        throw error;
      }
      answered = true;
      const { liveAfter, brought, afterSeq } = result;
      if (liveAfter !== undefined) {
        began = { connection: id, protocol, joinedAt: deps.clock.now(), liveAfter };
        if (brought !== undefined) began.brought = brought;
        if (afterSeq !== undefined) began.afterSeq = afterSeq;
      }
      if (closed || ended || !joined.has(here)) {
        // The connection went while the join was under way.
        joined.add(here);
        deps.metrics.joinedTopics.inc({ protocol });
        here.leave();
        return undefined;
      }
      wire.reply(result);
      def.joined?.(seat, topic);
      subscription.goLive(result.liveAfter);
      return here;
    },

    /** Calls an operation by its socket name. @param roomId of the topic it was pushed on, where the input names none */
    async call(name: string, input: unknown, roomId?: string): Promise<unknown> {
      requireSignedIn();
      const operation = deps.operations.bySocket(name);
      if (operation === undefined) {
        throw new AppError(
          'not_found',
          'unknown_event',
          `There is no operation "${name.slice(0, 64)}"; see /api/docs for the list.`,
        );
      }
      const named = roomId !== undefined && takesRoom(operation.def.input) && isObject(input);
      const filled = named ? { ...input, roomId } : input;
      return deps.operations.call(operation, scope, filled, { surface: protocol, address: id });
    },

    problem(error: unknown, event: string): Problem {
      const problem = toProblem(error, newId());
      if (problem.code === 'internal')
        deps.logger.error({ err: error, event, traceId: problem.traceId }, 'an operation failed');
      return problem;
    },

    /** Nothing more is written, whenever the connection really closes. */
    stopped(how: SeatEnd): void {
      if (stopped !== undefined || closed) return;
      const seen = new Map([...joined].map((topic) => [topic, topic.seen()]));
      stopped = { how, at: deps.clock.now(), seen };
    },

    /** @param abrupt the connection broke, rather than being closed by its user */
    close(abrupt: boolean): void {
      if (closed) return;
      closed = true;
      unwatch();
      uncount();
      clearTimeout(expiry);
      for (const topic of [...joined]) topic.leave(abrupt ? 'broken' : 'closed');
      deps.metrics.connections.dec({ protocol });
    },
  };
}

const isObject = (input: unknown): input is object | undefined | null =>
  (typeof input === 'object' || input === undefined) && !Array.isArray(input);

const takesRoom = (schema: { shape?: object } | object): boolean =>
  'roomId' in ((schema as { shape?: object }).shape ?? {});

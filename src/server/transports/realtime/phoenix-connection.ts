// One Phoenix Channels connection, whatever carries its frames: joins, leaves, pushes, replies, in the order and the words that
// channel clients expect. Must never let a throw in one channel reach another, nor answer a frame of an earlier join.
import type { EventDef } from '../../../core/contract.ts';
import { AppError } from '../../../core/errors.ts';
import { assertSafeJson } from '../../../core/json.ts';
import type { Scope } from '../../../core/scope.ts';
import { jsonOfPerhapsShared } from '../../../core/shared-json.ts';
import type { Encoded, Encoding, Outgoing } from './hub.ts';
import {
  decode,
  decodeBinary,
  encode,
  encodeBinary,
  encodeReply,
  type Frame,
  type Version,
} from './phoenix-frame.ts';
import { runTestPush, type TestDoor } from './phoenix-test-pushes.ts';
import { createSession, type JoinedTopic, type SeatWire, type SessionDeps } from './session.ts';
import { binaryFrame, textFrames } from './wire.ts';

export const CLOSE = { idle: 1002, malformed: 1011, drain: 1012, slow: 4008, test: 1011 } as const;

/** What carries the frames of a connection. */
export interface Carrier {
  text(frame: string): void;
  binary(frame: Buffer): void;
  /** Bytes shared by all members of a room. */
  write(encoded: Encoded): void;
  close(code: number, reason: string): void;
  slow(): void;
}

export interface PhoenixConnection {
  receive(data: Buffer, isBinary: boolean): void;
  /** It takes nothing more, because its client does not read. */
  slow(): void;
  /** @param abrupt the connection broke, rather than being closed by its user */
  ended(abrupt: boolean): void;
}

interface Channel {
  joinRef: unknown;
  /** As the join sent it; frames of the connection carry this one. */
  rememberedRef: unknown;
  here: JoinedTopic | undefined;
  /** Pushes that are not answered yet. */
  running: number;
  /** Called when the last of them is. */
  whenAnswered: (() => void) | undefined;
}

export interface PhoenixConnections {
  open(version: Version, scope: Scope, carrier: Carrier): PhoenixConnection;
}

/** Whether a frame is of this life of its topic, and not of an earlier join. */
const isOf = (frame: Frame, channel: Channel | undefined): boolean =>
  frame.joinRef === null || frame.joinRef === channel?.rememberedRef;

/** @param testDoor answers the pushes of tests from outside; undefined unless NODE_ENV is `test` */
export function createPhoenixConnections(
  options: SessionDeps & { events: EventDef[]; testDoor?: TestDoor | undefined },
): PhoenixConnections {
  const { logger } = options;
  const reshaped = new Map(
    options.events.flatMap((e) =>
      e.phoenixPayload === undefined ? [] : [[e.type, e.phoenixPayload] as const],
    ),
  );

  /** Where Phoenix's convention differs from our payload, as for presence. */
  function payloadOf({ type, json }: Outgoing): string {
    const reshape = reshaped.get(type);
    if (reshape === undefined) return json;
    // Many who join at once are sent the same.
    if (last?.type !== type || last.json !== json)
      last = { type, json, payload: JSON.stringify(reshape(JSON.parse(json) as never)) };
    return last.payload;
  }
  let last: (Outgoing & { payload: string }) | undefined;

  const encodings = new Map<string, Encoding>();
  function encodingFor(version: Version, topic: string): Encoding {
    const key = `phoenix:${version}:${topic}`;
    let encoding = encodings.get(key);
    if (encoding !== undefined) return encoding;
    encoding = {
      key,
      protocol: 'phoenix',
      encode(entries): Encoded {
        const bytes = options.testDoor?.bytesOf(entries);
        if (bytes !== undefined) {
          // A binary payload has no form in version 1: its members are passed over.
          const frames =
            version === 1
              ? []
              : bytes.map(({ type, data }) =>
                  binaryFrame(encodeBinary({ kind: 'broadcast', topic, event: type }, data)),
                );
          return { texts: [], bytes: Buffer.concat(frames) };
        }
        const texts = entries.map((entry) =>
          encode(version, null, null, topic, entry.type, payloadOf(entry)),
        );
        return { texts, bytes: textFrames(texts) };
      },
    };
    if (encodings.size > 10_000) encodings.clear();
    encodings.set(key, encoding);
    return encoding;
  }

  function open(version: Version, scope: Scope, carrier: Carrier): PhoenixConnection {
    const session = createSession(options, scope, 'phoenix', ({ code, reason }) =>
      carrier.close(code, reason),
    );
    const channels = new Map<string, Channel>();
    /** Frames that wait for a join of their topic to be answered. */
    const waiting = new Map<string, Frame[]>();

    function reply(
      joinRef: unknown,
      frame: Frame,
      status: 'ok' | 'error',
      response: object,
      json = Buffer.isBuffer(response) ? '' : jsonOfPerhapsShared(response),
    ): void {
      if (Buffer.isBuffer(response)) {
        return carrier.binary(
          encodeBinary(
            { kind: 'reply', joinRef, ref: frame.ref, topic: String(frame.topic), status },
            response,
          ),
        );
      }
      carrier.text(encodeReply(version, joinRef, frame.ref, frame.topic, status, json));
    }

    /** The end of a channel's life: its ref is the ref of its join. */
    const life = (event: 'phx_close' | 'phx_error', channel: Channel, topic: string, payload = '{}') =>
      carrier.text(encode(version, channel.rememberedRef, channel.rememberedRef, topic, event, payload));

    /** Counts a frame when it comes, not when its turn comes. A heartbeat is always answered. */
    function counted(frame: Frame): boolean {
      if (frame.topic === 'phoenix' && frame.event === 'heartbeat') return true;
      try {
        session.frame();
        return true;
      } catch (error) {
        reply(frame.joinRef, frame, 'error', session.problem(error, 'frame'));
        return false;
      }
    }

    async function join(frame: Frame, topic: string): Promise<void> {
      const old = channels.get(topic);
      // The old channel's life ends before the new one begins; clients are told after the new join's answer.
      old?.here?.leave();
      channels.delete(topic);
      const channel: Channel = {
        joinRef: frame.joinRef ?? frame.ref,
        rememberedRef: frame.joinRef,
        here: undefined,
        running: 0,
        whenAnswered: undefined,
      };
      const wire: SeatWire = {
        encoding: encodingFor(version, topic),
        reply: (joined) => {
          channels.set(topic, channel);
          reply(channel.joinRef, frame, 'ok', joined.reply, joined.json);
          if (old !== undefined) life('phx_close', old, topic);
        },
        push: (event) =>
          carrier.text(encode(version, channel.joinRef, null, topic, event.type, payloadOf(event))),
        write: carrier.write,
        evicted: () => {
          if (channels.get(topic) === channel) channels.delete(topic);
          life('phx_close', channel, topic);
        },
        overflowed: carrier.slow,
      };
      try {
        assertSafeJson(frame.payload);
        options.testDoor?.onJoin(topic);
        channel.here = await session.join(topic, frame.payload, wire);
      } catch (error) {
        const problem = session.problem(error, 'phx_join');
        const response = problem.code === 'internal' ? { ...problem, reason: 'join crashed' } : problem;
        reply(problem.reason === 'unmatched topic' ? null : channel.joinRef, frame, 'error', response);
        if (old !== undefined) life('phx_close', old, topic);
      }
    }

    function handle(frame: Frame): void {
      if (frame.topic === 'phoenix' && frame.event === 'heartbeat') return reply(null, frame, 'ok', {});
      const topic = typeof frame.topic === 'string' ? frame.topic : '';
      const queue = waiting.get(topic);
      if (queue !== undefined) return void queue.push(frame);
      const channel = channels.get(topic);
      const last = frame.event === 'phx_join' || (frame.event === 'phx_leave' && isOf(frame, channel));
      if (last && channel !== undefined && channel.running > 0) return afterPushes(channel, frame, topic);
      if (frame.event === 'phx_join' && topic !== 'phoenix' && topic !== '') {
        waiting.set(topic, []);
        // A turn of the event loop between two: a client that sends joins only may not keep others from being read.
        void join(frame, topic).finally(() => setImmediate(resume, topic));
        return;
      }
      if (channel === undefined) {
        if (frame.event === 'phx_leave') return reply(frame.joinRef, frame, 'ok', {});
        return reply(null, frame, 'error', { reason: 'unmatched topic' });
      }
      // A frame of an earlier join of this topic is dropped without an answer.
      if (!isOf(frame, channel)) return;
      if (frame.event === 'phx_leave') {
        channels.delete(topic);
        channel.here?.leave();
        reply(channel.joinRef, frame, 'ok', {});
        return life('phx_close', channel, topic);
      }
      channel.running++;
      void push(frame, channel, topic);
    }

    /** What ends a channel waits for its pushes: a client does not take their answers any more afterwards. */
    function afterPushes(channel: Channel, frame: Frame, topic: string): void {
      waiting.set(topic, [frame]);
      channel.whenAnswered = () => resume(topic);
    }

    function resume(topic: string): void {
      const queued = waiting.get(topic) ?? [];
      waiting.delete(topic);
      for (const next of queued) handle(next);
    }

    async function push(frame: Frame, channel: Channel, topic: string): Promise<void> {
      const event = typeof frame.event === 'string' ? frame.event : '';
      try {
        if (options.testDoor !== undefined && event.startsWith('test_')) {
          const response = testPush(options.testDoor, event, frame.payload, channel, topic);
          if (response !== undefined) reply(channel.joinRef, frame, 'ok', response);
        } else {
          if (Buffer.isBuffer(frame.payload))
            throw new AppError('invalid', 'invalid_input', 'This operation takes an object, not bytes.');
          const response = await session.call(event, frame.payload, channel.here?.roomId);
          reply(channel.joinRef, frame, 'ok', (response ?? {}) as object);
        }
      } catch (error) {
        reply(channel.joinRef, frame, 'error', session.problem(error, event));
      } finally {
        answered(channel);
      }
    }

    function answered(channel: Channel): void {
      channel.running--;
      if (channel.running > 0 || channel.whenAnswered === undefined) return;
      const next = channel.whenAnswered;
      channel.whenAnswered = undefined;
      next();
    }

    /** @returns undefined when there is nothing to answer */
    function testPush(door: TestDoor, event: string, payload: unknown, channel: Channel, topic: string) {
      const end = (kind: 'phx_close' | 'phx_error', detail?: string) => {
        channels.delete(topic);
        channel.here?.leave();
        life(kind, channel, topic, detail);
      };
      return runTestPush(door, event, payload, channel.here, {
        end,
        disconnect: () => carrier.close(CLOSE.test, 'test_disconnect'),
      });
    }

    return {
      receive(data, isBinary) {
        try {
          const frame = isBinary ? decodeBinary(version, data) : decode(version, data.toString('utf8'));
          if (counted(frame)) handle(frame);
        } catch (error) {
          logger.debug({ err: error }, 'a malformed channel frame');
          carrier.close(CLOSE.malformed, 'malformed frame');
        }
      },
      slow: () => session.stopped('slow_consumer'),
      ended(abrupt) {
        channels.clear();
        waiting.clear();
        session.close(abrupt);
      },
    };
  }

  return { open };
}

// The Phoenix Channels door over WebSocket, for unmodified phoenix.js and other channel clients.
// Must never close with 1000 (official clients would stay away), nor accept an upgrade only to refuse it afterwards.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { EventDef } from '../../../core/contract.ts';
import { AppError } from '../../../core/errors.ts';
import { assertSafeJson, MAX_FRAME_BYTES } from '../../../core/json.ts';
import type { Scope } from '../../../core/scope.ts';
import type { Encoded, Encoding, Outgoing } from './hub.ts';
import {
  decode,
  encode,
  encodeReply,
  type Frame,
  parseVersion,
  tokenFromProtocols,
  type Version,
} from './phoenix-frame.ts';
import { createSession, type JoinedTopic, type SeatWire, type Session, type SessionDeps } from './session.ts';
import { MAX_QUEUED_BYTES, tcpOf, textFrames, writeJoined } from './wire.ts';

export interface PhoenixOptions extends SessionDeps {
  events: EventDef[];
  authenticate(token: string, via: 'phoenix'): Promise<Scope>;
  originAllowed(request: IncomingMessage): boolean;
  drainWindowMs: number;
}

export const PHOENIX_PATH = '/socket/websocket';

/** A connection from which nothing came for this long is closed. */
const IDLE_MS = 60_000;
/** A client that does not read gets this long to take its close frame. */
const TERMINATE_AFTER_MS = 2000;

const CLOSE = { idle: 1002, malformed: 1011, drain: 1012, slow: 4008 } as const;

interface Channel {
  joinRef: unknown;
  /** As the join sent it; frames of the connection carry this one. */
  rememberedRef: unknown;
  here: JoinedTopic | undefined;
}

export function createPhoenix(options: PhoenixOptions) {
  const { logger, metrics } = options;
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: true,
    handleProtocols: (protocols) => (protocols.has('phoenix') ? 'phoenix' : false),
  });
  const reshaped = new Map(
    options.events.flatMap((e) =>
      e.phoenixPayload === undefined ? [] : [[e.type, e.phoenixPayload] as const],
    ),
  );

  /** Where Phoenix's convention differs from our payload, as for presence. */
  function payloadOf({ type, json }: Outgoing): string {
    const reshape = reshaped.get(type);
    return reshape === undefined ? json : JSON.stringify(reshape(JSON.parse(json) as never));
  }

  const encodings = new Map<string, Encoding>();
  function encodingFor(version: Version, topic: string): Encoding {
    const key = `phoenix:${version}:${topic}`;
    let encoding = encodings.get(key);
    if (encoding !== undefined) return encoding;
    encoding = {
      key,
      protocol: 'phoenix',
      encode(entries): Encoded {
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

  /** Handles an upgrade on our path: every refusal is an HTTP status, before the upgrade. */
  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Nobody else listens until the sign-in is checked, and a client may break off before.
    const ignore = () => {};
    socket.on('error', ignore);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const protocols = request.headers['sec-websocket-protocol'];
    const version = parseVersion(url.searchParams.get('vsn'));
    const acceptable = protocols === undefined || protocols.split(',').some((p) => p.trim() === 'phoenix');
    if (!options.originAllowed(request) || version === undefined || !acceptable)
      return refuse(socket, 403, 'Forbidden');
    if (request.method !== 'GET') return refuse(socket, 400, 'Bad Request');
    let scope: Scope;
    try {
      const token = tokenFromProtocols(protocols) ?? url.searchParams.getAll('token').at(-1) ?? '';
      scope = await options.authenticate(token, 'phoenix');
    } catch (error) {
      if (error instanceof AppError && error.code === 'unauthorized') return refuse(socket, 403, 'Forbidden');
      logger.warn({ err: error }, 'a sign-in could not be checked');
      return refuse(socket, 503, 'Service Unavailable');
    }
    if (socket.destroyed) return;
    socket.off('error', ignore);
    wss.handleUpgrade(request, socket, head, (ws) => serve(ws, version, scope));
  }

  function serve(ws: WebSocket, version: Version, scope: Scope): void {
    const session = createSession(options, scope, 'phoenix', ({ code, reason }) => ws.close(code, reason));
    const channels = new Map<string, Channel>();
    /** Frames that wait for a join of their topic to be answered. */
    const waiting = new Map<string, Frame[]>();
    let idle = setTimeout(onIdle, IDLE_MS);

    function onIdle(): void {
      ws.close(CLOSE.idle, 'nothing was received for 60 s');
    }
    function heard(): void {
      clearTimeout(idle);
      idle = setTimeout(onIdle, IDLE_MS);
    }
    function send(text: string): void {
      const tcp = ws.readyState === ws.OPEN ? tcpOf(ws) : undefined;
      if (tcp === undefined) return;
      // He asks and does not read the answers.
      if (tcp.writableLength > MAX_QUEUED_BYTES) return closeSlow();
      writeJoined(tcp, textFrames([text]));
    }
    const reply = (joinRef: unknown, frame: Frame, status: 'ok' | 'error', response: object) =>
      send(encodeReply(version, joinRef, frame.ref, frame.topic, status, response));

    function write(encoded: Encoded): void {
      if (ws.readyState !== ws.OPEN) return;
      const tcp = tcpOf(ws);
      if (tcp === undefined) return;
      if (tcp.writableLength > MAX_QUEUED_BYTES) return closeSlow();
      tcp.write(encoded.bytes);
    }
    function closeSlow(): void {
      metrics.slowConsumers.inc({ protocol: 'phoenix' });
      ws.close(CLOSE.slow, 'slow_consumer');
      setTimeout(() => ws.terminate(), TERMINATE_AFTER_MS).unref();
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
      };
      const wire: SeatWire = {
        encoding: encodingFor(version, topic),
        reply: (joined) => {
          channels.set(topic, channel);
          reply(channel.joinRef, frame, 'ok', joined.reply);
          if (old !== undefined)
            send(encode(version, old.rememberedRef, old.rememberedRef, topic, 'phx_close', '{}'));
        },
        push: (event) => send(encode(version, channel.joinRef, null, topic, event.type, payloadOf(event))),
        write,
        evicted: () => {
          if (channels.get(topic) === channel) channels.delete(topic);
          send(encode(version, channel.rememberedRef, channel.rememberedRef, topic, 'phx_close', '{}'));
        },
        overflowed: closeSlow,
      };
      try {
        assertSafeJson(frame.payload);
        channel.here = await session.join(topic, frame.payload, wire);
      } catch (error) {
        const problem = session.problem(error, 'phx_join');
        const response = problem.code === 'internal' ? { ...problem, reason: 'join crashed' } : problem;
        reply(problem.reason === 'unmatched topic' ? null : channel.joinRef, frame, 'error', response);
        if (old !== undefined)
          send(encode(version, old.rememberedRef, old.rememberedRef, topic, 'phx_close', '{}'));
      }
    }

    function handle(frame: Frame): void {
      if (frame.topic === 'phoenix' && frame.event === 'heartbeat') return reply(null, frame, 'ok', {});
      const topic = typeof frame.topic === 'string' ? frame.topic : '';
      const queue = waiting.get(topic);
      if (queue !== undefined) return void queue.push(frame);
      if (frame.event === 'phx_join' && topic !== 'phoenix' && topic !== '') {
        waiting.set(topic, []);
        // A turn of the event loop between two: a client that sends joins only may not keep others from being read.
        void join(frame, topic).finally(() => setImmediate(resume, topic));
        return;
      }
      const channel = channels.get(topic);
      if (channel === undefined) {
        if (frame.event === 'phx_leave') return reply(frame.joinRef, frame, 'ok', {});
        return reply(null, frame, 'error', { reason: 'unmatched topic' });
      }
      // A frame of an earlier join of this topic is dropped without an answer.
      if (frame.joinRef !== null && frame.joinRef !== channel.rememberedRef) return;
      if (frame.event === 'phx_leave') {
        channels.delete(topic);
        channel.here?.leave();
        reply(channel.joinRef, frame, 'ok', {});
        return send(encode(version, channel.rememberedRef, channel.rememberedRef, topic, 'phx_close', '{}'));
      }
      void push(frame, channel);
    }

    function resume(topic: string): void {
      const queued = waiting.get(topic) ?? [];
      waiting.delete(topic);
      for (const next of queued) handle(next);
    }

    async function push(frame: Frame, channel: Channel): Promise<void> {
      const event = typeof frame.event === 'string' ? frame.event : '';
      try {
        const response = await session.call(event, frame.payload, channel.here?.roomId);
        reply(channel.joinRef, frame, 'ok', (response ?? {}) as object);
      } catch (error) {
        reply(channel.joinRef, frame, 'error', session.problem(error, event));
      }
    }

    ws.on('message', (data) => {
      heard();
      let frame: Frame;
      try {
        frame = decode(version, data.toString());
      } catch (error) {
        logger.debug({ err: error }, 'a malformed channel frame');
        return ws.close(CLOSE.malformed, 'malformed frame');
      }
      try {
        session.frame();
      } catch (error) {
        return reply(frame.joinRef, frame, 'error', session.problem(error, 'frame'));
      }
      handle(frame);
    });
    ws.on('ping', heard);
    ws.on('error', (error) => logger.debug({ err: error }, 'socket error'));
    ws.on('close', (code) => {
      clearTimeout(idle);
      channels.clear();
      waiting.clear();
      // 1000 and 1005: the client closed on purpose. Anything else may be a reload or a lost network.
      session.close(code !== 1000 && code !== 1005);
    });
  }

  return {
    upgrade,
    async drain(): Promise<void> {
      const sockets = [...wss.clients];
      const step = sockets.length === 0 ? 0 : options.drainWindowMs / sockets.length;
      let next = 0;
      for (const [i, ws] of sockets.entries()) {
        ws.close(CLOSE.drain, 'the server is restarting');
        if (i * step >= next) {
          await options.clock.sleep(Math.min(50, options.drainWindowMs));
          next = i * step + 50;
        }
      }
    },
    stop(): void {
      for (const ws of wss.clients) ws.terminate();
      wss.close();
    },
  };
}

export type { Session };

function refuse(socket: Duplex, status: number, text: string): void {
  socket.end(`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

// The Socket.IO door: operations by `emit(name, input, ack)`, topics by `join_room`. State recovery of Socket.IO stays
// off: resume is ours, from the log, and checks rights again. Nothing a client sends may throw outside a handler.
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Socket as Tcp } from 'node:net';
import { Server, type Socket } from 'socket.io';
import type { WebSocket } from 'ws';
import { AppError, toProblem } from '../../../core/errors.ts';
import { newId } from '../../../core/ids.ts';
import { assertSafeJson, MAX_FRAME_BYTES } from '../../../core/json.ts';
import type { Ending } from '../../../core/revocations.ts';
import type { Scope } from '../../../core/scope.ts';
import { jsonOfPerhapsShared } from '../../../core/shared-json.ts';
import { type Drain, spread } from './drain.ts';
import type { Encoded, Encoding, Outgoing } from './hub.ts';
import { createSession, type JoinedTopic, type SeatWire, type Session, type SessionDeps } from './session.ts';
import { joinWrites, MAX_QUEUED_BYTES, tcpOf, textFrames } from './wire.ts';

export interface SocketIoOptions extends SessionDeps {
  http: HttpServer;
  authenticate(token: string, via: 'socketio'): Promise<Scope>;
  originAllowed(request: IncomingMessage): boolean;
  drain: Drain;
}

/** 4000–4499: reconnect and resume; 4500–4999: stop. */
const CLOSE_CODES = { slow_consumer: 4008, drain: 1012 } as const;
const TERMINATE_AFTER_MS = 2000;

/** Never authenticated: closed after this. */
const AUTH_DEADLINE_MS = 10_000;

/** An engine.io packet of type message holding a socket.io event of the default namespace. */
const packet = ({ type, json }: Outgoing): string => `2[${JSON.stringify(type)},${json}]`;

const ENCODING: Encoding = {
  key: 'socketio',
  protocol: 'socketio',
  encode(entries: Outgoing[]): Encoded {
    const texts = entries.map(packet);
    let bytes: Buffer | undefined;
    return {
      texts,
      get bytes() {
        bytes ??= textFrames(texts.map((text) => `4${text}`));
        return bytes;
      },
    };
  },
};

/** @param json the answer's data, where it is serialised already */
type Ack = (answer: object, json?: string) => void;

export function createSocketIo(options: SocketIoOptions) {
  const { logger, metrics } = options;
  let draining = false;
  const io = new Server(options.http, {
    serveClient: false,
    maxHttpBufferSize: MAX_FRAME_BYTES,
    connectTimeout: AUTH_DEADLINE_MS,
    destroyUpgrade: false,
    perMessageDeflate: false,
    httpCompression: false,
    // Origins are checked below, for every transport; this only answers with the matching CORS header.
    cors: { origin: true, credentials: false },
    // While draining nobody new is let in: a client that is refused goes elsewhere.
    allowRequest: (request, callback) => callback(null, !draining && options.originAllowed(request)),
  });
  // `allowRequest` does not run for later requests of a polling session.
  io.engine.use(
    (
      request: IncomingMessage,
      response: { writeHead?(status: number): void; end?(): void },
      next: (error?: Error) => void,
    ) => {
      if (options.originAllowed(request)) return next();
      response.writeHead?.(403);
      response.end?.();
    },
  );

  io.use(async (socket, next) => {
    try {
      const token: unknown = socket.handshake.auth.token;
      if (typeof token !== 'string' || token === '') {
        throw new AppError(
          'unauthorized',
          'missing_token',
          'Sign in first and pass the token as auth.token.',
        );
      }
      socket.data.scope = await options.authenticate(token, 'socketio');
      next();
    } catch (error) {
      const problem = toProblem(error, newId());
      next(Object.assign(new Error(problem.detail), { data: problem }));
    }
  });

  // One whose sign-in was being checked when the drain began goes elsewhere as well.
  io.on('connection', (socket) => (draining ? close(socket, 'drain') : serve(socket)));

  /** Nothing is written after the close frame. */
  const closing = new WeakSet<Socket>();
  const sessions = new WeakMap<Socket, Session>();

  function serve(socket: Socket): void {
    const scope = socket.data.scope as Scope;
    const session = createSession(options, scope, 'socketio', (ending) => hangUp(socket, ending));
    sessions.set(socket, session);
    const rooms = new Map<string, JoinedTopic>();
    const inTurn = createTurns();
    answerDirectly(socket);
    // Personal signals come without asking.
    void session
      .join(
        `user:${scope.user.id}`,
        {},
        seatWire(socket, () => {}),
      )
      // A key need not be allowed to hear them.
      .catch((error: unknown) => error instanceof AppError || logger.warn({ err: error }, 'user topic'));

    socket.on('disconnect', (reason) => {
      session.close(reason !== 'client namespace disconnect' && reason !== 'server namespace disconnect');
    });
    socket.on('error', (error) => logger.debug({ err: error }, 'socket error'));
    socket.onAny((event: string, ...args: unknown[]) => {
      const ack = typeof args.at(-1) === 'function' ? (args.pop() as Ack) : undefined;
      void answer(socket, session, event, ack, async () => {
        session.frame();
        assertSafeJson(args);
        if (event === 'join_room') return inTurn('join', () => join(socket, session, rooms, args[0], ack));
        if (event === 'leave_room') return inTurn('leave', () => leave(session, rooms, args[0]));
        return session.call(event, args[0]);
      });
    });
  }

  /** The answer to `join_room` is written by the topic, before anything live; undefined says so. */
  async function join(
    socket: Socket,
    session: Session,
    rooms: Map<string, JoinedTopic>,
    input: unknown,
    ack: Ack | undefined,
  ): Promise<undefined> {
    const key = roomKey(input);
    // A second join replaces the first, as on Phoenix.
    rooms.get(key)?.leave();
    const wire = seatWire(socket, () => rooms.delete(key));
    wire.reply = (joined) => acknowledge(socket, ack, { ok: true, data: joined.reply }, joined.json);
    const topic = await session.join(`room:${key}`, input, wire);
    if (topic === undefined) return undefined;
    for (const [other, existing] of rooms) {
      if (existing.topic === topic.topic) {
        existing.leave();
        rooms.delete(other);
      }
    }
    rooms.set(key, topic);
    return undefined;
  }

  async function leave(session: Session, rooms: Map<string, JoinedTopic>, input: unknown): Promise<object> {
    const key = roomKey(input);
    const known = [...rooms].find(([name, topic]) => name === key || topic.roomId === key.toLowerCase())?.[1]
      .topic;
    // A room joined by id may be left by slug, and the other way round.
    const topic = known ?? (rooms.size === 0 ? undefined : await session.resolve(`room:${key}`));
    for (const [name, joined] of rooms) {
      if (joined.topic !== topic) continue;
      joined.leave();
      rooms.delete(name);
    }
    return { left: true };
  }

  async function answer(
    socket: Socket,
    session: Session,
    event: string,
    ack: Ack | undefined,
    run: () => Promise<unknown>,
  ): Promise<void> {
    try {
      const data = await run();
      if (data === undefined || ack === undefined) return;
      const json = typeof data === 'object' && data !== null ? jsonOfPerhapsShared(data) : undefined;
      acknowledge(socket, ack, { ok: true, data }, json);
    } catch (error) {
      acknowledge(socket, ack, { ok: false, error: session.problem(error, event) });
    }
  }

  function acknowledge(socket: Socket, ack: Ack | undefined, answer: object, json?: string): void {
    if (ack === undefined || closing.has(socket)) return;
    // He asks and does not read the answers.
    if (isSlow(socket)) return closeSlow(socket);
    // The answers of one turn, and what the turn delivers here, leave together.
    const tcp = tcpUnder(socket);
    if (tcp !== undefined) joinWrites(tcp);
    ack(answer, json);
  }

  /** Acknowledgements leave as shared bytes do: the library's encoder looks for binary parts that ours never have. */
  function answerDirectly(socket: Socket): void {
    (socket as unknown as { ack(id: number): Ack }).ack = (id) => {
      let answered = false;
      return (answer, json) => {
        if (answered) return;
        answered = true;
        const text = `3${id}[${json === undefined ? JSON.stringify(answer) : `{"ok":true,"data":${json}}`}]`;
        write(socket, { texts: [text], bytes: textFrames([`4${text}`]) });
      };
    };
  }

  function closeSlow(socket: Socket): void {
    sessions.get(socket)?.stopped('slow_consumer');
    metrics.slowConsumers.inc({ protocol: 'socketio' });
    close(socket, 'slow_consumer');
  }

  function seatWire(socket: Socket, onEnd: () => void): SeatWire {
    return {
      encoding: ENCODING,
      reply: () => {},
      push: (event) => write(socket, ENCODING.encode([event])),
      write: (encoded) => write(socket, encoded),
      evicted: onEnd,
      overflowed: () => close(socket, 'slow_consumer'),
    };
  }

  /**
   * Writes shared bytes straight to the TCP socket when everything before them is already there; otherwise through
   * engine.io, which keeps the order.
   */
  function write(socket: Socket, encoded: Encoded): void {
    const conn = socket.conn as unknown as EngineSocket;
    if (conn.readyState !== 'open' || closing.has(socket)) return;
    if (isSlow(socket)) return closeSlow(socket);
    const tcp = tcpUnder(socket);
    if (tcp !== undefined && conn.transport.writable && conn.writeBuffer.length === 0 && !conn.upgrading) {
      tcp.write(encoded.bytes);
      return;
    }
    for (const text of encoded.texts) conn.write(text);
  }

  /** The official client comes back after a lost transport, and stays away after a disconnect. */
  function hangUp(socket: Socket, { code, reason }: Ending): void {
    if (code >= 4500) return void socket.disconnect(true);
    const conn = socket.conn as unknown as EngineSocket;
    const ws = conn.transport.name === 'websocket' ? conn.transport.socket : undefined;
    if (ws === undefined) conn.close();
    else ws.close(code, reason);
  }

  function close(socket: Socket, reason: keyof typeof CLOSE_CODES): void {
    if (closing.has(socket)) return;
    closing.add(socket);
    logger.debug({ reason }, 'closing a socket');
    const conn = socket.conn as unknown as EngineSocket;
    const ws = conn.transport.name === 'websocket' ? conn.transport.socket : undefined;
    if (ws === undefined) return conn.close();
    ws.close(CLOSE_CODES[reason], reason);
    // A client that does not read does not see its close frame either.
    if (reason === 'slow_consumer') setTimeout(() => ws.terminate(), TERMINATE_AFTER_MS).unref();
  }

  return {
    io,
    /** Closes every connection so that clients come back elsewhere, spread over the window. */
    async drain(): Promise<void> {
      draining = true;
      const goodbye = (socket: Socket) =>
        new Promise<void>((resolve) => {
          if (!socket.connected) return resolve();
          socket.once('disconnect', () => resolve());
          close(socket, 'drain');
        });
      await spread([...io.sockets.sockets.values()], goodbye, options.drain);
    },
    stop: () => {
      io.engine.close();
      // Of this node: the adapter would tell the others as well.
      io.local.disconnectSockets(true);
    },
  };
}

/** More waits to be read than a connection may have queued, in TCP's buffer or in engine.io's. */
function isSlow(socket: Socket): boolean {
  if ((tcpUnder(socket)?.writableLength ?? 0) > MAX_QUEUED_BYTES) return true;
  const { writeBuffer } = socket.conn as unknown as EngineSocket;
  if (writeBuffer.length === 0) return false;
  return writeBuffer.reduce((sum, packet) => sum + (packet.data?.length ?? 0), 0) > MAX_QUEUED_BYTES;
}

/** Undefined while the connection polls. */
function tcpUnder(socket: Socket): Tcp | undefined {
  const { transport } = socket.conn as unknown as EngineSocket;
  return transport.name === 'websocket' && transport.socket !== undefined
    ? tcpOf(transport.socket)
    : undefined;
}

type Turn = 'join' | 'leave';

/** Joins may overlap, but a leave waits for the joins before it, and a join for the leaves before it. */
function createTurns() {
  const running: Record<Turn, Set<Promise<unknown>>> = { join: new Set(), leave: new Set() };
  return async <T>(turn: Turn, run: () => Promise<T>): Promise<T> => {
    const before = running[turn === 'join' ? 'leave' : 'join'];
    const done = Promise.allSettled(before).then(run);
    running[turn].add(done);
    try {
      return await done;
    } finally {
      running[turn].delete(done);
    }
  };
}

function roomKey(input: unknown): string {
  const key = typeof input === 'object' && input !== null ? (input as { roomId?: unknown }).roomId : input;
  if (typeof key !== 'string' || key === '' || key.length > 100) {
    throw new AppError('invalid', 'invalid_input', 'roomId: give the id or slug of a room', {
      errors: [{ path: 'roomId', message: 'is missing' }],
    });
  }
  return key;
}

/** What we touch of engine.io's socket. */
interface EngineSocket {
  readyState: string;
  upgrading: boolean;
  writeBuffer: { data?: { length: number } }[];
  transport: { name: string; writable: boolean; socket?: WebSocket };
  write(text: string): void;
  close(): void;
}

// One chat client over either official library, which writes down all it hears and resumes by itself after a break.
// Must never hide, sort or repair what arrived: the record is the evidence.
import { type Channel, Socket as PhoenixSocket } from 'phoenix';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';

export type Protocol = 'socketio' | 'phoenix';

/** One thing heard on a room, in the order of arrival. */
export interface Heard {
  type: string;
  /** Undefined for signals. */
  seq: number | undefined;
  payload: Record<string, unknown>;
  /** performance.now() when it came. */
  at: number;
  /** `reply`: brought by the answer to a join. */
  via: 'live' | 'reply';
}

export interface JoinAnswer {
  room: { id: string; lastSeq: number };
  events: { seq: number; type: string; payload: Record<string, unknown> }[];
  lastSeq: number;
  hasMore: boolean;
  resync: boolean;
}

export interface Sent {
  id: string;
  body: string;
  threadId?: string;
}

export interface ChatClient {
  protocol: Protocol;
  userId: string;
  heard: Heard[];
  joins: JoinAnswer[];
  /** Why connections ended: close codes of Phoenix, reasons of Socket.IO. */
  closes: (number | string)[];
  isJoined(): boolean;
  /** @throws Error with the server's `reason`, or `timeout` */
  send(message: Sent, timeoutMs?: number): Promise<Record<string, unknown>>;
  /** Breaks the connection off without a word, so that it is made anew: for a server that does not answer. */
  reconnect(): void;
  close(): void;
}

export interface ChatClientOptions {
  url: string;
  protocol: Protocol;
  token: string;
  userId: string;
  roomId: string;
  /** Where to connect to, asked before each attempt; `url` unless given. */
  nextUrl?: () => string;
  /** Called for everything heard; replaces keeping it in `heard`. */
  onHeard?: (heard: Heard) => void;
}

export class SendError extends Error {
  override readonly name = 'SendError';
}

/** Signs in by name over REST. */
export async function signIn(url: string, name: string): Promise<{ token: string; userId: string }> {
  const { token, user } = await rest<{ token: string; user: { id: string } }>(
    url,
    '',
    'POST',
    '/api/session',
    {
      name,
    },
  );
  return { token, userId: user.id };
}

/** @throws Error with method, path, status and reason */
export async function rest<T>(
  url: string,
  token: string,
  method: string,
  path: string,
  body?: object,
): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as T & { reason?: string };
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer.reason ?? ''}`);
  return answer;
}

/** Connects and joins; resolves after the first join. */
export async function connectChat(options: ChatClientOptions): Promise<ChatClient> {
  const heard: Heard[] = [];
  const joins: JoinAnswer[] = [];
  const closes: (number | string)[] = [];
  let newest: number | undefined;
  /** Live entries that came before the pages a join left out; undefined when there are none to fetch. */
  let held: [string, Record<string, unknown>][] | undefined;
  let life = 0;
  const hear = (type: string, payload: Record<string, unknown>, via: Heard['via']) => {
    const seq =
      typeof payload.seq === 'number' && payload.roomId === options.roomId ? payload.seq : undefined;
    if (held !== undefined && via === 'live' && seq !== undefined) return void held.push([type, payload]);
    const one: Heard = { type, seq, payload, at: performance.now(), via };
    if (seq !== undefined) newest = Math.max(newest ?? 0, seq);
    if (options.onHeard === undefined) heard.push(one);
    else options.onHeard(one);
  };
  const onJoin = (answer: JoinAnswer) => {
    life++;
    held = undefined;
    joins.push(answer);
    for (const event of answer.events) hear(event.type, event.payload, 'reply');
    if (answer.hasMore && newest !== undefined) return void fetchRest(answer.lastSeq, life);
    newest = Math.max(newest ?? 0, answer.lastSeq);
  };
  /** As the protocol asks when `hasMore`: pages up to the join's `lastSeq`, live entries held meanwhile. */
  const fetchRest = async (upTo: number, of: number) => {
    held = [];
    while (life === of && (newest ?? 0) < upTo) {
      const url = options.nextUrl?.() ?? options.url;
      const path = `/api/rooms/${options.roomId}/events?afterSeq=${newest ?? 0}`;
      const page = await rest<Pick<JoinAnswer, 'events'>>(url, options.token, 'GET', path).catch(
        () => undefined,
      );
      if (page === undefined) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      if (life !== of) return;
      for (const { seq, type, payload } of page?.events ?? []) if (seq <= upTo) hear(type, payload, 'reply');
    }
    if (life !== of) return;
    const late = held;
    held = undefined;
    for (const [type, payload] of late) hear(type, payload, 'live');
  };
  const connect = options.protocol === 'socketio' ? connectSocketIo : connectPhoenix;
  const place = () => {
    // From here on the answer to this join brings what is missing; pages under way would bring it again.
    life++;
    return newest;
  };
  const wire = await connect(options, { hear, onJoin, closes, place });
  return { protocol: options.protocol, userId: options.userId, heard, joins, closes, ...wire };
}

interface Record_ {
  hear(type: string, payload: Record<string, unknown>, via: Heard['via']): void;
  onJoin(answer: JoinAnswer): void;
  closes: (number | string)[];
  /** Where to join from. Called for each join, right before it is asked for. */
  place(): number | undefined;
}

const ACK_LIMIT_MS = 10_000;
const JOIN_LIMIT_MS = 30_000;
const CONNECT_LIMIT_MS = 5000;
const RETRY_MS = 200;

type Wire = Pick<ChatClient, 'isJoined' | 'send' | 'reconnect' | 'close'>;

function connectSocketIo(options: ChatClientOptions, record: Record_): Promise<Wire> {
  const socket = io(options.nextUrl?.() ?? options.url, {
    auth: { token: options.token },
    transports: ['websocket'],
    forceNew: true,
    reconnectionDelay: 100,
    reconnectionDelayMax: 1000,
    timeout: CONNECT_LIMIT_MS,
  });
  const turn = () => {
    // The library takes one address; it reads this one at each attempt.
    if (options.nextUrl !== undefined) Object.assign(socket.io, { uri: options.nextUrl() });
  };
  socket.io.on('reconnect_attempt', turn);
  let joined = false;
  let closed = false;
  socket.onAny((type: string, payload: Record<string, unknown>) => record.hear(type, payload, 'live'));
  socket.on('disconnect', (reason) => {
    joined = false;
    record.closes.push(reason);
  });
  const wire: Wire = {
    isJoined: () => joined,
    send: async (message, timeoutMs = ACK_LIMIT_MS) => {
      const answer = (await socket
        .timeout(timeoutMs)
        .emitWithAck('send_message', { roomId: options.roomId, ...message })
        .catch(() => ({ ok: false, error: { reason: 'timeout' } }))) as Answer;
      if (!answer.ok) throw new SendError(answer.error.reason);
      return answer.data;
    },
    reconnect: () => {
      joined = false;
      if (socket.connected) socket.io.engine.close();
    },
    close: () => {
      closed = true;
      socket.disconnect();
    },
  };
  let joinedOnce = false;
  return new Promise((resolve, reject) => {
    const join = () => {
      const afterSeq = record.place();
      socket.emit(
        'join_room',
        { roomId: options.roomId, ...(afterSeq === undefined ? {} : { afterSeq }) },
        (answer: { ok: true; data: JoinAnswer } | { ok: false; error: { reason: string } }) => {
          if (!answer.ok) {
            reject(new Error(`join: ${answer.error.reason}`));
            const { id } = socket;
            if (joinedOnce) setTimeout(() => socket.connected && socket.id === id && join(), RETRY_MS);
            return;
          }
          record.onJoin(answer.data);
          joined = true;
          joinedOnce = true;
          resolve(wire);
        },
      );
    };
    socket.on('connect', join);
    socket.on('connect_error', (error) => {
      if (!joinedOnce) return reject(error);
      // Refused by the server, not by the network: then the library does not try again by itself.
      if (socket.active) return;
      setTimeout(() => {
        if (closed) return;
        turn();
        socket.connect();
      }, RETRY_MS);
    });
  });
}

type Answer = { ok: true; data: Record<string, unknown> } | { ok: false; error: { reason: string } };

function connectPhoenix(options: ChatClientOptions, record: Record_): Promise<Wire> {
  let current: WebSocket | undefined;
  /** Goes where `nextUrl` says, whatever the socket was made with. */
  class Transport extends WebSocket {
    constructor(endpoint: string) {
      const { pathname, search } = new URL(endpoint);
      const url = (options.nextUrl?.() ?? options.url).replace(/^http/, 'ws');
      super(`${url}${pathname}${search}`, { handshakeTimeout: CONNECT_LIMIT_MS });
      current = this;
    }
  }
  const socket = new PhoenixSocket(`${options.url.replace(/^http/, 'ws')}/socket`, {
    transport: Transport as unknown as new (endpoint: string) => object,
    params: { token: options.token },
    timeout: JOIN_LIMIT_MS,
    reconnectAfterMs: () => 100,
    rejoinAfterMs: () => 100,
  });
  let opened = false;
  socket.onOpen(() => {
    opened = true;
  });
  socket.onClose((event) => {
    // The library also calls this for an attempt that found nobody.
    if (opened) record.closes.push(event.code);
    opened = false;
  });
  socket.onError(() => {});
  const channel: Channel = socket.channel(`room:${options.roomId}`, (() => {
    const afterSeq = record.place();
    return afterSeq === undefined ? {} : { afterSeq };
  }) as unknown as object);
  // No event: what phoenix.js makes of a push that ran out of time after its connection had ended.
  channel.onMessage = (event: string | null, payload: Record<string, unknown>) => {
    if (event !== null && !event.startsWith('phx_') && !event.startsWith('chan_'))
      record.hear(event, payload, 'live');
    return payload;
  };
  const wire: Wire = {
    isJoined: () => channel.state === 'joined' && socket.isConnected(),
    send: (message, timeoutMs = ACK_LIMIT_MS) =>
      new Promise((resolve, reject) => {
        // Without a connection the library would keep the push and send it later by itself.
        if (!wire.isJoined()) return reject(new SendError('timeout'));
        channel
          .push('send_message', message, timeoutMs)
          .receive('ok', (answer) => resolve(answer))
          .receive('error', (problem: { reason: string }) => reject(new SendError(problem.reason)))
          .receive('timeout', () => reject(new SendError('timeout')));
      }),
    reconnect: () => current?.terminate(),
    close: () => {
      socket.disconnect();
    },
  };
  return new Promise((resolve, reject) => {
    socket.connect();
    channel
      .join()
      .receive('ok', (answer: JoinAnswer) => {
        record.onJoin(answer);
        resolve(wire);
      })
      .receive('error', (problem: { reason: string }) => reject(new Error(`join: ${problem.reason}`)))
      .receive('timeout', () => reject(new Error('join: timeout')));
  });
}

// One small driver over REST, Socket.IO and Phoenix channels, by the official clients, so that a suite is written once.
// Must never repair or reorder what it hears.
import { type Channel, Socket as PhoenixSocket } from 'phoenix';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { OperationDef } from '../../src/core/contract.ts';
import type { Problem } from '../../src/core/errors.ts';
import type { JoinReply } from '../../src/server/messages/contract.ts';
import type { SignedIn, TestApp } from './app.ts';
import {
  type Answer,
  type Caller,
  createWatch,
  type Heard,
  type Listener,
  Refusal,
  type SocketSurface,
  type Surface,
} from './surfaces.ts';

export * from './surfaces.ts';

export const connect = (surface: Surface, app: TestApp, who: SignedIn): Promise<Caller> =>
  surface === 'rest' ? Promise.resolve(restCaller(app, who)) : listen(surface, app, who);

export const listen = (surface: SocketSurface, app: TestApp, who: SignedIn): Promise<Listener> =>
  surface.startsWith('socketio') ? listenSocketIo(surface, app, who) : listenPhoenix(surface, app, who);

// ——— REST ———

/** One request to the API. Never throws for a refusal. */
export async function request(
  url: string,
  method: string,
  path: string,
  options: { token?: string | undefined; body?: unknown; headers?: Record<string, string> } = {},
): Promise<{ status: number; headers: Headers; body: Answer }> {
  const text = typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      connection: 'close',
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(text === undefined ? {} : { body: text }),
  });
  const type = response.headers.get('content-type') ?? '';
  const body = type.includes('json') ? await response.json() : await response.text();
  return { status: response.status, headers: response.headers, body };
}

function restCaller(app: TestApp, who: SignedIn): Caller {
  return {
    surface: 'rest',
    async call(name, input = {}) {
      const def = app.app.parts.operations.bySocket(name)?.def;
      if (def?.rest === undefined) throw new Error(`${name} is not an operation of REST`);
      const { method, path, body } = restRequest(def.rest, input);
      const answer = await request(app.url, method, path, { token: who.token, body });
      if (answer.status >= 400) throw new Refusal(answer.body as Problem);
      return answer.body;
    },
    close: async () => {},
  };
}

/** Where each field of an input goes: into the path, the query or the body. */
export function restRequest(rest: NonNullable<OperationDef['rest']>, input: object) {
  const left = new Map<string, unknown>(Object.entries(input));
  const bare = rest.path.replace(/:(\w+)/g, (_, name: string) => {
    const value = encodeURIComponent(String(left.get(name)));
    left.delete(name);
    return value;
  });
  const fields = Object.fromEntries([...left].filter(([, value]) => value !== undefined));
  if (rest.method !== 'get') return { method: rest.method.toUpperCase(), path: bare, body: fields };
  const query = new URLSearchParams(
    Object.entries(fields).map(([key, value]): [string, string] => [key, String(value)]),
  );
  return { method: 'GET', path: query.size === 0 ? bare : `${bare}?${query}`, body: undefined };
}

// ——— Socket.IO ———

async function listenSocketIo(surface: SocketSurface, app: TestApp, who: SignedIn): Promise<Listener> {
  const watch = createWatch();
  const heard: Heard[] = [];
  let closed: string | undefined;
  const socket = io(app.url, {
    auth: { token: who.token },
    transports: [surface.endsWith('polling') ? 'polling' : 'websocket'],
    forceNew: true,
    reconnection: false,
  });
  socket.onAny((type: string, payload: Record<string, unknown>) => {
    heard.push({ type, payload, room: String(payload?.roomId) });
    watch.look();
  });
  socket.on('disconnect', (reason) => {
    closed = reason;
    watch.look();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', (error: Error & { data?: Problem }) =>
      reject(error.data === undefined ? error : new Refusal(error.data)),
    );
  }).catch((error: unknown) => {
    socket.disconnect();
    throw error;
  });
  const call = async (name: string, input: object = {}): Promise<Answer> => {
    const answer = (await socket.timeout(15_000).emitWithAck(name, input)) as
      | { ok: true; data: Answer }
      | { ok: false; error: Problem };
    if (!answer.ok) throw new Refusal(answer.error);
    return answer.data;
  };
  return {
    surface,
    heard,
    closed: () => closed,
    call,
    join: (room, input = {}) => call('join_room', { roomId: room, ...input }) as Promise<JoinReply>,
    leave: async (room) => void (await call('leave_room', { roomId: room })),
    until: watch.until,
    close: async () => {
      socket.disconnect();
      await watch.until('the connection is closed', () => !socket.connected);
    },
  };
}

// ——— Phoenix channels ———

/** The frames of serializer 1.0.0, which phoenix.js itself no longer writes. */
const V1 = {
  vsn: '1.0.0',
  encode: (
    message: { topic: string; event: string; payload: object; ref: string },
    done: (text: string) => void,
  ) =>
    done(
      JSON.stringify({
        topic: message.topic,
        event: message.event,
        payload: message.payload,
        ref: message.ref,
      }),
    ),
  decode: (text: string, done: (message: object) => void) => done(JSON.parse(text)),
};

/** The official Socket over `ws`, not connected yet; it never comes back by itself. */
export function phoenixSocket(
  url: string,
  options: { params?: object; authToken?: string; version?: 1 | 2 } = {},
): PhoenixSocket {
  const { version = 2, ...given } = options;
  return new PhoenixSocket(`${url.replace('http', 'ws')}/socket`, {
    transport: WebSocket,
    ...given,
    ...(version === 1 ? V1 : {}),
    reconnectAfterMs: () => 2 ** 30,
  } as unknown as ConstructorParameters<typeof PhoenixSocket>[1]);
}

async function listenPhoenix(surface: SocketSurface, app: TestApp, who: SignedIn): Promise<Listener> {
  const watch = createWatch();
  const heard: Heard[] = [];
  const channels = new Map<string, Channel>();
  let closed: string | undefined;
  const socket = phoenixSocket(app.url, {
    params: { token: who.token },
    version: surface.endsWith('1.0.0') ? 1 : 2,
  });
  socket.onClose((event: { code?: number } | undefined) => {
    closed ??= `closed with ${event?.code}`;
    watch.look();
  });
  socket.connect();
  const joinTopic = async (topic: string, input: object): Promise<Answer> => {
    const channel = socket.channel(topic, input);
    channel.onMessage = (event, payload) => {
      if (!event.startsWith('phx_') && !event.startsWith('chan_reply_')) {
        heard.push({ type: event, payload, room: topic.slice(topic.indexOf(':') + 1) });
        watch.look();
      }
      return payload;
    };
    channels.set(topic, channel);
    try {
      return await answered(channel.join());
    } catch (error) {
      // Otherwise phoenix.js tries again for ever.
      channel.leave();
      channels.delete(topic);
      throw error;
    }
  };
  // Personal signals, and the channel for calls that need no room.
  await joinTopic(`user:${who.user.id}`, {});
  return {
    surface,
    heard,
    closed: () => closed,
    call: (name, input = {}) => answered((channels.get(`user:${who.user.id}`) as Channel).push(name, input)),
    join: (room, input = {}) => joinTopic(`room:${room}`, input) as Promise<JoinReply>,
    async leave(room) {
      const channel = channels.get(`room:${room}`);
      channels.delete(`room:${room}`);
      if (channel === undefined) return;
      await answered(channel.leave());
      // Version 1 cannot tell whose phx_close it is: it must have come before the topic is joined again.
      await answered((channels.get(`user:${who.user.id}`) as Channel).push('get_me', {}));
    },
    until: watch.until,
    async close() {
      await disconnect(socket);
      // Ends the timers of joins that were not answered; nothing is sent any more.
      for (const channel of channels.values()) channel.leave();
    },
  };
}

export const disconnect = (socket: PhoenixSocket): Promise<void> =>
  new Promise((resolve) => socket.disconnect(() => resolve()));

/** What the server replied to a push, a join or a leave. @throws Refusal */
export const answered = (push: ReturnType<Channel['push']>): Promise<Answer> =>
  new Promise((resolve, reject) => {
    push
      .receive('ok', resolve)
      .receive('error', (problem: Problem) => reject(new Refusal(problem)))
      .receive('timeout', () => reject(new Error('no reply within 10 s')));
  });

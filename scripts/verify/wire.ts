// One connection over either official library: calls, and all that comes. Connects anew by itself.
// Must never hide, hold or repair what arrived, nor repeat a call.
import { Socket as PhoenixSocket } from 'phoenix';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { Payload, Protocol } from './records.ts';

export class CallError extends Error {
  override readonly name = 'CallError';
  readonly status: number | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number;
  constructor(problem: { status?: number; reason?: string; retryable?: boolean; retryAfterMs?: number }) {
    super(problem.reason ?? 'no answer');
    this.status = problem.status;
    this.retryable = problem.retryable ?? problem.status === undefined;
    this.retryAfterMs = problem.retryAfterMs ?? 0;
  }
}

export interface WireOptions {
  url: string;
  /** The name that the deployment is asked under; the connection itself goes to a proxy. */
  host: string;
  protocol: Protocol;
  token: string;
  roomId: string;
  joinInput(): Payload;
  onJoin(answer: Payload): void;
  onEvent(type: string, payload: Payload): void;
  onBreak(): void;
  onRefused(why: string): void;
}

export interface Wire {
  call(name: string, input: Payload, timeoutMs: number): Promise<Payload>;
  close(): void;
}

const ENDED = { reason: 'connection lost' };
const REJOIN_MS = 200;

export const connectWire = (options: WireOptions): Wire =>
  options.protocol === 'socketio' ? connectSocketIo(options) : connectPhoenix(options);

type Answer = { ok: true; data: Payload } | { ok: false; error: Payload };

function connectSocketIo(options: WireOptions): Wire {
  const socket = io(options.url, {
    auth: { token: options.token },
    transports: ['websocket'],
    forceNew: true,
    extraHeaders: { host: options.host },
    reconnectionDelay: 100,
    reconnectionDelayMax: 1000,
    timeout: 5000,
  });
  const join = () => {
    const { id } = socket;
    const input = options.joinInput();
    socket.emit('join_room', { roomId: options.roomId, ...input }, (answer: Answer) => {
      if (socket.id !== id) return;
      if (answer.ok) return options.onJoin(answer.data);
      options.onRefused(`join: ${answer.error.reason}`);
      setTimeout(() => socket.id === id && socket.connected && join(), REJOIN_MS);
    });
  };
  socket.on('connect', join);
  socket.on('connect_error', (error) => {
    options.onRefused(`connect: ${error.message}`);
    if (!socket.active) setTimeout(() => socket.connect(), REJOIN_MS);
  });
  socket.on('disconnect', (reason) => {
    options.onBreak();
    if (reason === 'io server disconnect') setTimeout(() => socket.connect(), REJOIN_MS);
  });
  socket.onAny((type: string, payload: Payload) => options.onEvent(type, payload));
  return {
    async call(name, input, timeoutMs) {
      if (!socket.connected) throw new CallError(ENDED);
      const answer = (await socket
        .timeout(timeoutMs)
        .emitWithAck(name, { roomId: options.roomId, ...input })
        .catch(() => ({ ok: false, error: ENDED }))) as Answer;
      if (!answer.ok) throw new CallError(answer.error);
      return answer.data;
    },
    close: () => void socket.disconnect(),
  };
}

function connectPhoenix(options: WireOptions): Wire {
  class Transport extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols, { headers: { host: options.host } });
      // phoenix.js sets onerror only after this; a connection cut before that must not end the process.
      this.on('error', () => undefined);
    }
  }
  const socket = new PhoenixSocket(`${options.url.replace(/^http/, 'ws')}/socket`, {
    transport: Transport as never,
    params: { token: options.token },
    reconnectAfterMs: () => 200,
    rejoinAfterMs: () => REJOIN_MS,
  });
  const channel = socket.channel(`room:${options.roomId}`, () => options.joinInput());
  const broken = new Set<() => void>();
  socket.onClose(() => {
    options.onBreak();
    for (const end of broken) end();
    broken.clear();
  });
  const hear = channel.onMessage.bind(channel);
  channel.onMessage = (event, payload, ref) => {
    if (!event.startsWith('phx_') && !event.startsWith('chan_reply')) options.onEvent(event, payload);
    return hear(event, payload, ref);
  };
  socket.connect();
  channel
    .join()
    .receive('ok', (answer: Payload) => options.onJoin(answer))
    .receive('error', (problem: Payload) => options.onRefused(`join: ${problem.reason}`));
  return {
    call: (name, input, timeoutMs) =>
      new Promise<Payload>((resolve, reject) => {
        const end = () => reject(new CallError(ENDED));
        if (!socket.isConnected() || channel.state !== 'joined') return end();
        broken.add(end);
        const done = () => broken.delete(end);
        channel
          .push(name, input, timeoutMs)
          .receive('ok', (answer: Payload) => {
            done();
            resolve(answer);
          })
          .receive('error', (problem: Payload) => {
            done();
            reject(new CallError(problem));
          })
          .receive('timeout', () => {
            done();
            end();
          });
      }),
    close: () => {
      channel.leave();
      socket.disconnect();
    },
  };
}

// What the SDK needs from its surroundings, as interfaces: time, timers, storage, page events, the socket.
// Must never hold code.
import type { ManagerOptions, SocketOptions } from 'socket.io-client';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

export interface Timers {
  /** Runs once after `ms`; the returned function cancels. */
  after(ms: number, run: () => void): () => void;
}

/** The part of `localStorage` that is used. Keys are `parley:…`. May throw (quota); then nothing is kept. */
export interface StorageLike {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface Environment {
  /** Calls `wake` when the network or the page comes back; returns its off. */
  onWake(wake: () => void): () => void;
}

/** What a transport tells the client. */
export interface TransportHandlers {
  connected(): void;
  /** A try failed. `code` and `reason` are there when the server refused (`unauthorized`). */
  refused(error: { message: string; code?: string; reason?: string; retryAfterMs?: number }): void;
  disconnected(reason: string): void;
  event(name: string, payload: unknown): void;
}

/** One socket to the server. It never reconnects by itself: the client's state machine says when. */
export interface Transport {
  /** Starts one try under this token; answered by `connected` or `refused`. */
  connect(token: string): void;
  /** Ends the connection or the try; nothing is heard after it. */
  disconnect(): void;
  /** `ack` gets `{ok, data | error}`, or is never called when the answer is lost. */
  emit(name: string, input: unknown, ack: (reply: unknown) => void): void;
}

export type TransportFactory = (
  options: { url: string; socketOptions: Partial<ManagerOptions & SocketOptions> },
  handlers: TransportHandlers,
) => Transport;

// Every public type of the SDK. All data here is plain and immutable; every listener returns its own off.
// Must never hold code.
import type { ManagerOptions, SocketOptions } from 'socket.io-client';
import type { Inbox, Saved, Scheduled } from './api-personal.ts';
import type { RoomHandle } from './api-room.ts';
import type { Uploads } from './api-uploads.ts';
import type { ParleyError } from './error.ts';
import type { Clock, Environment, StorageLike, Timers, TransportFactory } from './ports.ts';
import type {
  EventName,
  Events,
  InputOf,
  Me,
  Message,
  OperationName,
  ReplyOf,
  RestInputOf,
  RestName,
  RestReplyOf,
  RoomInfo,
  RoomListItem,
} from './wire.ts';

/** RFC 9457 problem details, as every refused call carries them. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code:
    | 'unauthorized'
    | 'forbidden'
    | 'not_found'
    | 'conflict'
    | 'too_large'
    | 'bad_request'
    | 'invalid'
    | 'rate_limited'
    | 'unavailable'
    | 'internal';
  reason: string;
  detail: string;
  retryable: boolean;
  retryAfterMs?: number;
  /** When what refuses it ends, as of a mute. */
  until?: string;
  errors?: { path: string; message: string }[];
  traceId: string;
}

/** Undoes one `subscribe`, `on` or `join`. Calling it again does nothing. */
export type Off = () => void;

/**
 * Something to look at and be told about; fits React's `useSyncExternalStore` as it is
 * (`subscribe` and `getSnapshot` may be passed unbound). Same snapshot object until something changed.
 */
export interface Store<T> {
  readonly subscribe: (listener: () => void) => Off;
  readonly getSnapshot: () => T;
}

export interface TokenRequest {
  /** `connect`: none yet. `expired`: the last one is, or soon will be, too old. `unauthorized`: the server refused it. */
  reason: 'connect' | 'expired' | 'unauthorized';
}

export interface ClientOptions {
  /** Origin of the server, e.g. `https://chat.example.org`; `''` or `/` means the page's own origin. */
  url: string;
  /** Answers a token; never called twice at once. Throw a ParleyError `unauthorized` when there is nobody signed in. */
  getToken: (request: TokenRequest) => string | Promise<string>;
  /** Keeps unsent messages, drafts and the places of broken uploads over a reload. Default: `localStorage` where there is one; `null` for none. */
  storage?: StorageLike | null;
  /** Passed to socket.io-client. Reconnection belongs to this SDK and cannot be set here. */
  socketOptions?: Partial<ManagerOptions & SocketOptions>;
  /** Milliseconds to wait for an answer, 10 000 unless told. */
  timeoutMs?: number;
  /** For `request`. Default: the global fetch. */
  fetch?: typeof globalThis.fetch;
  /** For tests; each has a real default. */
  clock?: Clock;
  timers?: Timers;
  /** In [0, 1); for back-off jitter. */
  random?: () => number;
  /** Tells when the network or the page comes back. */
  environment?: Environment;
  transport?: TransportFactory;
}

export type ConnectionStatus =
  /** `connect()` was not called yet. */
  | 'idle'
  | 'connecting'
  /** Connected; joined rooms are being brought up to date. */
  | 'catching-up'
  | 'online'
  /** Lost; tries again by itself. */
  | 'offline'
  /** The token was refused twice, or there is none. `connect()` tries again. */
  | 'unauthorized'
  | 'closed';

export interface ConnectionSnapshot {
  readonly status: ConnectionStatus;
  /** Failed tries in a row; 0 while online. */
  readonly attempt: number;
  /** Why it is offline or unauthorized. */
  readonly error?: ParleyError;
  /** Who I am, from the first successful connection on. */
  readonly me?: Me;
}

export interface CallOptions {
  signal?: AbortSignal;
  /** Milliseconds, counted from the call (waiting for a connection included). */
  timeoutMs?: number;
}

export interface Client {
  readonly state: Store<ConnectionSnapshot>;
  readonly rooms: Rooms;
  /** What is for me: mentions, replies, approvals. Fetched and live while it is followed. */
  readonly inbox: Inbox;
  /** Messages I saved. Fetched and live while it is followed. */
  readonly saved: Saved;
  /** What I left for later and still waits. Fetched and live while it is followed. */
  readonly scheduled: Scheduled;
  readonly uploads: Uploads;
  /** Starts, or after `unauthorized` starts again. Harmless when connected; throws ParleyError `closed` after `close()`. */
  connect(): void;
  /** Ends for good: every waiting call fails with `closed`, unsent messages stay in storage. */
  close(): void;
  /**
   * Calls any operation by its socket name. Waits for a connection if there is none.
   * Rejects with ParleyError: the server's refusal, or `timeout`, `disconnected`, `aborted`, `closed`.
   */
  call<N extends OperationName>(name: N, input: InputOf<N>, options?: CallOptions): Promise<ReplyOf<N>>;
  /**
   * Calls an operation that only REST has, by method and path. Needs no connection. Rejects as `call` does, or with
   * `unavailable` when the server cannot be reached.
   */
  request<N extends RestName>(name: N, input: RestInputOf<N>, options?: CallOptions): Promise<RestReplyOf<N>>;
  /** A handle on a room, by id or slug. Cheap, legal before connecting; the same key gives the same object. */
  room(idOrSlug: string): RoomHandle;
  /** Events exactly as they come in: maybe twice, maybe out of order. For what is true, read the stores. */
  on<E extends EventName>(event: E, listener: (payload: Events[E]) => void): Off;
}

// ---- my rooms ----

export interface RoomSummary extends RoomListItem {
  /** Messages by others that I have not read. */
  readonly unread: number;
  /** Of these, messages that mention me. */
  readonly mentions: number;
  /** Newest message known here; only for rooms that are joined. */
  readonly lastMessage?: Message;
}

export interface RoomsSnapshot {
  /** `error` keeps the last known list. */
  readonly status: 'idle' | 'loading' | 'ready' | 'error';
  /** Rooms that I am a member of, as the server orders them. */
  readonly list: readonly RoomSummary[];
  /** Sums over the list. */
  readonly unread: number;
  readonly mentions: number;
  readonly error?: ParleyError;
}

/** My rooms. Counts of joined rooms move live; the others move with `refresh()`, which every reconnect does too. */
export interface Rooms extends Store<RoomsSnapshot> {
  /** Fetches the list anew. Concurrent calls share one. */
  refresh(options?: CallOptions): Promise<readonly RoomSummary[]>;
  /** Joins the rooms of the list, at most 80, now and as it changes, so that their counts are live; until the off is called. */
  follow(): Off;
  create(input: InputOf<'create_room'>, options?: CallOptions): Promise<RoomInfo>;
  /** The direct room of exactly these users and me; created if new. */
  openDirect(userIds: string[], options?: CallOptions): Promise<RoomInfo>;
  /** Mine and those that I may join, all pages. `me` is absent where I am not a member. */
  listPublic(options?: CallOptions): Promise<RoomListItem[]>;
  /** Stops being a member, for good (unlike `room.leave()`, which only stops listening). */
  quit(idOrSlug: string, options?: CallOptions): Promise<void>;
}

export type * from './api-commands.ts';
export type * from './api-history.ts';
export type * from './api-personal.ts';
export type * from './api-room.ts';
export type * from './api-thread.ts';
export type * from './api-uploads.ts';
export type * from './ports.ts';
export type * from './wire.ts';

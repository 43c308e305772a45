// Every public type of the SDK. All data here is plain and immutable; every listener returns its own off.
// Must never hold code.
import type { ManagerOptions, SocketOptions } from 'socket.io-client';
import type { ParleyError } from './error.ts';
import type { Clock, Environment, StorageLike, Timers, TransportFactory } from './ports.ts';
import type {
  AgentStatus,
  EventName,
  Events,
  InputOf,
  Me,
  Member,
  Message,
  MyMembership,
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
  /** Keeps unsent messages over a reload. Default: `localStorage` where there is one; `null` for none. */
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

// ---- one room ----

/** A message as the list shows it. */
export interface ChatMessage extends Message {
  /**
   * Present on my messages that the server has not confirmed; such a message has `seq` 0 and stands at the end.
   * `failed` stays until `retry` or `discard`.
   */
  readonly delivery?: { readonly status: 'pending' | 'failed'; readonly error?: ParleyError };
}

export interface PresenceEntry {
  readonly role: 'human' | 'agent';
  /** ISO time of the oldest connection. */
  readonly onlineAt: string;
  readonly aiStatus?: 'thinking' | 'editing' | 'idle' | 'error';
  readonly connections: number;
}

export interface ToolActivity {
  readonly executionId: string;
  readonly tool: string;
  readonly status: 'running' | 'success' | 'error';
  /** Redacted arguments. */
  readonly input?: unknown;
  /** A short preview. */
  readonly output?: string;
  readonly error?: string;
  readonly durationMs?: number;
}

export interface AgentActivity {
  readonly status: AgentStatus;
  readonly runId: string;
  /** ISO time at which this run was first heard of. */
  readonly since: string;
  /** The message it answers, when known. */
  readonly triggerMessageId?: string;
  /** Tool calls of this run, oldest first, at most 50. */
  readonly tools: readonly ToolActivity[];
}

/** A message that an agent is writing right now. Gone once the message itself is in the list. */
export interface Stream {
  readonly messageId: string;
  readonly agentId: string;
  readonly runId: string;
  /** Text without holes from its beginning; empty while the beginning is missing (joined half-way). */
  readonly text: string;
  /** ISO time of the first delta seen here. */
  readonly startedAt: string;
  /** The run ended and its message has not come; the stream goes away shortly. */
  readonly ended?: 'idle' | 'error';
}

export interface RoomSnapshot {
  readonly status: /** Nobody joined it here. */
    | 'idle'
    /** Waiting for the connection or the server's answer; what was known is still shown. */
    | 'joining'
    /** Missed entries are being fetched. */
    | 'catching-up'
    | 'live'
    /** The server refused the join; see `error`. */
    | 'error';
  readonly room?: RoomInfo;
  readonly me?: MyMembership;
  /** At most the first 200; page the rest with `call('list_members')`. */
  readonly members: readonly Member[];
  /** By seq, without holes; then my unconfirmed ones in the order of sending. */
  readonly messages: readonly ChatMessage[];
  /** By user id. */
  readonly presence: Readonly<Record<string, PresenceEntry>>;
  /** Ids of others who type now, in the order they began. */
  readonly typing: readonly string[];
  /** By agent id. */
  readonly agents: Readonly<Record<string, AgentActivity>>;
  /** By message id. */
  readonly streams: Readonly<Record<string, Stream>>;
  /** Highest seq each user is known to have read, by user id; only what was heard here. */
  readonly reads: Readonly<Record<string, number>>;
  /** Older messages exist on the server. */
  readonly hasMoreBefore: boolean;
  readonly loadingBefore: boolean;
  /** Highest seq of the log applied here. */
  readonly lastSeq: number;
  /** The room was deleted for everyone. */
  readonly deleted: boolean;
  readonly error?: ParleyError;
}

export interface SendOptions {
  threadId?: string;
  metadata?: Record<string, unknown>;
  /** A UUID; made here unless given. Sending one id twice gives the same handle. */
  id?: string;
}

/** Live view on one of my messages from the moment of sending. */
export interface SendHandle {
  readonly id: string;
  readonly status: 'pending' | 'sent' | 'failed';
  readonly error: ParleyError | undefined;
  /** Settles with this try: the Message as committed, or the ParleyError. Never an unhandled rejection. */
  readonly confirmed: Promise<Message>;
  /** After `failed`: tries again under the same id, at the end of the queue; `confirmed` is a new promise. */
  retry(): void;
  /** Takes the message back if it is not confirmed; what the server already has stays there. */
  discard(): void;
}

export interface HistoryPage {
  readonly messages: readonly Message[];
  readonly hasMoreBefore: boolean;
  readonly hasMoreAfter: boolean;
}

export interface Messages {
  /**
   * Shows the message at once and sends it when it can: in order per room, repeated under the same id until the
   * server answers, over disconnects and reloads. Returns at once, never throws for the network's sake.
   */
  send(body: string, options?: SendOptions): SendHandle;
  /** Handle of an unconfirmed message, also of one restored after a reload. */
  handle(id: string): SendHandle | undefined;
  /** Rejects `conflict` when `version` is given and no longer the newest. */
  edit(id: string, body: string, options?: CallOptions & { version?: number }): Promise<Message>;
  /** Adds an emoji of mine; doing it again changes nothing. The list shows it when its entry comes. */
  react(id: string, emoji: string, options?: CallOptions): Promise<void>;
  /** Takes my emoji back. */
  unreact(id: string, emoji: string, options?: CallOptions): Promise<void>;
  /** Pins a message to the room, where my role allows it. */
  pin(id: string, options?: CallOptions): Promise<void>;
  unpin(id: string, options?: CallOptions): Promise<void>;
  /** Leaves a tombstone with its seq. */
  delete(id: string, options?: CallOptions): Promise<Message>;
  /** Adds up to `limit` (50) older messages at the front of the snapshot. Concurrent calls share one. */
  loadBefore(limit?: number, options?: CallOptions): Promise<void>;
  /**
   * Messages around a seq, as a page of its own: never spliced into `messages`, where it could hide a hole.
   * `limit` 50 in all.
   */
  loadAround(seq: number, limit?: number, options?: CallOptions): Promise<HistoryPage>;
}

export interface RoomHandle extends Store<RoomSnapshot> {
  /** As given to `client.room`. */
  readonly key: string;
  readonly messages: Messages;
  /**
   * Starts listening; counted. The returned off takes this one reference back.
   * Listening to a public room makes me a member of it.
   */
  join(): Off;
  /** Takes one reference back; the last one stops listening shortly after. The snapshot stays. */
  leave(): void;
  /** Resolves at the next moment the room is `live`; rejects if the join is refused, or on abort. */
  whenLive(options?: { signal?: AbortSignal }): Promise<void>;
  /** One message, so that a change re-renders one row. */
  message(id: string): Store<ChatMessage | undefined>;
  /** One stream, so that a delta re-renders one row. */
  stream(messageId: string): Store<Stream | undefined>;
  /** Marks read up to `seq` (the newest entry unless given); never moves back. Shown at once. */
  markRead(seq?: number, options?: CallOptions): Promise<void>;
  /** Counts as unread from this message on, until `markRead`; the read mark itself stays. */
  markUnread(messageId: string, options?: CallOptions): Promise<void>;
  /**
   * Call with true on every keystroke; sent at once and then every 3 s while on. Ends with false, with sending,
   * and by itself about 9 s after the last call.
   */
  setTyping(on: boolean): void;
  /** Asks an agent to act. With a prompt, the prompt becomes my message that mentions it. */
  invokeAgent(agentId: string, prompt?: string, options?: CallOptions): Promise<ReplyOf<'invoke_agent'>>;
  /** Stops what the agent does in this room; what it had said stays. */
  stopAgent(agentId: string, options?: CallOptions): Promise<ReplyOf<'agent_command'>>;
  /** Lets it rest until it is resumed. */
  pauseAgent(agentId: string, options?: CallOptions): Promise<ReplyOf<'agent_command'>>;
  resumeAgent(agentId: string, options?: CallOptions): Promise<ReplyOf<'agent_command'>>;
  /** Adds words to what the agent is working on; it takes them up before it goes on. */
  steerAgent(agentId: string, text: string, options?: CallOptions): Promise<ReplyOf<'agent_command'>>;
}

export type * from './ports.ts';
export type * from './wire.ts';

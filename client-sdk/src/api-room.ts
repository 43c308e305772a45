// One room as the public types: what it shows, its messages, sending. Must never hold code.
import type { CallOptions, Off, Store } from './api.ts';
import type { Commands, PrivateReply } from './api-commands.ts';
import type { History } from './api-history.ts';
import type { Draft } from './api-personal.ts';
import type { Pins, ThreadHandle } from './api-thread.ts';
import type { ParleyError } from './error.ts';
import type {
  AgentStatus,
  InputOf,
  Member,
  Message,
  MyMembership,
  ReplyOf,
  RoomInfo,
  Upload,
} from './wire.ts';

/** A message as the list shows it. */
export interface ChatMessage extends Message {
  /**
   * Present on my messages that the server has not confirmed; such a message has `seq` 0 and stands at the end.
   * `failed` stays until `retry` or `discard`.
   */
  readonly delivery?: Delivery;
}

export interface Delivery {
  /** `needs_confirmation`: the server asks whether so many people are meant; see `SendHandle.confirm`. */
  readonly status: 'pending' | 'failed' | 'needs_confirmation';
  /** Why it failed, what is asked, or, while pending, why the last try was put off. */
  readonly error?: ParleyError;
  /** ISO time of the next try, where the server said when: slow mode, for one. */
  readonly nextTryAt?: string;
  /** How many people it would reach; with `needs_confirmation`. */
  readonly people?: number;
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
  /**
   * By seq, without holes; then my unconfirmed ones in the order of sending. When more than 1,000 came, the oldest are let go of, down to 500:
   * `loadBefore` has them again.
   */
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
  /** Private replies to commands of mine; see `room.commands`. */
  readonly replies: readonly PrivateReply[];
  /** Older messages exist on the server. */
  readonly hasMoreBefore: boolean;
  readonly loadingBefore: boolean;
  /** Highest seq of the log applied here. */
  readonly lastSeq: number;
  /** The room was deleted for everyone. */
  readonly deleted: boolean;
  readonly error?: ParleyError;
}

/** A card as it is written: what is left out is as usual. */
export type CardDraft = NonNullable<InputOf<'send_message'>['cards']>[number];

export interface SendOptions {
  threadId?: string;
  /** Uploads that are done, or their ids; at most 10. The body may then be empty. */
  attachments?: readonly (string | Upload)[];
  /** At most 3. The body may then be empty: a card's `fallback` says the same in words. */
  cards?: readonly CardDraft[];
  /** Meant for however many people it mentions; without, the server may ask (`needs_confirmation`). */
  confirm?: boolean;
  metadata?: Record<string, unknown>;
  /** A UUID; made here unless given. Sending one id twice gives the same handle. */
  id?: string;
}

/** Live view on one of my messages from the moment of sending. */
export interface SendHandle {
  readonly id: string;
  readonly status: 'pending' | 'sent' | 'failed' | 'needs_confirmation';
  readonly error: ParleyError | undefined;
  /** Settles with this try: the Message as committed, or the ParleyError. Never an unhandled rejection. */
  readonly confirmed: Promise<Message>;
  /** After `needs_confirmation`: yes, all of them are meant. Goes to the end of the queue; `confirmed` is a new promise. */
  confirm(): void;
  /** After `failed`: tries again under the same id, at the end of the queue; `confirmed` is a new promise. */
  retry(): void;
  /** Takes the message back if it is not confirmed; what the server already has stays there. */
  discard(): void;
}

/** What one gives an action of a card. */
export type CardInput = string | readonly string[] | Readonly<Record<string, string | number | boolean>>;

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
  edit(
    id: string,
    body: string,
    options?: CallOptions & { version?: number; confirm?: boolean },
  ): Promise<Message>;
  /** Adds an emoji of mine; doing it again changes nothing. The list shows it when its entry comes. */
  react(id: string, emoji: string, options?: CallOptions): Promise<void>;
  /** Takes my emoji back. */
  unreact(id: string, emoji: string, options?: CallOptions): Promise<void>;
  /** Pins a message to the room, where my role allows it. */
  pin(id: string, options?: CallOptions): Promise<void>;
  unpin(id: string, options?: CallOptions): Promise<void>;
  /**
   * Presses a button of a message's card (without a value), chooses of a select (one value, or several), or sends a form (values by
   * field). Repeated until there is an answer, and counted once. Rejects `conflict` `already_taken` where somebody was first.
   */
  act(
    messageId: string,
    actionId: string,
    value?: CardInput,
    options?: CallOptions,
  ): Promise<ReplyOf<'card_action'>>;
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

export interface RightsSnapshot {
  readonly status: 'idle' | 'loading' | 'ready' | 'error';
  /** By capability: whether I may, and if not, why and until when. */
  readonly can: ReplyOf<'can'>['can'];
  readonly error?: ParleyError;
}

export interface Rights extends Store<RightsSnapshot> {
  /** Keeps them, and so the room, live; counted. */
  follow(): Off;
}

export interface RoomHandle extends Store<RoomSnapshot> {
  /** As given to `client.room`. */
  readonly key: string;
  readonly messages: Messages;
  /** Pinned messages, the one pinned last first. Fetched and live while it is followed. */
  readonly pins: Pins;
  /** A window on all of its messages, wherever in the past it stands; at the newest unless moved. */
  readonly history: History;
  /** What I may do here, for showing it; asked while followed, and again when a role, a rule or a time changes it. */
  readonly rights: Rights;
  /** Slash commands: which there are, running one, and private replies. */
  readonly commands: Commands;
  /** What stands in my composer here: kept at once, and on all my devices shortly after. */
  readonly draft: Draft;
  /**
   * Starts listening; counted. The returned off takes this one reference back.
   * Listening to a public room makes me a member of it.
   */
  join(): Off;
  /** Takes one reference back; the last one stops listening shortly after. The snapshot stays. */
  leave(): void;
  /** Resolves at the next moment the room is `live`; rejects if the join is refused, or on abort. */
  whenLive(options?: { signal?: AbortSignal }): Promise<void>;
  /** The thread that hangs on a message. The same id gives the same object. */
  thread(rootId: string): ThreadHandle;
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

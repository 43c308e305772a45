// Threads and pins as public types: what hangs on a message, and what a room keeps at hand. Must never hold code.
import type { CallOptions, Off, Store } from './api.ts';
import type { Draft } from './api-personal.ts';
import type { ChatMessage, SendHandle, SendOptions } from './api-room.ts';
import type { ParleyError } from './error.ts';
import type { Message } from './wire.ts';

export interface ThreadSnapshot {
  /** `ready` once the server said how the thread stands for me; what the room has of it is shown before. */
  readonly status: 'idle' | 'loading' | 'ready' | 'error';
  /** The message it hangs on. */
  readonly root?: ChatMessage;
  /** By seq, without holes; then my unconfirmed ones in the order of sending. */
  readonly replies: readonly ChatMessage[];
  /** Replies by others that I have not read. */
  readonly unread: number;
  /** Of these, replies that mention me. */
  readonly mentions: number;
  /** Newest seq I have read in it; apart from what I have read of the room. */
  readonly readSeq: number;
  readonly following: boolean;
  /** Older replies exist on the server. */
  readonly hasMoreBefore: boolean;
  readonly loadingBefore: boolean;
  readonly error?: ParleyError;
}

/** The replies to a message: a filter on the room's own messages, with a read mark of its own. */
export interface ThreadHandle extends Store<ThreadSnapshot> {
  /** As given to `room.thread`. */
  readonly rootId: string;
  /** What stands in my composer of this thread; kept on this device. */
  readonly draft: Draft;
  /** Keeps the thread, and so its room, live; counted. */
  join(): Off;
  /** The first message or a reply, so that a change re-renders one row. */
  message(id: string): Store<ChatMessage | undefined>;
  /** As `room.messages.send`, into this thread. */
  send(body: string, options?: Omit<SendOptions, 'threadId'>): SendHandle;
  /** Adds up to `limit` (50) older replies at the front. Concurrent calls share one. */
  loadBefore(limit?: number, options?: CallOptions): Promise<void>;
  /** Marks read up to `seq` (the newest reply unless given); never moves back. Shown at once. */
  markRead(seq?: number, options?: CallOptions): Promise<void>;
  /** Follows the thread, or with false stops following one that I take part in. */
  follow(on?: boolean, options?: CallOptions): Promise<void>;
}

export interface PinsSnapshot {
  readonly status: 'idle' | 'loading' | 'ready' | 'error';
  readonly messages: readonly Message[];
  readonly error?: ParleyError;
}

export interface Pins extends Store<PinsSnapshot> {
  /** Keeps the pins, and so their room, live; counted. */
  follow(): Off;
  refresh(options?: CallOptions): Promise<void>;
}

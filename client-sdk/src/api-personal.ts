// What is mine alone, as public types: inbox, saved messages, what is left for later, drafts. Must never hold code.
import type { CallOptions, Off, Store } from './api.ts';
import type { ParleyError } from './error.ts';
import type { InputOf, Notification, SavedMessage, ScheduledItem } from './wire.ts';

/** A list of the server's that is fetched page by page. */
export interface ListSnapshot<T> {
  /** `idle` until it is followed or refreshed; `error` keeps what was known. */
  readonly status: 'idle' | 'loading' | 'ready' | 'error';
  /** As the server orders them. */
  readonly items: readonly T[];
  /** There are older ones on the server. */
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  readonly error?: ParleyError;
}

export interface PersonalList<S> extends Store<S> {
  /** Fetches it, keeps it live, and fetches it anew with each connection, until the off is called; counted. */
  follow(): Off;
  /** Fetches anew what is loaded. Concurrent calls share one. */
  refresh(options?: CallOptions): Promise<void>;
  /** Adds the next page. Concurrent calls share one. */
  loadMore(options?: CallOptions): Promise<void>;
}

export interface InboxSnapshot extends ListSnapshot<Notification> {
  /** Of the whole inbox, as the server counts. */
  readonly unread: number;
}

export interface Inbox extends PersonalList<InboxSnapshot> {
  /** These, or everything that has come so far. Shown at once. */
  markRead(which: readonly string[] | 'all', options?: CallOptions): Promise<void>;
  markUnread(id: string, options?: CallOptions): Promise<void>;
}

export interface Saved extends PersonalList<ListSnapshot<SavedMessage>> {
  /** Saving again changes the note. */
  add(messageId: string, note?: string, options?: CallOptions): Promise<void>;
  remove(messageId: string, options?: CallOptions): Promise<void>;
}

export interface Scheduled extends PersonalList<ListSnapshot<ScheduledItem>> {
  send(input: InputOf<'schedule_message'>, options?: CallOptions): Promise<ScheduledItem>;
  remind(input: InputOf<'set_reminder'>, options?: CallOptions): Promise<ScheduledItem>;
  change(
    id: string,
    change: Omit<InputOf<'change_scheduled'>, 'scheduledId'>,
    options?: CallOptions,
  ): Promise<ScheduledItem>;
  cancel(id: string, options?: CallOptions): Promise<ScheduledItem>;
}

export interface DraftSnapshot {
  /** Empty: there is none. */
  readonly body: string;
  /** ISO time of the last change, here or elsewhere. */
  readonly updatedAt?: string;
  /** `here`: on this device only, so far. */
  readonly kept: 'here' | 'everywhere';
  /** What stood here before a later text from another device took its place; until the next `set`. */
  readonly replaced?: string;
}

/** Text that is not sent yet. Sending a message into the same composer's place ends it. */
export interface Draft extends Store<DraftSnapshot> {
  /** Kept at once; told to the server about a second after the last change. */
  set(body: string): void;
  clear(): void;
}

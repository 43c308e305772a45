// Slash commands of a room as public types, and the private replies to mine. Must never hold code.
import type { CallOptions, Off, Store } from './api.ts';
import type { ParleyError } from './error.ts';
import type { Card, Command, ReplyOf } from './wire.ts';

export interface CommandsSnapshot {
  readonly status: 'idle' | 'loading' | 'ready' | 'error';
  /** That I may use here, by name. */
  readonly commands: readonly Command[];
  readonly error?: ParleyError;
}

/** An answer that nobody else gets. It is in no log: it stays here until it is dismissed or the page ends. */
export interface PrivateReply {
  /** Of the call. */
  readonly id: string;
  /** Of the command. */
  readonly name: string;
  readonly body: string;
  readonly card?: Card;
  /** The thread that the command was called in, where it was called from here. */
  readonly threadId?: string;
  /** Newest seq of the room when it came: it stands after that. */
  readonly afterSeq: number;
  /** ISO time at which it came. */
  readonly at: string;
}

export interface RunOptions extends CallOptions {
  threadId?: string;
  /** A UUID; made here unless given. The same id answers the first result for a day. */
  id?: string;
}

export interface Commands extends Store<CommandsSnapshot> {
  /** Fetches the list and keeps it, and so the room, live; counted. */
  follow(): Off;
  /**
   * The commands, fetched unless they are known. Asked for again after the room's own commands, its agents or my role changed, and
   * at the latest a minute later: those for all rooms change without a word.
   */
  list(options?: CallOptions): Promise<readonly Command[]>;
  /** Runs a command with its options apart. Repeated until there is an answer, and carried out once. */
  run(
    name: string,
    values?: Readonly<Record<string, string | number | boolean>>,
    options?: RunOptions,
  ): Promise<ReplyOf<'run_command'>>;
  /** Runs a command as it was typed: `/topic Release day`. */
  runText(text: string, options?: RunOptions): Promise<ReplyOf<'run_command'>>;
  /** Private replies, oldest first, at most 20; also `replies` of the room's snapshot. */
  readonly replies: Store<readonly PrivateReply[]>;
  /** Takes a private reply away. */
  dismiss(id: string): void;
}

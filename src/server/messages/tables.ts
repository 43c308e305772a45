// Tables of messages, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';
import type { ShownCard } from '../cards/contract.ts';
import type { Attachment, LinkPreview, Mention, RunSummary } from './contract.ts';

export interface MessagesTable {
  id: string;
  tenantId: string;
  roomId: string;
  seq: number;
  authorId: string;
  kind: 'text' | 'agent' | 'system';
  body: string;
  threadId: string | null;
  mentions: ColumnType<Mention[], string | undefined, string>;
  metadata: ColumnType<Record<string, unknown>, string | undefined, string>;
  run: ColumnType<RunSummary | null, string | null, string | null>;
  /** The message of a person at the start of a chain of agents' answers. */
  rootId: string | null;
  /** Agents' messages since then. */
  hop: Generated<number>;
  version: Generated<number>;
  createdAt: ColumnType<Date, Date | undefined, never>;
  editedAt: Date | null;
  deletedAt: Date | null;
  /** What is shown of the files that were sent with it. */
  attachments: ColumnType<Attachment[], string | undefined, string>;
  /** With what was done with each action. */
  cards: ColumnType<ShownCard[], string | undefined, string>;
  previews: ColumnType<LinkPreview[], string | undefined, string>;
  /** What is shown of the reactions, in the order in which each emoji came. */
  reactions: ColumnType<{ emoji: string; count: number }[], string | undefined, string>;
  pinnedAt: Date | null;
  pinnedBy: string | null;
  /** Replies that are not deleted. */
  replyCount: Generated<number>;
  lastReplySeq: number | null;
  lastReplyAt: Date | null;
}

export interface MessagesTables {
  messages: MessagesTable;
}

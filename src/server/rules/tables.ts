// Tables of rules and of messages that wait for a moderator, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';
import type { ContentRules } from './contract.ts';

export interface ContentRulesTable {
  roomId: string;
  tenantId: string;
  version: number;
  rules: ColumnType<ContentRules, string, string>;
  updatedBy: string | null;
  updatedAt: Generated<Date>;
}

export interface HeldMessagesTable {
  /** The message's, when it is released. */
  id: string;
  tenantId: string;
  roomId: string;
  authorId: string;
  /** What was sent, as the writer takes it. */
  send: ColumnType<Record<string, unknown>, string, never>;
  rule: string;
  state: ColumnType<'waiting' | 'released' | 'rejected', undefined, 'released' | 'rejected'>;
  note: Generated<string>;
  decidedBy: string | null;
  decidedAt: Date | null;
  createdAt: Generated<Date>;
}

export interface RulesTables {
  contentRules: ContentRulesTable;
  heldMessages: HeldMessagesTable;
}

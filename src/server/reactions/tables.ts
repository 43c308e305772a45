// Tables of reactions, as Kysely sees them.
import type { Generated } from 'kysely';

export interface MessageReactionsTable {
  messageId: string;
  userId: string;
  emoji: string;
  tenantId: string;
  createdAt: Generated<Date>;
}

export interface ReactionsTables {
  messageReactions: MessageReactionsTable;
}

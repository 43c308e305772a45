// Tables of what people think of agents' answers, and of what that suggests, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';

export interface AgentFeedbackTable {
  messageId: string;
  userId: string;
  tenantId: string;
  agentId: string;
  roomId: string;
  rating: -1 | 1;
  comment: string | null;
  /** Memories that the answer was made with. */
  memoryIds: ColumnType<string[], string[] | undefined, string[]>;
  createdAt: Generated<Date>;
  updatedAt: ColumnType<Date, Date | undefined, Date>;
}

export interface AgentSuggestionsTable {
  id: string;
  tenantId: string;
  agentId: string;
  kind: string;
  /** People whose comments say so. */
  votes: number;
  status: ColumnType<
    'open' | 'accepted' | 'dismissed',
    'open' | undefined,
    'open' | 'accepted' | 'dismissed'
  >;
  decidedBy: string | null;
  createdAt: Generated<Date>;
  decidedAt: Date | null;
}

export interface FeedbackTables {
  agentFeedback: AgentFeedbackTable;
  agentSuggestions: AgentSuggestionsTable;
}

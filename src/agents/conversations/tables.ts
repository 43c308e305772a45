// Table of agents' conversations, as Kysely sees it.
import type { ColumnType, Generated } from 'kysely';

/** A sentence of a message, by place: its words are read from the message, as long as they stand there. */
export interface Cited {
  messageId: string;
  from: number;
  to: number;
}

/** What there was between the agent and one person in one room. */
export interface Relationship {
  /** Answers it gave to what the person said. */
  exchanges: number;
  firstAt: string;
  lastAt: string;
  /** The person's words on its answers. */
  liked: number;
  disliked: number;
}

export interface AgentConversationsTable {
  id: string;
  tenantId: string;
  agentId: string;
  roomId: string;
  conversationSummary: ColumnType<Cited[], string | undefined, string>;
  lastMessageAt: Date | null;
  lastMessageId: string | null;
  messageCount: Generated<number>;
  relationshipData: ColumnType<Record<string, Relationship>, string | undefined, string>;
  createdAt: Generated<Date>;
  updatedAt: ColumnType<Date, Date | undefined, Date>;
}

export interface ConversationsTables {
  agentConversations: AgentConversationsTable;
}

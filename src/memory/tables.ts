// Tables of memories, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';

export type MemoryType = 'conversation' | 'fact' | 'preference' | 'skill';

export interface AgentMemoriesTable {
  id: string;
  tenantId: string;
  agentId: string;
  memoryType: MemoryType;
  content: string;
  /** Of the folded content; unique per agent. */
  contentHash: string;
  /** pgvector's text form; never selected. */
  embedding: string;
  embeddingModel: string;
  embeddingDimensions: number;
  importanceScore: Generated<number>;
  context: ColumnType<Record<string, unknown>, string | undefined, string>;
  roomId: string | null;
  sourceMessageId: string | null;
  sourceRunId: string | null;
  /** Who said it. */
  speakerId: string | null;
  createdAt: Generated<Date>;
  updatedAt: Generated<Date>;
  accessedAt: Generated<Date>;
  accessCount: Generated<number>;
}

export interface MemoryTables {
  agentMemories: AgentMemoriesTable;
}

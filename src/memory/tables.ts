// Tables of memories, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';

export type MemoryType = 'conversation' | 'fact' | 'preference' | 'skill';
/** How one comes by it: what happened, what is so, how things are done, who is what to whom. */
export type MemoryKind = 'episodic' | 'semantic' | 'procedural' | 'social';
/** What it is made of: a turn cites a message, a fact turns, an episode, a card of a person and a note facts. */
export type MemoryLayer = 'turn' | 'fact' | 'episode' | 'relationship' | 'note';
export type MemoryAudience = 'everyone' | 'room';
export type MemoryTrust = 'owner' | 'told' | 'extracted' | 'quarantined';
export type MemoryState = 'active' | 'cold' | 'archived';

export interface AgentMemoriesTable {
  id: string;
  tenantId: string;
  agentId: string;
  memoryType: MemoryType;
  kind: Generated<MemoryKind>;
  layer: Generated<MemoryLayer>;
  /** Empty where the words are sealed. */
  content: string;
  /** Of the folded content and who may know it; unique per agent. Keyed where the words are sealed. */
  contentHash: string;
  /** pgvector's text form; null where it is sealed. */
  embedding: string | null;
  embeddingModel: string;
  embeddingDimensions: number;
  importanceScore: Generated<number>;
  context: ColumnType<Record<string, unknown>, string | undefined, string>;
  roomId: string | null;
  sourceMessageId: string | null;
  sourceRunId: string | null;
  /** Who said it. */
  speakerId: string | null;
  /** Whom it is about. */
  subjectId: string | null;
  /** What of the subject it tells; the newest valid one of a slot stands. */
  slot: string | null;
  validFrom: Date | null;
  validTo: Date | null;
  supersededBy: string | null;
  /** When it was said. */
  occurredAt: Generated<Date>;
  audience: Generated<MemoryAudience>;
  trust: Generated<MemoryTrust>;
  /** Whose word it is, while it is in quarantine: `tools`, `agents:<owner>`, `person:<id>`. */
  vouchers: ColumnType<string[], string[] | undefined, string[]>;
  consent: Generated<'explicit' | 'granted'>;
  state: Generated<MemoryState>;
  pinned: Generated<boolean>;
  /** For what has a date to come. */
  dueAt: Date | null;
  /** Memories it was made from. */
  evidence: ColumnType<string[], string[] | undefined, string[]>;
  sensitive: Generated<boolean>;
  sealed: Buffer | null;
  keySubject: string | null;
  keyVersion: number | null;
  revision: ColumnType<number, number | undefined, number>;
  createdAt: Generated<Date>;
  updatedAt: Generated<Date>;
  accessedAt: Generated<Date>;
  accessCount: Generated<number>;
}

export interface MemoryStatesTable {
  agentId: string;
  tenantId: string;
  revision: Generated<number>;
  /** Whatever was read before this revision is read anew: something is gone. */
  reloadRevision: Generated<number>;
  retentionDays: number | null;
  reviewedAt: Date | null;
}

export interface MemoryKeysTable {
  agentId: string;
  subjectId: string;
  version: number;
  tenantId: string;
  wrapped: Buffer;
  createdAt: Generated<Date>;
}

export interface MemoryConsentsTable {
  agentId: string;
  userId: string;
  tenantId: string;
  status: 'granted' | 'refused';
  updatedAt: Generated<Date>;
}

export interface MemoryReceiptsTable {
  id: string;
  tenantId: string;
  agentId: string;
  userId: string;
  action: 'forget' | 'correct' | 'consent';
  counts: ColumnType<Record<string, number>, string, string>;
  createdAt: Generated<Date>;
}

export interface MemoryWatermarksTable {
  agentId: string;
  roomId: string;
  tenantId: string;
  uptoSeq: Generated<number>;
}

export interface MemoryTables {
  agentMemories: AgentMemoriesTable;
  memoryStates: MemoryStatesTable;
  memoryKeys: MemoryKeysTable;
  memoryConsents: MemoryConsentsTable;
  memoryReceipts: MemoryReceiptsTable;
  memoryWatermarks: MemoryWatermarksTable;
}

// Tables of what agents were trained with, as Kysely sees them.
import type { Generated } from 'kysely';

export interface TrainingDocumentsTable {
  id: string;
  tenantId: string;
  agentId: string;
  title: string;
  source: string | null;
  /** Of title and text; unique per agent. */
  contentHash: string;
  chars: number;
  chunks: number;
  createdBy: string;
  createdAt: Generated<Date>;
}

export interface TrainingChunksTable {
  documentId: string;
  ordinal: number;
  tenantId: string;
  agentId: string;
  content: string;
  contentHash: string;
  /** pgvector's text form. */
  embedding: string;
  embeddingModel: string;
  embeddingDimensions: number;
}

export interface TrainingTables {
  trainingDocuments: TrainingDocumentsTable;
  trainingChunks: TrainingChunksTable;
}

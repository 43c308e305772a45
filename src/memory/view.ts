// A memory as the wire has it. Must never be given words that its caller may not read.
import { type AppError, notFound } from '../core/errors.ts';
import type { Memory } from './contract.ts';
import type { Words } from './laying.ts';
import type { MemoryRow } from './repository.ts';

export const toMemory = (row: MemoryRow, { content, context }: Words): Memory => ({
  id: row.id,
  agentId: row.agentId,
  memoryType: row.memoryType,
  kind: row.kind,
  layer: row.layer,
  content,
  importanceScore: row.importanceScore,
  context,
  source: {
    ...(row.roomId === null ? {} : { roomId: row.roomId }),
    ...(row.sourceMessageId === null ? {} : { messageId: row.sourceMessageId }),
    ...(row.sourceRunId === null ? {} : { runId: row.sourceRunId }),
    ...(row.speakerId === null ? {} : { speakerId: row.speakerId }),
    ...(row.subjectId === null ? {} : { subjectId: row.subjectId }),
    memoryIds: row.evidence,
  },
  audience: row.audience,
  trust: row.trust,
  consent: row.consent,
  state: row.state,
  pinned: row.pinned,
  sensitive: row.sensitive,
  ...(row.validFrom === null ? {} : { validFrom: row.validFrom.toISOString() }),
  ...(row.validTo === null ? {} : { validTo: row.validTo.toISOString() }),
  ...(row.supersededBy === null ? {} : { supersededBy: row.supersededBy }),
  ...(row.dueAt === null ? {} : { dueAt: row.dueAt.toISOString() }),
  occurredAt: row.occurredAt.toISOString(),
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  accessedAt: row.accessedAt.toISOString(),
  accessCount: row.accessCount,
});

export const memoryNotFound = (): AppError =>
  notFound('memory_not_found', 'There is no such memory, or you may not see it.');

// Rows of runs and turns → what clients see. Pure.
import { redact } from '../../tools/service.ts';
import type { Run, RunStep, Turn } from './contract.ts';
import type { RunRow, StepRow, TurnWithRun } from './repository.ts';

export const toRun = (row: RunRow): Run => ({
  id: row.id,
  agentId: row.agentId,
  roomId: row.roomId,
  triggerMessageId: row.triggerMessageId,
  triggerReason: row.triggerReason,
  askerId: row.askerId,
  lane: row.lane,
  status: row.status,
  ...(row.reason === null ? {} : { reason: row.reason }),
  ...(row.provider === null ? {} : { provider: row.provider }),
  ...(row.model === null ? {} : { model: row.model }),
  inputTokens: row.inputTokens,
  outputTokens: row.outputTokens,
  costUsd: row.costUsd,
  ...(row.replyMessageId === null ? {} : { replyMessageId: row.replyMessageId }),
  ...(row.revision === null ? {} : { revision: row.revision }),
  attempts: row.attempts,
  createdAt: row.createdAt.toISOString(),
  ...(row.startedAt === null ? {} : { startedAt: row.startedAt.toISOString() }),
  ...(row.finishedAt === null ? {} : { finishedAt: row.finishedAt.toISOString() }),
});

export const toStep = (row: StepRow): RunStep => ({
  step: row.step,
  kind: row.kind,
  data: redact(row.data) as Record<string, unknown>,
  inputTokens: row.inputTokens,
  outputTokens: row.outputTokens,
  ...(row.costUsd === null ? {} : { costUsd: row.costUsd }),
  durationMs: row.durationMs,
  createdAt: row.createdAt.toISOString(),
});

export const toTurn = (row: TurnWithRun): Turn => ({
  messageId: row.messageId,
  agentId: row.agentId,
  roomId: row.roomId,
  decision: row.decision,
  reason: row.reason,
  ...(row.score === null ? {} : { score: row.score }),
  ...(row.parts === null ? {} : { parts: row.parts }),
  ...(row.handling === null ? {} : { handling: row.handling }),
  ...(row.runId === null || row.runStatus === null
    ? {}
    : {
        run: {
          id: row.runId,
          status: row.runStatus,
          ...(row.runReason === null ? {} : { reason: row.runReason }),
        },
      }),
  createdAt: row.createdAt.toISOString(),
});

// Rows of approvals → what the people who decide see. Pure.
import type { Approval, StandingApproval } from './contract.ts';
import { mayStand } from './policy.ts';
import type { SeenApproval, StandingRow } from './repository.ts';

export const toApproval = (row: SeenApproval): Approval => ({
  id: row.id,
  agentId: row.agentId,
  roomId: row.roomId,
  runId: row.runId,
  executionId: row.executionId,
  tool: row.toolName,
  arguments: row.arguments,
  preview: row.preview,
  effect: row.effect,
  requester: { id: row.askerId, handle: row.askerHandle, name: row.askerName },
  status: row.status,
  mayStand: mayStand(row),
  ...(row.editedArguments === null ? {} : { editedArguments: row.editedArguments }),
  ...(row.editedPreview === null ? {} : { editedPreview: row.editedPreview }),
  ...(row.decidedBy === null ? {} : { decidedBy: row.decidedBy }),
  ...(row.decidedAt === null ? {} : { decidedAt: row.decidedAt.toISOString() }),
  ...(row.comment === null ? {} : { comment: row.comment }),
  expiresAt: row.expiresAt.toISOString(),
  createdAt: row.createdAt.toISOString(),
});

/** Characters of JSON that a signal carries. */
const MAX_SIGNAL = 16_000;

/** Short enough for a frame; the rest is fetched. */
export function forSignal(approval: Approval): Approval {
  if (JSON.stringify(approval).length <= MAX_SIGNAL) return approval;
  const { arguments: _, editedArguments: __, ...rest } = approval;
  return rest;
}

export const toStanding = (row: StandingRow): StandingApproval => ({
  id: row.id,
  agentId: row.agentId,
  roomId: row.roomId,
  requesterId: row.askerId,
  tool: row.toolName,
  fixed: row.fixed,
  usesLeft: row.usesLeft,
  expiresAt: row.expiresAt.toISOString(),
  givenBy: row.byId,
  createdAt: row.createdAt.toISOString(),
});

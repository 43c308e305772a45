// Tables of approvals, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';

export type ApprovalStatus = 'pending' | 'approved' | 'rejected' | 'expired' | 'cancelled';
type Arguments = Record<string, unknown>;

/** One exact call of a tool, and a person's word on it. Never changed after the word was given. */
export interface ToolApprovalsTable {
  id: string;
  tenantId: string;
  agentId: string;
  runId: string;
  roomId: string;
  askerId: string;
  /** Of the call that it is for. */
  executionId: string;
  toolName: string;
  toolHash: string;
  arguments: ColumnType<Arguments, string, never>;
  argumentsHash: string;
  preview: string;
  previewHash: string;
  effect: 'pure' | 'read' | 'write_internal' | 'write_external' | 'irreversible';
  status: ColumnType<ApprovalStatus, ApprovalStatus | undefined, ApprovalStatus>;
  /** What the person made of the call; then this is what may happen, and nothing else. */
  editedArguments: ColumnType<Arguments | null, string | null | undefined, string | null>;
  editedHash: string | null;
  editedPreview: string | null;
  editedPreviewHash: string | null;
  decidedBy: string | null;
  decidedAt: Date | null;
  comment: string | null;
  expiresAt: Date;
  createdAt: Generated<Date>;
}

/** A person's word on calls to come, within limits. */
export interface StandingApprovalsTable {
  id: string;
  tenantId: string;
  agentId: string;
  roomId: string;
  askerId: string;
  toolName: string;
  toolHash: string;
  /** Arguments that a call must have exactly so. */
  fixed: ColumnType<Arguments, string, never>;
  usesLeft: number;
  expiresAt: Date;
  approvalId: string;
  byId: string;
  revokedAt: Date | null;
  createdAt: Generated<Date>;
}

export interface ApprovalsTables {
  toolApprovals: ToolApprovalsTable;
  standingApprovals: StandingApprovalsTable;
}

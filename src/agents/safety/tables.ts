// Tables of emergency stops and of what the filter found, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';

export type StopTarget = 'agent' | 'owner' | 'room' | 'all';

export interface AgentStopsTable {
  id: string;
  tenantId: string;
  target: StopTarget;
  /** Null for `all`. */
  targetId: string | null;
  reason: string;
  setBy: string;
  byAdministrator: boolean;
  /** Runs that it ended when it was set. */
  stoppedRuns: Generated<number>;
  createdAt: Generated<Date>;
  liftedBy: string | null;
  liftedAt: Date | null;
  liftReason: string | null;
}

/** Names of rules and categories, never the text. */
export interface ContentChecksTable {
  id: string;
  tenantId: string;
  agentId: string;
  roomId: string;
  runId: string | null;
  /** Null for a text that a person put into a call. */
  messageId: string | null;
  executionId: string | null;
  judge: 'rules' | 'moderation';
  verdict: 'redacted' | 'blocked';
  findings: ColumnType<Record<string, number>, string, never>;
  createdAt: Generated<Date>;
}

export interface SafetyTables {
  contentChecks: ContentChecksTable;
  agentStops: AgentStopsTable;
}

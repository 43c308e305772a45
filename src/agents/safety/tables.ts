// Tables of emergency stops, as Kysely sees them.
import type { Generated } from 'kysely';

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

export interface SafetyTables {
  agentStops: AgentStopsTable;
}

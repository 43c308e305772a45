// Table of how agents have been doing, as Kysely sees it. An agent that never failed has no row.
import type { ColumnType, Generated } from 'kysely';

export interface AgentHealthTable {
  agentId: string;
  tenantId: string;
  /** Runs that failed since one went well. */
  failures: Generated<number>;
  /** Runs that went well since one failed. */
  successes: Generated<number>;
  analysisOnlySince: ColumnType<Date | null, Date | null | undefined, Date | null>;
  /** Why the last run failed, or `set_by_owner`. */
  reason: string | null;
  updatedAt: Generated<Date>;
}

export interface HealthTables {
  agentHealth: AgentHealthTable;
}

// Queries on how agents have been doing. Outcomes are noted in the transaction that ends the run. Times are the database's.
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { AgentHealthTable } from './tables.ts';

export type HealthRow = Selectable<AgentHealthTable>;

/** Failures in a row after which an agent only looks and answers, and successes in a row after which it may do more again. */
const MAX_FAILURES = 5;
export const RECOVERY = 3;
/** As `complete_run` knows it, too. A person said so: then only a person says otherwise. */
const SET_BY_OWNER = 'set_by_owner';

export async function noteFailure(tx: Tx, tenantId: string, agentId: string, reason: string): Promise<void> {
  await sql`
    insert into agent_health as h (agent_id, tenant_id, failures, reason) values (${agentId}, ${tenantId}, 1, ${reason})
    on conflict (agent_id) do update set failures = h.failures + 1, successes = 0, updated_at = now(),
      reason = case when h.reason = ${SET_BY_OWNER} and h.analysis_only_since is not null then h.reason else excluded.reason end,
      analysis_only_since = case when h.failures + 1 >= ${MAX_FAILURES}::int then coalesce(h.analysis_only_since, now())
        else h.analysis_only_since end`.execute(tx);
}

export const findHealth = (db: Db | Tx, tenantId: string, agentId: string): Promise<HealthRow | undefined> =>
  db
    .selectFrom('agentHealth')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .executeTakeFirst();

export async function setMode(
  tx: Tx,
  tenantId: string,
  agentId: string,
  analysisOnly: boolean,
): Promise<void> {
  const set = {
    failures: 0,
    successes: 0,
    analysisOnlySince: analysisOnly ? sql<Date>`now()` : null,
    reason: analysisOnly ? SET_BY_OWNER : null,
    updatedAt: sql<Date>`now()`,
  };
  await tx
    .insertInto('agentHealth')
    .values({ agentId, tenantId, ...set })
    .onConflict((oc) => oc.column('agentId').doUpdateSet(set))
    .execute();
}

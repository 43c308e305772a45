// Queries on tool executions. No policy, no clocks.
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../core/db/database.ts';
import type { ToolExecutionsTable } from './tables.ts';
import type { Json } from './tool.ts';

export type ExecutionRow = Selectable<ToolExecutionsTable>;

/** Inserts a pending execution; false when it was begun before, as by a worker that died. */
export async function insertPending(
  tx: Tx,
  execution: {
    id: string;
    tenantId: string;
    agentId: string;
    /** Null for a call by hand. */
    runId: string | null;
    roomId: string;
    toolName: string;
    ruling: 'allow' | 'ask' | 'refuse' | null;
    input: Json;
  },
): Promise<boolean> {
  const { input, ...row } = execution;
  const inserted = await tx
    .insertInto('toolExecutions')
    .values({ ...row, inputData: JSON.stringify(input) })
    .onConflict((oc) => oc.column('id').doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

export async function finishExecution(
  tx: Tx,
  tenantId: string,
  id: string,
  outcome: {
    status: 'success' | 'error' | 'unknown';
    output: Json;
    errorMessage: string | null;
    durationMs: number;
  },
): Promise<void> {
  await tx
    .updateTable('toolExecutions')
    .set({
      executionStatus: outcome.status,
      outputData: JSON.stringify(outcome.output),
      errorMessage: outcome.errorMessage,
      executionTimeMs: outcome.durationMs,
    })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .execute();
}

/** Newest first. Ids are derived from the run, so the order is that of the times. */
export const listExecutions = (
  db: Db,
  tenantId: string,
  agentId: string,
  page: { toolName: string | undefined; beforeId: string | undefined; limit: number },
): Promise<ExecutionRow[]> => {
  let query = db
    .selectFrom('toolExecutions')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId);
  if (page.toolName !== undefined) query = query.where('toolName', '=', page.toolName);
  if (page.beforeId !== undefined) {
    query = query.where(
      sql<boolean>`(executed_at, id) < (select executed_at, id from tool_executions
        where id = ${page.beforeId} and agent_id = ${agentId})`,
    );
  }
  return query.orderBy('executedAt', 'desc').orderBy('id', 'desc').limit(page.limit).execute();
};

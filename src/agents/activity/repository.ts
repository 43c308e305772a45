// Queries for an agent's numbers. Spans are of the database's clock. No policy.
import { sql } from 'kysely';
import type { Db } from '../../core/db/database.ts';

export interface Of {
  tenantId: string;
  agentId: string;
  days: number;
}

const within = (column: string, { days }: Of) =>
  sql<boolean>`${sql.ref(column)} > now() - make_interval(days => ${days})`;
const percentile = (share: number, ms: string) =>
  sql`percentile_cont(${sql.raw(String(share))}) within group (order by ${sql.raw(ms)})`;

export interface RunNumbers {
  fromAt: Date;
  toAt: Date;
  runs: number;
  answered: number;
  silent: number;
  failed: number;
  cancelled: number;
  attention: number;
  open: number;
  messages: number;
  people: number;
  rooms: number;
  runningMs: number;
  p50: number | null;
  p95: number | null;
  p50Before: number | null;
  p95Before: number | null;
  returning: number | null;
}

const ANSWER_MS = 'extract(epoch from finished_at - created_at) * 1000';
const status = (...names: string[]) =>
  sql`count(*) filter (where now_ and status in (${sql.join(names)}))::int`;

export async function runNumbers(db: Db, of: Of): Promise<RunNumbers> {
  const answered = (span: string) => sql`filter (where ${sql.raw(span)} and status = 'completed')`;
  const { rows } = await sql<RunNumbers>`
    with runs as (
      select *, ${within('created_at', of)} as now_ from agent_runs
      where tenant_id = ${of.tenantId} and agent_id = ${of.agentId}
        and created_at > now() - 2 * make_interval(days => ${of.days})
    )
    select now() - make_interval(days => ${of.days}) as from_at, now() as to_at,
      count(*) filter (where now_)::int as runs,
      ${status('completed')} as answered, ${status('silent')} as silent, ${status('failed')} as failed,
      ${status('cancelled')} as cancelled, ${status('needs_attention')} as attention,
      ${status('queued', 'running', 'waiting_approval', 'paused')} as open,
      count(reply_message_id) filter (where now_)::int as messages,
      count(distinct asker_id) filter (where now_ and status = 'completed')::int as people,
      count(distinct room_id) filter (where now_ and status = 'completed')::int as rooms,
      coalesce(sum(running_ms) filter (where now_), 0)::float8 as running_ms,
      ${percentile(0.5, ANSWER_MS)} ${answered('now_')} as p50, ${percentile(0.95, ANSWER_MS)} ${answered('now_')} as p95,
      ${percentile(0.5, ANSWER_MS)} ${answered('not now_')} as p50_before,
      ${percentile(0.95, ANSWER_MS)} ${answered('not now_')} as p95_before,
      (select avg((exists (select 1 from runs again where again.now_ and again.asker_id = known.asker_id))::int)::float8
        from (select distinct asker_id from runs where not now_ and status = 'completed') known) as returning
    from runs`.execute(db);
  return rows[0] as RunNumbers;
}

export const failures = async (db: Db, of: Of): Promise<{ reason: string; runs: number }[]> =>
  (
    await sql<{ reason: string; runs: number }>`
      select coalesce(reason, 'unknown') as reason, count(*)::int as runs from agent_runs
      where tenant_id = ${of.tenantId} and agent_id = ${of.agentId} and status = 'failed' and ${within('created_at', of)}
      group by 1 order by 2 desc, 1 limit 20`.execute(db)
  ).rows;

export interface PromptNumbers {
  p50: number | null;
  p95: number | null;
  recalled: number | null;
  perPrompt: number | null;
}

export async function promptNumbers(db: Db, of: Of): Promise<PromptNumbers> {
  const { rows } = await sql<PromptNumbers>`
    select ${percentile(0.5, 's.duration_ms')} as p50, ${percentile(0.95, 's.duration_ms')} as p95,
      avg(((s.data -> 'report' ->> 'memoriesKept')::int > 0)::int)::float8 as recalled,
      avg((s.data -> 'report' ->> 'memoriesKept')::int)::float8 as per_prompt
    from run_steps s join agent_runs r on r.id = s.run_id
    where r.tenant_id = ${of.tenantId} and r.agent_id = ${of.agentId} and s.kind = 'context' and ${within('r.created_at', of)}`.execute(
    db,
  );
  return rows[0] as PromptNumbers;
}

export interface ToolNumbers {
  tool: string;
  calls: number;
  success: number | null;
  p50: number | null;
  p95: number | null;
}

/** Calls that still wait count as calls, and neither as success nor as failure. */
export const toolNumbers = async (db: Db, of: Of): Promise<ToolNumbers[]> =>
  (
    await sql<ToolNumbers>`
      select tool_name as tool, count(*)::int as calls,
        avg((execution_status = 'success')::int) filter (where execution_status <> 'pending')::float8 as success,
        ${percentile(0.5, 'execution_time_ms')} as p50, ${percentile(0.95, 'execution_time_ms')} as p95
      from tool_executions
      where tenant_id = ${of.tenantId} and agent_id = ${of.agentId} and ${within('executed_at', of)}
      group by 1 order by 2 desc, 1 limit 50`.execute(db)
  ).rows;

export interface CallNumbers {
  calls: number;
  inputTokens: number;
  outputTokens: number;
  micros: number;
  unpriced: number;
  refused: number;
  failed: number;
}

export async function callNumbers(db: Db, of: Of): Promise<CallNumbers> {
  const { rows } = await sql<CallNumbers>`
    select count(*) filter (where status <> 'refused')::int as calls,
      coalesce(sum(input_tokens), 0)::float8 as input_tokens, coalesce(sum(output_tokens), 0)::float8 as output_tokens,
      coalesce(sum(micros), 0)::float8 as micros,
      count(*) filter (where status = 'settled' and micros is null)::int as unpriced,
      count(*) filter (where status = 'refused')::int as refused,
      count(*) filter (where status = 'lost' or (status = 'settled' and reason <> 'ok'))::int as failed
    from model_calls
    where tenant_id = ${of.tenantId} and agent_id = ${of.agentId} and ${within('created_at', of)}`.execute(
    db,
  );
  return rows[0] as CallNumbers;
}

/** People's words on its answers. */
export async function ratingNumbers(db: Db, of: Of): Promise<{ good: number; bad: number }> {
  const { rows } = await sql<{ good: number; bad: number }>`
    select count(*) filter (where rating > 0)::int as good, count(*) filter (where rating < 0)::int as bad
    from agent_feedback
    where tenant_id = ${of.tenantId} and agent_id = ${of.agentId} and ${within('updated_at', of)}`.execute(
    db,
  );
  return rows[0] as { good: number; bad: number };
}

export async function memoryNumbers(
  db: Db,
  of: Of,
): Promise<{ active: number; cold: number; archived: number }> {
  const rows = await db
    .selectFrom('agentMemories')
    .select(['state', sql<number>`count(*)::int`.as('memories')])
    .where('tenantId', '=', of.tenantId)
    .where('agentId', '=', of.agentId)
    .groupBy('state')
    .execute();
  const of_ = (state: string) => rows.find((row) => row.state === state)?.memories ?? 0;
  return { active: of_('active'), cold: of_('cold'), archived: of_('archived') };
}

// Queries on budgets, spending, the ledger of model calls and prices. Days are the database's, in UTC. No policy.
// Whoever changes spending locks the tenant's row of the day first: then nothing else can deadlock.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type {
  BudgetsTable,
  BudgetTarget,
  ModelCallsTable,
  ModelPricesTable,
  SpendingTarget,
} from './tables.ts';

export type BudgetRow = Selectable<BudgetsTable>;
export type ModelCallRow = Selectable<ModelCallsTable>;
export type PriceRow = Selectable<ModelPricesTable>;

/** Who pays for a call. */
export interface Payers {
  tenantId: string;
  agentId: string;
  ownerId: string | null;
  runId: string | null;
}

/** What stands against a payer: spent and held together, and the strictest limits. */
export interface Standing {
  target: SpendingTarget;
  day: string;
  tokens: number;
  micros: number;
  maxTokens: number | null;
  maxMicros: number | null;
}

const TODAY = sql<string>`(now() at time zone 'utc')::date`;

const payerRows = ({ tenantId, agentId, ownerId, runId }: Payers): [SpendingTarget, string][] => [
  ['tenant', tenantId],
  ...(ownerId === null ? [] : [['owner', ownerId] as [SpendingTarget, string]]),
  ['agent', agentId],
  ...(runId === null ? [] : [['run', runId] as [SpendingTarget, string]]),
];

/** Locks what the payers have spent until the transaction ends: today, and the run in all. */
export async function lockSpending(tx: Tx, payers: Payers): Promise<Standing[]> {
  const { tenantId, agentId, ownerId, runId } = payers;
  const rows = payerRows(payers).map(
    ([target, id]) => sql`(${tenantId}::uuid, ${target}, ${id}::uuid,
      ${target === 'run' ? sql`coalesce((select (created_at at time zone 'utc')::date from agent_runs where id = ${id}::uuid), ${TODAY})` : TODAY})`,
  );
  await sql`insert into spending (tenant_id, target, target_id, day) values ${sql.join(rows)} on conflict do nothing`.execute(
    tx,
  );
  const budgetsOf = sql`(b.target = 'tenant' or (b.target = 'owner' and b.target_id = ${ownerId}::uuid)
    or (b.target = 'agent' and b.target_id = ${agentId}::uuid))`;
  const strictest = (perDay: string, perRun: string) => sql`(
    select min(case when s.target = 'run' then ${sql.ref(`b.${perRun}`)} when b.target = s.target then ${sql.ref(`b.${perDay}`)} end)
    from budgets b where b.tenant_id = s.tenant_id and ${budgetsOf})`;
  const result = await sql<Standing>`
    select s.target, s.day::text as day,
      s.input_tokens + s.output_tokens + s.held_tokens as tokens, s.micros + s.held_micros as micros,
      ${strictest('tokens_per_day', 'tokens_per_run')} as max_tokens,
      ${strictest('micros_per_day', 'micros_per_run')} as max_micros
    from spending s
    where s.tenant_id = ${tenantId}::uuid and (
      (s.day = ${TODAY} and (s.target = 'tenant' or (s.target = 'owner' and s.target_id = ${ownerId}::uuid)
        or (s.target = 'agent' and s.target_id = ${agentId}::uuid)))
      or (s.target = 'run' and s.target_id = ${runId}::uuid))
    order by case s.target when 'tenant' then 1 when 'owner' then 2 when 'agent' then 3 else 4 end
    for update of s`.execute(tx);
  return result.rows;
}

/**
 * Notes a call and holds what it may cost, in one round trip, where nobody has set a limit. Answers the day it counts for, and
 * undefined where a limit has to be looked at first.
 */
export async function holdUnlimited(
  db: Db,
  payers: Payers,
  call: { id: string; provider: string; model: string; tokens: number; micros: number },
  holdSeconds: number,
): Promise<string | undefined> {
  const { tenantId, ownerId, agentId, runId } = payers;
  const { rows } = await sql<{ day: string | null }>`
    select hold_call(${tenantId}::uuid, ${ownerId}::uuid, ${agentId}::uuid, ${runId}::uuid, ${call.id}::uuid,
      ${call.provider}, ${call.model}, ${call.tokens}::bigint, ${call.micros}::bigint, ${holdSeconds}::float8)::text as day`.execute(
    db,
  );
  return rows[0]?.day ?? undefined;
}

/** Notes a call and holds what it may cost. @param holdSeconds after which nobody will settle it any more */
export async function insertCall(
  tx: Tx,
  call: Insertable<ModelCallsTable> & { day: string },
  holdSeconds: number,
): Promise<void> {
  const held = call.status === 'held';
  await tx
    .insertInto('modelCalls')
    .values({
      ...call,
      heldUntil: held ? sql<Date>`now() + make_interval(secs => ${holdSeconds})` : null,
    })
    .execute();
  if (!held) return;
  await sql`
    update spending set held_tokens = held_tokens + ${call.heldTokens}, held_micros = held_micros + ${call.heldMicros ?? 0}
    where ${paidBy(call.tenantId, sql`${call.ownerId}::uuid`, sql`${call.agentId}::uuid`, sql`${call.runId}::uuid`, sql`${call.day}::date`)}`.execute(
    tx,
  );
}

const paidBy = (
  tenantId: string,
  ownerId: ReturnType<typeof sql>,
  agentId: ReturnType<typeof sql>,
  runId: ReturnType<typeof sql>,
  day: ReturnType<typeof sql>,
) => sql`spending.tenant_id = ${tenantId}::uuid and (
  (spending.day = ${day} and (spending.target = 'tenant' or (spending.target = 'owner' and spending.target_id = ${ownerId})
    or (spending.target = 'agent' and spending.target_id = ${agentId})))
  or (spending.target = 'run' and spending.target_id = ${runId}))`;

export interface Settlement {
  status: 'settled' | 'lost';
  reason: string;
  model?: string;
  inputTokens: number;
  outputTokens: number;
  micros: number | null;
}

/** Turns what a call holds into what it spent; once. Lost calls spend what they held. */
export async function settleCall(
  db: Db | Tx,
  tenantId: string,
  id: string,
  day: string,
  spent: Settlement,
): Promise<void> {
  const { status, reason, model, inputTokens, outputTokens, micros } = spent;
  await sql`select settle_call(${tenantId}::uuid, ${id}::uuid, ${day}::date, ${status}, ${reason}, ${model ?? null}::text,
    ${inputTokens}::bigint, ${outputTokens}::bigint, ${micros}::bigint)`.execute(db);
}

/** Calls whose end nobody will tell any more, oldest first. */
export async function listOverdue(tx: Tx, limit: number) {
  const { rows } = await sql<{
    id: string;
    tenantId: string;
    day: string;
    heldTokens: number;
    heldMicros: number;
  }>`
    select id, tenant_id, day::text as day, held_tokens, held_micros from model_calls
    where status = 'held' and held_until < now() order by held_until limit ${limit}`.execute(tx);
  return rows;
}

/** True where a payer has spent what a limit gives it for today. For queries that have its columns at hand. */
export const isSpent = (
  tenantId: ReturnType<typeof sql>,
  ownerId: ReturnType<typeof sql>,
  agentId: ReturnType<typeof sql>,
) => sql<boolean>`exists (
  select from budgets b
  join spending s on s.tenant_id = b.tenant_id and s.target = b.target and s.target_id = b.target_id and s.day = ${TODAY}
  where b.tenant_id = ${tenantId} and (b.target = 'tenant' or (b.target = 'owner' and b.target_id = ${ownerId})
      or (b.target = 'agent' and b.target_id = ${agentId}))
    and (s.input_tokens + s.output_tokens >= b.tokens_per_day or s.micros >= b.micros_per_day))`;

export const listBudgets = (
  db: Db | Tx,
  tenantId: string,
  target: BudgetTarget,
  targetId: string,
): Promise<BudgetRow[]> =>
  db
    .selectFrom('budgets')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('target', '=', target)
    .where('targetId', '=', targetId)
    .execute();

export type Limits = Pick<BudgetRow, 'tokensPerDay' | 'microsPerDay' | 'tokensPerRun' | 'microsPerRun'>;

export const upsertBudget = async (
  tx: Tx,
  budget: Omit<Insertable<BudgetsTable>, keyof Limits>,
  set: Partial<Limits>,
): Promise<void> => {
  await tx
    .insertInto('budgets')
    .values({ ...budget, ...set })
    .onConflict((oc) =>
      oc
        .columns(['tenantId', 'target', 'targetId', 'byAdministrator'])
        .doUpdateSet({ ...set, updatedBy: budget.updatedBy, updatedAt: sql<Date>`now()` }),
    )
    .execute();
};

export const findLimits = (
  tx: Tx,
  at: { tenantId: string; target: BudgetTarget; targetId: string; byAdministrator: boolean },
): Promise<Limits | undefined> =>
  tx
    .selectFrom('budgets')
    .select(['tokensPerDay', 'microsPerDay', 'tokensPerRun', 'microsPerRun'])
    .where('tenantId', '=', at.tenantId)
    .where('target', '=', at.target)
    .where('targetId', '=', at.targetId)
    .where('byAdministrator', '=', at.byAdministrator)
    .executeTakeFirst();

export interface SpendingRow {
  day: string;
  calls: number;
  inputTokens: number;
  outputTokens: number;
  micros: number;
  unpricedCalls: number;
  heldTokens: number;
  heldMicros: number;
}

/** By day, oldest first; without days the last `days` ones, or all of a run. */
export async function listSpending(
  db: Db | Tx,
  tenantId: string,
  target: SpendingTarget,
  targetId: string,
  range: { from: string | undefined; to: string | undefined; days: number },
): Promise<SpendingRow[]> {
  const { rows } = await sql<SpendingRow>`
    select day::text as day, calls, input_tokens, output_tokens, micros, unpriced_calls, held_tokens, held_micros
    from spending
    where tenant_id = ${tenantId}::uuid and target = ${target} and target_id = ${targetId}::uuid
      and (${target === 'run'} or (day > coalesce(${range.from ?? null}::date - 1, ${TODAY} - ${range.days}::int)
        and day <= coalesce(${range.to ?? null}::date, ${TODAY})))
    order by day limit 400`.execute(db);
  return rows;
}

/** Newest first. */
export const listCalls = (
  db: Db,
  tenantId: string,
  agentId: string,
  page: { beforeId: string | undefined; limit: number },
): Promise<ModelCallRow[]> => {
  let query = db
    .selectFrom('modelCalls')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId);
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
};

export const listPrices = (db: Db, tenantId: string): Promise<PriceRow[]> =>
  db.selectFrom('modelPrices').selectAll().where('tenantId', '=', tenantId).orderBy('model').execute();

export const upsertPrice = async (tx: Tx, price: Insertable<ModelPricesTable>): Promise<void> => {
  const { tenantId: _, model: __, ...set } = price;
  await tx
    .insertInto('modelPrices')
    .values(price)
    .onConflict((oc) =>
      oc.columns(['tenantId', 'model']).doUpdateSet({ ...set, updatedAt: sql<Date>`now()` }),
    )
    .execute();
};

export async function deletePrice(tx: Tx, tenantId: string, model: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('modelPrices')
    .where('tenantId', '=', tenantId)
    .where('model', '=', model)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Who may look at what a run cost: who asked for it, and who answers for its agent. */
export const findRunOf = (db: Db, tenantId: string, id: string) =>
  db
    .selectFrom('agentRuns')
    .select(['agentId', 'askerId'])
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

// What people may set and see of what models cost. Owners limit their agents, administrators everything; the stricter limit holds.
import { LRUCache } from 'lru-cache';
import { type AuditNote, by, note, stateHash } from '../../core/audit-note.ts';
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import { type IdentityService, isUuid } from '../../server/identity/service.ts';
import { costUsd, PRICES, type PriceTable } from '../llm/prices.ts';
import type { ProfilesService } from '../profiles/service.ts';
import type * as c from './contract.ts';
import { micros } from './ledger.ts';
import * as repo from './repository.ts';
import type { SpendingTarget } from './tables.ts';

export type BudgetsService = ReturnType<typeof createBudgetsService>;

export interface BudgetsDeps {
  database: Database;
  events: Events;
  identity: IdentityService;
  profiles: Pick<ProfilesService, 'requireOwned' | 'find' | 'answersFor'>;
}

/** A price that another node changed is known here after so long. */
const PRICES_MS = 10_000;
const DAYS = 30;
const MOST_DAYS = 366;

export function createBudgetsService({ database, events, identity, profiles }: BudgetsDeps) {
  const { db } = database;
  const tables = new LRUCache<string, PriceTable>({ max: 1000, ttl: PRICES_MS });

  const notePrice = (
    tx: Tx,
    scope: Scope,
    what: 'set' | 'reset',
    model: string,
    details: AuditNote['details'] = {},
  ): Promise<void> => {
    const subject = { type: 'model_price', id: model };
    return note(events, tx, { ...by(scope), action: `model_price.${what}`, subject, details });
  };

  async function pricesOf(tenantId: string): Promise<PriceTable> {
    const known = tables.get(tenantId);
    if (known !== undefined) return known;
    const rows = await repo.listPrices(db, tenantId);
    const table = { ...PRICES, ...Object.fromEntries(rows.map((row) => [row.model, toPrice(row)])) };
    tables.set(tenantId, table);
    return table;
  }

  /** The id of the target, if the caller may see what it spends. @throws AppError not_found, forbidden, invalid */
  async function requireTarget(
    scope: Scope,
    target: SpendingTarget,
    given: string | undefined,
  ): Promise<string> {
    const admin = scope.role === 'admin';
    const others = () =>
      new AppError('forbidden', 'admin_only', 'Only an administrator sees and limits what others spend.');
    if (target === 'tenant') {
      if (!admin) throw others();
      return scope.tenantId;
    }
    const id = given?.toLowerCase() ?? (target === 'owner' ? scope.user.id : undefined);
    if (id === undefined)
      throw new AppError('invalid', 'invalid_input', `targetId: give the id of the ${target}.`);
    if (target === 'agent') await profiles.requireOwned(scope, id);
    else if (target === 'owner') {
      if (!admin && id !== scope.user.id) throw others();
      await identity.get(scope, id);
    } else {
      const run = await repo.findRunOf(db, scope.tenantId, id);
      const agent = run === undefined ? undefined : await profiles.find(scope.tenantId, run.agentId);
      const sees =
        run !== undefined &&
        (admin ||
          run.askerId === scope.user.id ||
          (agent !== undefined && profiles.answersFor(scope, agent)));
      if (!sees) throw notFound('run_not_found', 'There is no such run, or you may not see it.');
    }
    return id;
  }

  async function show(
    scope: Scope,
    target: 'tenant' | 'owner' | 'agent',
    targetId: string,
  ): Promise<c.Budget> {
    const rows = await repo.listBudgets(db, scope.tenantId, target, targetId);
    const [today] = await repo.listSpending(db, scope.tenantId, target, targetId, {
      from: undefined,
      to: undefined,
      days: 1,
    });
    const byOwner = rows.find((row) => !row.byAdministrator);
    const byAdministrators = rows.find((row) => row.byAdministrator);
    const strictest = (of: (row: repo.Limits) => number | null): number | null => {
      const set = rows.flatMap((row) => of(row) ?? []);
      return set.length === 0 ? null : Math.min(...set);
    };
    return {
      target,
      targetId,
      limits: toLimits({
        tokensPerDay: strictest((row) => row.tokensPerDay),
        microsPerDay: strictest((row) => row.microsPerDay),
        tokensPerRun: strictest((row) => row.tokensPerRun),
        microsPerRun: strictest((row) => row.microsPerRun),
      }),
      ...(byOwner === undefined ? {} : { byOwner: toLimits(byOwner) }),
      ...(byAdministrators === undefined ? {} : { byAdministrators: toLimits(byAdministrators) }),
      today: {
        ...sum(today === undefined ? [] : [today]),
        heldTokens: today?.heldTokens ?? 0,
        heldCostUsd: (today?.heldMicros ?? 0) / 1_000_000,
      },
    };
  }

  return {
    pricesOf,

    async get(scope: Scope, { target, targetId }: InputOf<typeof c.getBudget>): Promise<c.Budget> {
      return show(scope, target, await requireTarget(scope, target, targetId));
    },

    async set(
      scope: Scope,
      { target, targetId: given, ...change }: InputOf<typeof c.setBudget>,
    ): Promise<c.Budget> {
      if (scope.user.kind !== 'human')
        throw new AppError('forbidden', 'humans_only', 'Only a person sets budgets.');
      const targetId = await requireTarget(scope, target, given);
      const inMicros = (usd: number | null) => (usd === null ? null : micros(usd));
      const { tokensPerDay, costUsdPerDay, tokensPerRun, costUsdPerRun } = change;
      const set: Partial<repo.Limits> = {
        ...(tokensPerDay === undefined ? {} : { tokensPerDay }),
        ...(costUsdPerDay === undefined ? {} : { microsPerDay: inMicros(costUsdPerDay) }),
        ...(tokensPerRun === undefined ? {} : { tokensPerRun }),
        ...(costUsdPerRun === undefined ? {} : { microsPerRun: inMicros(costUsdPerRun) }),
      };
      const { tenantId } = scope;
      const byAdministrator = scope.role === 'admin';
      const at = { tenantId, target, targetId, byAdministrator };
      await database.transaction(async (tx) => {
        const before = await repo.findLimits(tx, at);
        await repo.upsertBudget(tx, { ...at, id: newId(), updatedBy: scope.user.id }, set);
        await note(events, tx, {
          ...by(scope),
          action: 'budget.set',
          subject: { type: target, id: targetId },
          ...(target === 'agent' ? { agentId: targetId } : {}),
          details: {
            byAdministrator,
            before: before && stateHash(before),
            after: stateHash(await repo.findLimits(tx, at)),
          },
        });
      });
      return show(scope, target, targetId);
    },

    async usage(scope: Scope, { target, targetId, from, to }: InputOf<typeof c.getUsage>) {
      const id = await requireTarget(scope, target, targetId);
      for (const day of [from, to])
        if (day !== undefined && Number.isNaN(Date.parse(day)))
          throw new AppError('invalid', 'invalid_input', `There is no day ${day}.`);
      if (from !== undefined && to !== undefined) {
        const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
        if (days < 1 || days > MOST_DAYS)
          throw new AppError('invalid', 'invalid_input', `from, to: ask for 1 to ${MOST_DAYS} days.`);
      }
      const rows = await repo.listSpending(db, scope.tenantId, target, id, { from, to, days: DAYS });
      return { total: sum(rows), days: rows.map((row) => ({ day: row.day, ...sum([row]) })) };
    },

    async calls(scope: Scope, { agentId, limit, cursor }: InputOf<typeof c.listModelCalls>) {
      await profiles.requireOwned(scope, agentId);
      const rows = await repo.listCalls(db, scope.tenantId, agentId, {
        beforeId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const data = rows.slice(0, limit).map(toCall);
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    async prices({ tenantId }: Scope): Promise<{ data: c.ModelPrice[] }> {
      const rows = await repo.listPrices(db, tenantId);
      const edited = new Set(rows.map((row) => row.model));
      const data = [
        ...rows.map((row) => ({ model: row.model, ...toPrice(row), edited: true })),
        ...Object.entries(PRICES).flatMap(([model, price]) =>
          edited.has(model) ? [] : [{ model, ...price, edited: false }],
        ),
      ];
      return { data: data.sort((a, b) => (a.model < b.model ? -1 : 1)) };
    },

    async setPrice(
      scope: Scope,
      { model, input, output, above }: InputOf<typeof c.setPrice>,
    ): Promise<c.ModelPrice> {
      const price = {
        input,
        output,
        aboveTokens: above?.tokens ?? null,
        aboveInput: above?.input ?? null,
        aboveOutput: above?.output ?? null,
      };
      await database.transaction(async (tx) => {
        await repo.upsertPrice(tx, { ...price, tenantId: scope.tenantId, model, updatedBy: scope.user.id });
        await notePrice(tx, scope, 'set', model, { input, output, after: stateHash(price) });
      });
      tables.delete(scope.tenantId);
      return { model, input, output, ...(above === undefined ? {} : { above }), edited: true };
    },

    async resetPrice(scope: Scope, model: string): Promise<{ reset: boolean }> {
      const { tenantId } = scope;
      const reset = await database.transaction(async (tx) => {
        const gone = await repo.deletePrice(tx, tenantId, model);
        if (gone) await notePrice(tx, scope, 'reset', model);
        return gone;
      });
      tables.delete(tenantId);
      return { reset };
    },

    /** What a call cost, by the price of the model that answered, or of the one that was asked. */
    async costOf(
      tenantId: string,
      models: readonly string[],
      usage: { inputTokens: number; outputTokens: number },
    ): Promise<number | undefined> {
      const table = await pricesOf(tenantId);
      for (const model of models) {
        const usd = costUsd(model, usage, table);
        if (usd !== undefined) return usd;
      }
      return undefined;
    },
  };
}

const toPrice = (row: repo.PriceRow) => ({
  input: row.input,
  output: row.output,
  ...(row.aboveTokens === null || row.aboveInput === null || row.aboveOutput === null
    ? {}
    : { above: { tokens: row.aboveTokens, input: row.aboveInput, output: row.aboveOutput } }),
});

const dollars = (amount: number | null): number | null => (amount === null ? null : amount / 1_000_000);

const toLimits = (row: repo.Limits) => ({
  tokensPerDay: row.tokensPerDay,
  costUsdPerDay: dollars(row.microsPerDay),
  tokensPerRun: row.tokensPerRun,
  costUsdPerRun: dollars(row.microsPerRun),
});

function sum(rows: repo.SpendingRow[]): c.Usage {
  const total = { calls: 0, inputTokens: 0, outputTokens: 0, micros: 0, unpricedCalls: 0 };
  for (const row of rows)
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += row[key];
  const { micros: spent, ...counts } = total;
  return { ...counts, costUsd: spent / 1_000_000 };
}

const toCall = (row: repo.ModelCallRow): c.ModelCall => ({
  id: row.id,
  agentId: row.agentId,
  ...(row.runId === null ? {} : { runId: row.runId }),
  provider: row.provider,
  model: row.model,
  status: row.status,
  ...(row.reason === null ? {} : { reason: row.reason }),
  inputTokens: row.inputTokens,
  outputTokens: row.outputTokens,
  ...(row.micros === null ? {} : { costUsd: row.micros / 1_000_000 }),
  createdAt: row.createdAt.toISOString(),
  ...(row.settledAt === null ? {} : { settledAt: row.settledAt.toISOString() }),
});

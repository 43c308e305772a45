// Holds what a model call may cost before it leaves, and settles what it did cost: parallel calls take turns on what is spent,
// so together they cannot exceed a limit. A hold that nobody settles is counted in full. Must never guess a price.
import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../core/db/database.ts';
import { newId } from '../../core/ids.ts';
import type { Logger } from '../../core/logger.ts';
import type { BudgetOptions, Hold, Spent, Wanted } from '../llm/budget.ts';
import { costUsd, type PriceTable } from '../llm/prices.ts';
import * as repo from './repository.ts';

export interface LedgerDeps {
  database: Database;
  clock: Clock;
  logger: Logger;
  /** The longest a call may take, in ms. */
  callMs: number;
  pricesOf(tenantId: string): Promise<PriceTable>;
  onRefused(limit: string): void;
}

/** A call may be shortened to what is left, but not below this many tokens to write. */
const LEAST_OUTPUT = 512;
/** After the longest call, until its hold is counted as spent. */
const GRACE_SECONDS = 60;
const SWEEP_MS = 30_000;
const SWEEP_MOST = 100;

export const micros = (usd: number): number => Math.round(usd * 1_000_000);

export function createLedger(deps: LedgerDeps) {
  const { database, clock, logger } = deps;
  const stopped = new AbortController();
  /** Settlements under way; they may outlive the call that they are for. */
  const settling = new Set<Promise<void>>();
  let sweeping: Promise<void> = Promise.resolve();

  async function reserve(payers: repo.Payers, wanted: Wanted): Promise<Hold | { refused: string }> {
    const prices = await deps.pricesOf(payers.tenantId);
    const id = newId();
    const { provider, model, inputTokens } = wanted;
    const holdSeconds = deps.callMs / 1000 + GRACE_SECONDS;
    const hold = (day: string, outputTokens: number): Hold => ({
      outputTokens,
      settle(spent) {
        const done = settle(payers.tenantId, { id, day, model }, spent, prices);
        settling.add(done);
        return done.finally(() => settling.delete(done));
      },
    });
    const most = costUsd(model, wanted, prices) ?? 0;
    const call = {
      id,
      provider,
      model,
      tokens: inputTokens + wanted.outputTokens,
      micros: Math.ceil(most * 1_000_000),
    };
    const day = await repo.holdUnlimited(database.db, payers, call, holdSeconds);
    if (day !== undefined) return hold(day, wanted.outputTokens);
    const outcome = await database.transaction(async (tx) => {
      const standings = await repo.lockSpending(tx, payers);
      const day = standings.find((s) => s.target === 'tenant')?.day as string;
      const fit = decide(standings, wanted, (tokens) =>
        costUsd(model, { inputTokens, outputTokens: tokens }, prices),
      );
      const refused = 'refused' in fit;
      await repo.insertCall(
        tx,
        {
          ...payers,
          id,
          day,
          provider,
          model,
          status: refused ? 'refused' : 'held',
          reason: refused ? fit.refused : null,
          heldTokens: inputTokens + (refused ? wanted.outputTokens : fit.outputTokens),
          heldMicros: refused ? 0 : fit.micros,
        },
        holdSeconds,
      );
      return { ...fit, day };
    });
    if ('refused' in outcome) {
      deps.onRefused(outcome.refused);
      return { refused: outcome.refused };
    }
    return hold(outcome.day, outcome.outputTokens);
  }

  async function settle(
    tenantId: string,
    call: { id: string; day: string; model: string },
    { model, usage, outcome }: Spent,
    prices: PriceTable,
  ): Promise<void> {
    const usd = costUsd(model, usage, prices) ?? costUsd(call.model, usage, prices);
    try {
      await repo.settleCall(database.db, tenantId, call.id, call.day, {
        status: 'settled',
        reason: outcome,
        model,
        inputTokens: usage.inputTokens,
        outputTokens: usage.outputTokens,
        micros: usd === undefined ? null : micros(usd),
      });
    } catch (error) {
      // The hold stays, and is counted in full when its time is over.
      logger.warn({ err: error, callId: call.id }, 'a model call could not be settled');
    }
  }

  async function sweep(): Promise<void> {
    for (const call of await database.transaction((tx) => repo.listOverdue(tx, SWEEP_MOST))) {
      logger.warn({ callId: call.id }, 'the end of a model call was never heard; it counts in full');
      await repo.settleCall(database.db, call.tenantId, call.id, call.day, {
        status: 'lost',
        reason: 'lost',
        inputTokens: call.heldTokens,
        outputTokens: 0,
        micros: call.heldMicros,
      });
    }
  }

  async function sweepUntilStopped(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        await clock.sleep(SWEEP_MS, stopped.signal);
        await sweep();
      } catch (error) {
        if (!stopped.signal.aborted) logger.warn({ err: error }, 'sweeping model calls failed; trying again');
      }
    }
  }

  return {
    sweep,
    /** For the wrappers around one call of a model. */
    forCall: (payers: repo.Payers): BudgetOptions => ({ reserve: (wanted) => reserve(payers, wanted) }),
    start() {
      sweeping = sweepUntilStopped();
    },
    /** After the last run has ended. */
    async stop(): Promise<void> {
      stopped.abort();
      await sweeping;
      await Promise.all(settling);
    },
  };
}

/**
 * What a call may write within all limits, or the limit in the way, as `agent:tokens_per_day`.
 * @param price of the whole call by the tokens it writes; undefined when nobody knows it
 */
export function decide(
  standings: readonly Pick<repo.Standing, 'target' | 'tokens' | 'micros' | 'maxTokens' | 'maxMicros'>[],
  { inputTokens, outputTokens }: Pick<Wanted, 'inputTokens' | 'outputTokens'>,
  price: (outputTokens: number) => number | undefined,
): { outputTokens: number; micros: number } | { refused: string } {
  const least = Math.min(LEAST_OUTPUT, outputTokens);
  let most = outputTokens;
  for (const { target, tokens, maxTokens } of standings) {
    if (maxTokens === null) continue;
    most = Math.min(most, maxTokens - tokens - inputTokens);
    if (most < least) return { refused: `${target}:tokens_per_${target === 'run' ? 'run' : 'day'}` };
  }
  for (const { target, micros: spent, maxMicros } of standings) {
    if (maxMicros === null) continue;
    const limit = `${target}:cost_per_${target === 'run' ? 'run' : 'day'}`;
    const without = price(0);
    const whole = price(most);
    // A limit in money means nothing to a model without a price: an administrator sets one, be it zero.
    if (without === undefined || whole === undefined) return { refused: `${limit}:price_unknown` };
    const left = (maxMicros - spent) / 1_000_000;
    if (whole > left) most = Math.floor((most * (left - without)) / (whole - without));
    if (!(most >= least)) return { refused: limit };
  }
  return { outputTokens: most, micros: Math.ceil((price(most) ?? 0) * 1_000_000) };
}

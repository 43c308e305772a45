// An agent's numbers for whoever answers for it, from what is stored anyway: runs, journal, executions, the ledger of model calls.
import type { InputOf } from '../../core/contract.ts';
import type { Database } from '../../core/db/database.ts';
import type { Scope } from '../../core/scope.ts';
import type { AgentMetrics, getAgentMetrics } from './contract.ts';
import * as repo from './repository.ts';

export type ActivityService = ReturnType<typeof createActivityService>;

export interface ActivityDeps {
  database: Database;
  /** Throws unless the caller answers for the agent. */
  requireOwned(scope: Scope, agentId: string): Promise<unknown>;
}

export function createActivityService({ database: { db }, requireOwned }: ActivityDeps) {
  return {
    async metrics(scope: Scope, { agentId, days }: InputOf<typeof getAgentMetrics>): Promise<AgentMetrics> {
      await requireOwned(scope, agentId);
      const of = { tenantId: scope.tenantId, agentId, days };
      const runs = await repo.runNumbers(db, of);
      const prompts = await repo.promptNumbers(db, of);
      const calls = await repo.callNumbers(db, of);
      const { good, bad } = await repo.ratingNumbers(db, of);
      const over = runs.answered + runs.silent + runs.failed + runs.attention;
      return {
        agentId,
        from: runs.fromAt.toISOString(),
        to: runs.toAt.toISOString(),
        performance: {
          responseTime: times(runs.p50, runs.p95),
          responseTimeBefore: times(runs.p50Before, runs.p95Before),
          answered: runs.answered,
          silent: runs.silent,
          contextTime: times(prompts.p50, prompts.p95),
          recalledShare: prompts.recalled,
          memoriesPerPrompt: prompts.perPrompt,
          satisfaction: { good, bad, goodShare: good + bad === 0 ? null : good / (good + bad) },
          conversation: {
            answersPerPerson: runs.people === 0 ? null : runs.answered / runs.people,
            returningShare: runs.returning,
          },
        },
        usage: {
          runs: runs.runs,
          messages: runs.messages,
          people: runs.people,
          rooms: runs.rooms,
          modelCalls: calls.calls,
          inputTokens: calls.inputTokens,
          outputTokens: calls.outputTokens,
          costUsd: calls.micros / 1_000_000,
          unpricedCalls: calls.unpriced,
          tools: (await repo.toolNumbers(db, of)).map(({ tool, calls, success, p50, p95 }) => ({
            tool,
            calls,
            successShare: success,
            time: times(p50, p95),
          })),
        },
        health: {
          failed: runs.failed,
          cancelled: runs.cancelled,
          needsAttention: runs.attention,
          failureShare: over === 0 ? null : (runs.failed + runs.attention) / over,
          failures: await repo.failures(db, of),
          refusedModelCalls: calls.refused,
          failedModelCalls: calls.failed,
          open: runs.open,
          runningMs: runs.runningMs,
          memories: await repo.memoryNumbers(db, of),
        },
      };
    },
  };
}

const times = (p50: number | null, p95: number | null) => ({ p50Ms: round(p50), p95Ms: round(p95) });
const round = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));

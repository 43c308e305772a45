// A person's word on an effect whose outcome nobody knows: it happened, it did not, or leave it. The run goes on from there, told
// what the person found. Must never repeat the call by itself.
import { note as audit, by } from '../../core/audit-note.ts';
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import type { Scope } from '../../core/scope.ts';
import { outcomeOf, type ToolResult, toolFailure } from '../../tools/service.ts';
import { requirePerson } from '../approvals/service.ts';
import type { ProfilesService } from '../profiles/service.ts';
import type { Run, resolveRun } from './contract.ts';
import * as repo from './repository.ts';
import { callState, type ToolStep } from './steps.ts';
import { toRun } from './view.ts';

export interface AttentionDeps {
  database: Database;
  events: Events;
  profiles: ProfilesService;
  wake(tx: Tx, tenantId: string, ids: string[], from: 'needs_attention'): Promise<repo.RunRow[]>;
  cancel(tx: Tx, tenantId: string, ids: string[], reason: string): Promise<repo.RunRow[]>;
}

const NOT_FOUND = () => notFound('run_not_found', 'There is no such run, or you may not see it.');
const SETTLED = () =>
  new AppError('conflict', 'not_waiting', 'This run does not wait for a word on what became of a call.');

export type Attention = ReturnType<typeof createAttention>;

export function createAttention({ database, events, profiles, wake, cancel }: AttentionDeps) {
  return {
    async resolve(scope: Scope, { runId, outcome, note }: InputOf<typeof resolveRun>): Promise<Run> {
      const { tenantId } = scope;
      const run = await repo.findRun(database.db, tenantId, runId);
      const agent = run && (await profiles.find(tenantId, run.agentId));
      if (run === undefined || agent === undefined) throw NOT_FOUND();
      if (!profiles.answersFor(scope, agent)) {
        if (run.askerId !== scope.user.id) throw NOT_FOUND();
        throw new AppError(
          'forbidden',
          'not_owner',
          'Only the agent’s owner or an administrator may do this.',
        );
      }
      requirePerson(scope);
      return database.transaction(async (tx) => {
        const [taken] =
          outcome === 'give_up'
            ? await cancel(tx, tenantId, run.status === 'needs_attention' ? [runId] : [], 'given_up')
            : await wake(tx, tenantId, [runId], 'needs_attention');
        if (taken === undefined) throw SETTLED();
        if (outcome !== 'give_up') await settle(tx, taken, outcome, note, scope.user.id);
        await audit(events, tx, {
          ...by(scope),
          action: 'run.resolved',
          subject: { type: 'run', id: runId },
          agentId: run.agentId,
          roomId: run.roomId,
          details: { outcome },
        });
        return toRun(taken);
      });
    },
  };

  /** Writes what the person found where the result of the call would stand. */
  async function settle(
    tx: Tx,
    { tenantId, id: runId }: repo.RunRow,
    outcome: 'happened' | 'not_happened',
    note: string | undefined,
    by: string,
  ): Promise<void> {
    const steps = (await repo.listSteps(tx, tenantId, runId)).map((row) => row.data);
    const { intent } = callState(steps);
    if (intent === undefined) throw SETTLED();
    const { callId, executionId, name } = intent;
    const said = note === undefined ? '' : ` They add: ${note}`;
    const result: ToolResult =
      outcome === 'happened'
        ? { ok: true, output: { settledBy: by, found: `A person found that this call took effect.${said}` } }
        : toolFailure('not_happened', `A person found that this call did not take effect.${said}`);
    const { text, isError, record } = outcomeOf({ tenantId, executionId, result, durationMs: 0 });
    const step: ToolStep = { kind: 'tool', callId, name, executionId, result: text, isError };
    await repo.insertStep(tx, {
      runId,
      step: steps.length + 1,
      tenantId,
      kind: 'tool',
      data: JSON.stringify(step),
      costUsd: null,
    });
    await record(tx);
  }
}

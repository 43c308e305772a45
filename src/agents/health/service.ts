// How agents have been doing: one whose runs fail again and again may only look and answer until it does better, or until its
// owner says otherwise. Must never stop an agent from answering.
import { by, note } from '../../core/audit-note.ts';
import type { Database } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import type { Scope } from '../../core/scope.ts';
import type { AgentMode } from './contract.ts';
import * as repo from './repository.ts';

export type HealthService = ReturnType<typeof createHealthService>;

export interface HealthDeps {
  database: Database;
  events: Events;
  /** Throws unless the caller answers for the agent. */
  requireOwned(scope: Scope, agentId: string): Promise<unknown>;
}

export function createHealthService({ database, events, requireOwned }: HealthDeps) {
  const { db } = database;

  async function mode(tenantId: string, agentId: string): Promise<AgentMode> {
    const row = await repo.findHealth(db, tenantId, agentId);
    const since = row?.analysisOnlySince ?? undefined;
    return {
      agentId,
      mode: since === undefined ? 'normal' : 'analysis_only',
      failures: row?.failures ?? 0,
      ...(row === undefined || row.reason === null ? {} : { reason: row.reason }),
      ...(since === undefined ? {} : { since: since.toISOString() }),
    };
  }

  return {
    isAnalysisOnly: async (tenantId: string, agentId: string): Promise<boolean> =>
      (await mode(tenantId, agentId)).mode === 'analysis_only',

    async get(scope: Scope, agentId: string): Promise<AgentMode> {
      await requireOwned(scope, agentId);
      return mode(scope.tenantId, agentId);
    },

    async set(scope: Scope, agentId: string, wanted: AgentMode['mode']): Promise<AgentMode> {
      await requireOwned(scope, agentId);
      const analysisOnly = wanted === 'analysis_only';
      const { mode: before } = await mode(scope.tenantId, agentId);
      await database.transaction(async (tx) => {
        await repo.setMode(tx, scope.tenantId, agentId, analysisOnly);
        const subject = { type: 'agent', id: agentId };
        const details = { before, after: wanted };
        await note(events, tx, { ...by(scope), action: 'agent.mode_set', subject, agentId, details });
      });
      return mode(scope.tenantId, agentId);
    },
  };
}

// Revisions of agents' settings: seen, gone back to, and what a run that began under an older one goes by. Rights that were taken
// away since count at once: an old revision gives nobody a tool back.
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import { canonicalJson } from '../approvals/service.ts';
import { ProactiveSettings } from '../proactive/contract.ts';
import type { Agent } from '../profiles/contract.ts';
import type { listRevisions, Revision, rollbackAgent } from './contract.ts';
import * as repo from './repository.ts';
import type { Settings } from './tables.ts';

export type { Settings } from './tables.ts';
export type RevisionsService = ReturnType<typeof createRevisionsService>;

export interface RevisionsDeps {
  database: Database;
  profiles: {
    /** Throws unless the caller answers for the agent. */
    requireOwned(scope: Scope, agentId: string): Promise<{ createdBy: string | null; revision: number }>;
    get(scope: Scope, agentId: string): Promise<Agent>;
    /** Puts settings in place as an update does, and records them where they are new. */
    apply(tx: Tx, tenantId: string, agentId: string, settings: Settings, byId: string): Promise<void>;
  };
  /** Names of the tools that the agent may be given now. */
  toolNames(place: { tenantId: string; agentId: string; ownerId: string | null }): Promise<string[]>;
}

export function createRevisionsService({ database, profiles, toolNames }: RevisionsDeps) {
  const { db } = database;

  return {
    async list(scope: Scope, { agentId, limit, cursor }: InputOf<typeof listRevisions>) {
      const agent = await profiles.requireOwned(scope, agentId);
      const before = cursor !== undefined && /^\d{1,9}$/.test(cursor) ? Number(cursor) : undefined;
      // One more, to tell what the last of the page changed.
      const rows = await repo.listRevisions(db, scope.tenantId, agentId, { before, limit: limit + 1 });
      const data = rows.slice(0, limit).map((row, i) => toRevision(row, rows[i + 1], agent.revision));
      const last = data.at(-1);
      return {
        data,
        ...(rows.length > limit && last !== undefined ? { nextCursor: String(last.revision) } : {}),
      };
    },

    async rollback(scope: Scope, { agentId, revision }: InputOf<typeof rollbackAgent>): Promise<Agent> {
      const { tenantId } = scope;
      const agent = await profiles.requireOwned(scope, agentId);
      const known = new Set(await toolNames({ tenantId, agentId, ownerId: agent.createdBy }));
      await database.transaction(async (tx) => {
        const row = await repo.findRevision(tx, tenantId, agentId, revision);
        if (row === undefined)
          throw notFound('revision_not_found', 'This agent has no such revision; list them first.');
        const capabilities = row.settings.capabilities.filter((name) => known.has(name));
        // Pointed at first: what is applied then differs from it only where tools are gone.
        await repo.pointAt(tx, tenantId, agentId, revision);
        await profiles.apply(tx, tenantId, agentId, { ...row.settings, capabilities }, scope.user.id);
      });
      return profiles.get(scope, agentId);
    },

    /** The settings of one revision. @throws AppError not_found */
    async settingsOf(tenantId: string, agentId: string, revision: number): Promise<Settings> {
      const row = await repo.findRevision(db, tenantId, agentId, revision);
      if (row === undefined)
        throw new AppError('not_found', 'revision_not_found', 'This agent has no such revision.');
      return row.settings;
    },

    /** The agent as it was when the run began, with no more rights than it has now. */
    async asOf<A extends Settings & { id: string; tenantId: string; revision: number }>(
      agent: A,
      revision: number | null,
    ): Promise<A> {
      if (revision === null || revision === agent.revision) return agent;
      const row = await repo.findRevision(db, agent.tenantId, agent.id, revision);
      if (row === undefined) return agent;
      const { capabilities, memoryEnabled, ...settings } = row.settings;
      return {
        ...agent,
        ...settings,
        capabilities: capabilities.filter((name) => agent.capabilities.includes(name)),
        memoryEnabled: memoryEnabled && agent.memoryEnabled,
      };
    },
  };
}

function toRevision(row: repo.RevisionRow, before: repo.RevisionRow | undefined, current: number): Revision {
  const changed = repo.SETTINGS.filter(
    (name) =>
      before !== undefined &&
      canonicalJson(row.settings[name] ?? {}) !== canonicalJson(before.settings[name] ?? {}),
  );
  return {
    agentId: row.agentId,
    revision: row.revision,
    current: row.revision === current,
    settings: {
      ...row.settings,
      personality: row.settings.personality as Revision['settings']['personality'],
      proactive: ProactiveSettings.parse(row.settings.proactive ?? {}),
    },
    changed,
    ...(row.byId === null ? {} : { byId: row.byId }),
    createdAt: row.createdAt.toISOString(),
  };
}

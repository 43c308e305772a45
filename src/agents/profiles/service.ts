// Agents' profiles: an agent is a user with instructions, a model and tools. Its user and its profile are made together.
// Must never show an agent's instructions to anyone but those who answer for it.

import { type AuditNote, by, note } from '../../core/audit-note.ts';
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import {
  handleFromName,
  handleKey,
  type IdentityService,
  isUuid,
  type UserRemoved,
} from '../../server/identity/service.ts';
import type { MembershipChanged, RoomsService } from '../../server/rooms/service.ts';
import type { LlmRouter } from '../llm/llm.ts';
import { ProactiveSettings } from '../proactive/contract.ts';
import type { Settings } from '../revisions/service.ts';
import type { Agent, cloneAgent, createAgent, updateAgent } from './contract.ts';
import * as repo from './repository.ts';

export type { AgentRow } from './repository.ts';
export type ProfilesService = ReturnType<typeof createProfilesService>;

export interface ProfilesDeps {
  database: Database;
  events: Events;
  identity: IdentityService;
  rooms: RoomsService;
  router: LlmRouter;
  /** Names of the tools an agent may be given. */
  toolNames: (place: { tenantId: string; agentId: string; ownerId: string | null }) => Promise<string[]>;
  /** Names of the tools a new agent gets. */
  defaultTools: () => string[];
  /** Gives an agent the limits on its tools that another has, by this person's word. */
  /** A hash of the tools and the limits on them, for the audit. */
  hashTools: (tx: Tx, tenantId: string, agentId: string, tools: readonly string[]) => Promise<string>;
  copyLimits: (tx: Tx, tenantId: string, fromId: string, toId: string, byId: string) => Promise<void>;
  /** Ends what the agent is doing, inside `tx`; effects outside the database follow its commit. */
  stopAll: (tx: Tx, tenantId: string, agentId: string, reason: string) => Promise<void>;
}

/** The agent every server starts with. */
export const PARLEY = {
  handle: 'parley',
  name: 'Parley',
  description: 'The agent that comes with this server. Ask it anything.',
};

/** Handles that are tried for a clone that was given none. */
const MOST_CLONES = 100;

const badHandle = () =>
  new AppError(
    'invalid',
    'invalid_input',
    'handle: has lower-case letters, digits, "_", "." and "-", and at most 32 of them',
  );

const AGENT_NOT_FOUND = () => notFound('agent_not_found', 'There is no such agent.');

export function createProfilesService(deps: ProfilesDeps) {
  const { database, events, identity, rooms, router, stopAll } = deps;
  const { db } = database;

  const answersFor = (scope: Scope, row: repo.AgentRow): boolean =>
    scope.role === 'admin' || row.createdBy === scope.user.id;

  function toAgent(scope: Scope, row: repo.AgentRow): Agent {
    const choice = router.pick({ provider: row.llmProvider, model: row.modelName });
    const owner = row.createdBy === null ? {} : { ownerId: row.createdBy };
    return {
      id: row.id,
      user: {
        id: row.id,
        kind: 'agent',
        handle: row.handle,
        name: row.name,
        ...(row.avatarUrl === null ? {} : { avatarUrl: row.avatarUrl }),
        ...owner,
      },
      handle: row.handle,
      name: row.name,
      ...(row.description === null ? {} : { description: row.description }),
      ...owner,
      llmProvider: row.llmProvider,
      modelName: row.modelName,
      effectiveProvider: choice.provider,
      effectiveModel: choice.model,
      providerReason: choice.reason,
      ...(answersFor(scope, row)
        ? { systemPrompt: row.systemPrompt, proactive: ProactiveSettings.parse(row.proactive) }
        : {}),
      personality: row.personality as Agent['personality'],
      capabilities: row.capabilities,
      memoryEnabled: row.memoryEnabled,
      isActive: row.isActive,
      responseMode: row.responseMode,
      revision: row.revision,
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
    };
  }

  async function requireAgent(
    scope: Scope,
    id: string,
    at: Database['db'] | Tx = db,
  ): Promise<repo.AgentRow> {
    const row = await repo.findAgent(at, scope.tenantId, id);
    if (row === undefined) throw AGENT_NOT_FOUND();
    return row;
  }

  /** The agent if the caller answers for it. @throws AppError not_found, forbidden */
  async function requireOwned(
    scope: Scope,
    id: string,
    at: Database['db'] | Tx = db,
  ): Promise<repo.AgentRow> {
    const row = await requireAgent(scope, id, at);
    if (!answersFor(scope, row))
      throw new AppError('forbidden', 'not_owner', 'Only its owner or an administrator may do this.');
    return row;
  }

  /** @throws AppError invalid */
  async function checkCapabilities(
    place: { tenantId: string; agentId: string; ownerId: string | null },
    capabilities: string[],
  ): Promise<string[]> {
    const known = new Set(await deps.toolNames(place));
    const unknown = capabilities.filter((name) => !known.has(name));
    if (unknown.length > 0)
      throw new AppError(
        'invalid',
        'unknown_tool',
        `capabilities: there is no tool "${unknown[0]}"; GET /api/tools lists them.`,
      );
    return [...new Set(capabilities)];
  }

  async function insert(
    tx: Tx,
    tenantId: string,
    input: Omit<InputOf<typeof createAgent>, 'handle'> & { id?: string; handle: string },
    ownerId: string | null,
  ): Promise<repo.AgentRow> {
    const { id = newId() } = input;
    await identity.createAgentUser(tx, tenantId, { id, handle: input.handle, name: input.name, ownerId });
    await repo.insertAgent(tx, {
      id,
      tenantId,
      name: input.name,
      description: input.description ?? null,
      createdBy: ownerId,
      llmProvider: input.llmProvider ?? 'auto',
      modelName: input.modelName ?? '',
      systemPrompt: input.systemPrompt ?? '',
      personality: JSON.stringify(input.personality ?? {}),
      capabilities: JSON.stringify(input.capabilities ?? deps.defaultTools()),
      memoryEnabled: input.memoryEnabled ?? true,
      responseMode: input.responseMode ?? 'mention',
      proactive: JSON.stringify(input.proactive ?? {}),
    });
    return (await repo.findAgent(tx, tenantId, id)) as repo.AgentRow;
  }

  const audit = (
    tx: Tx,
    scope: Scope,
    what: string,
    id: string,
    details: AuditNote['details'] = {},
  ): Promise<void> =>
    note(events, tx, {
      ...by(scope),
      action: `agent.${what}`,
      subject: { type: 'agent', id },
      agentId: id,
      details,
    });

  async function toolsHash(tx: Tx, tenantId: string, id: string): Promise<string | undefined> {
    const row = await repo.findAgent(tx, tenantId, id);
    return row && deps.hashTools(tx, tenantId, id, row.capabilities);
  }

  /** The hashes of its tools and limits, where they differ. */
  async function toolsChange(tx: Tx, tenantId: string, id: string, before: string | undefined) {
    const after = await toolsHash(tx, tenantId, id);
    return before === after ? {} : { toolsBefore: before, toolsAfter: after };
  }

  /** The first of otto, otto-2, otto-3, … that nobody has. */
  async function freeHandle(tx: Tx, tenantId: string, base: string): Promise<string> {
    for (let n = 1; n <= MOST_CLONES; n++) {
      const handle = n === 1 ? base : `${base.slice(0, 28)}-${n}`;
      if (!(await repo.hasHandle(tx, tenantId, handleKey(handle)))) return handle;
    }
    throw new AppError('conflict', 'name_taken', 'handle: all like it are taken; give one.');
  }

  events.on<MembershipChanged>('membership.changed', async (tx, changes) => {
    for (const { tenantId, roomId, user, change, by } of changes) {
      if (user.kind !== 'agent') continue;
      if (change === 'joined') await repo.insertAgentRoom(tx, tenantId, roomId, user.id, by);
      else await repo.deleteAgentRoom(tx, tenantId, roomId, user.id);
    }
  });

  // Nobody answers for these agents any more: they are silent until an administrator does.
  events.on<UserRemoved>('user.removed', async (tx, removed) => {
    for (const { tenantId, userId, by } of removed) {
      for (const agentId of await repo.listAgentIdsOf(tx, tenantId, userId)) {
        await repo.updateAgent(tx, tenantId, agentId, { isActive: false });
        await identity.updateAgentUser(tx, tenantId, agentId, { suspendedAt: identity.now() });
        await stopAll(tx, tenantId, agentId, 'owner_removed');
        const subject = { type: 'agent', id: agentId };
        await note(events, tx, {
          tenantId,
          action: 'agent.suspended',
          actorId: by,
          subject,
          agentId,
          details: { reason: 'owner_removed' },
        });
      }
    }
  });

  return {
    requireAgent,
    requireOwned,
    answersFor,

    /** Names of its tools as they are now; undefined when it is switched off or gone. */
    async enabledTools(at: Database['db'] | Tx, tenantId: string, id: string) {
      const row = await repo.findAgent(at, tenantId, id);
      return row?.isActive === true ? row.capabilities : undefined;
    },

    /** The agent as its run needs it; undefined when it is gone. */
    find: (tenantId: string, id: string) => repo.findAgent(db, tenantId, id),

    async list(
      scope: Scope,
      page: { limit: number; cursor?: string | undefined; scope: 'mine' | 'all' },
    ): Promise<{ data: Agent[]; nextCursor?: string }> {
      if (page.scope === 'all' && scope.role !== 'admin')
        throw new AppError('forbidden', 'admin_only', 'Only an administrator sees all agents.');
      const rows = await repo.listAgents(db, scope.tenantId, {
        createdBy: page.scope === 'mine' ? scope.user.id : undefined,
        afterId: page.cursor !== undefined && isUuid(page.cursor) ? page.cursor : undefined,
        limit: page.limit + 1,
      });
      const data = rows.slice(0, page.limit).map((row) => toAgent(scope, row));
      const last = data.at(-1);
      return { data, ...(rows.length > page.limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    async create(scope: Scope, input: InputOf<typeof createAgent>): Promise<Agent> {
      if (scope.user.kind !== 'human')
        throw new AppError('forbidden', 'humans_only', 'Only a person creates agents.');
      const handle = handleFromName(input.handle ?? input.name);
      if (handle === '' || (input.handle !== undefined && handle !== input.handle.replace(/^@/, '')))
        throw badHandle();
      const id = newId();
      const capabilities =
        input.capabilities === undefined
          ? undefined
          : await checkCapabilities(
              { tenantId: scope.tenantId, agentId: id, ownerId: scope.user.id },
              input.capabilities,
            );
      const row = await database.transaction(async (tx) => {
        const made = await insert(tx, scope.tenantId, { ...input, id, capabilities, handle }, scope.user.id);
        await audit(tx, scope, 'created', id, {
          handle,
          ...(await toolsChange(tx, scope.tenantId, id, undefined)),
        });
        return made;
      });
      return toAgent(scope, row);
    },

    async clone(scope: Scope, { agentId, name, handle }: InputOf<typeof cloneAgent>): Promise<Agent> {
      const source = await requireOwned(scope, agentId);
      if (scope.user.kind !== 'human')
        throw new AppError('forbidden', 'humans_only', 'Only a person creates agents.');
      const { tenantId } = scope;
      const id = newId();
      const known = new Set(await deps.toolNames({ tenantId, agentId: id, ownerId: scope.user.id }));
      const wanted = handle === undefined ? undefined : handleFromName(handle);
      if (wanted === '' || (handle !== undefined && wanted !== handle.replace(/^@/, ''))) throw badHandle();
      const row = await database.transaction(async (tx) => {
        const free =
          wanted ?? (await freeHandle(tx, tenantId, handleFromName(name ?? source.name) || 'agent'));
        const { description, llmProvider, modelName, systemPrompt, memoryEnabled, responseMode } = source;
        // A copy begins to speak first when its own owner says so, in rooms that he chooses.
        const { rooms: _, ...proactive } = ProactiveSettings.parse(source.proactive);
        await insert(
          tx,
          tenantId,
          {
            id,
            handle: free,
            name: name ?? `${source.name.slice(0, 60)} ${free.match(/\d+$/)?.[0] ?? '2'}`,
            description,
            llmProvider,
            modelName,
            systemPrompt,
            memoryEnabled,
            responseMode,
            proactive: { ...proactive, rooms: null, enabled: false },
            personality: source.personality as Agent['personality'],
            capabilities: source.capabilities.filter((tool) => known.has(tool)),
          },
          scope.user.id,
        );
        await deps.copyLimits(tx, tenantId, agentId, id, scope.user.id);
        const tools = await toolsChange(tx, tenantId, id, undefined);
        await audit(tx, scope, 'created', id, { handle: free, clonedFrom: agentId, ...tools });
        return requireAgent(scope, id, tx);
      });
      return toAgent(scope, row);
    },

    get: async (scope: Scope, id: string): Promise<Agent> => toAgent(scope, await requireAgent(scope, id)),

    /** @param within what must change with it, in the same transaction */
    async update(
      scope: Scope,
      { agentId, ...change }: InputOf<typeof updateAgent>,
      within?: (tx: Tx) => Promise<void>,
    ): Promise<Agent> {
      const owned = await requireOwned(scope, agentId);
      const { personality, capabilities, proactive, ...plain } = change;
      const set = {
        ...Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined)),
        ...(personality === undefined ? {} : { personality: JSON.stringify(personality) }),
        ...(proactive === undefined ? {} : { proactive: JSON.stringify(proactive) }),
        ...(capabilities === undefined
          ? {}
          : {
              capabilities: JSON.stringify(
                await checkCapabilities(
                  { tenantId: scope.tenantId, agentId, ownerId: owned.createdBy },
                  capabilities,
                ),
              ),
            }),
      };
      const row = await database.transaction(async (tx) => {
        const before = await toolsHash(tx, scope.tenantId, agentId);
        if (!(await repo.updateAgent(tx, scope.tenantId, agentId, set, scope.user.id)))
          throw AGENT_NOT_FOUND();
        if (change.name !== undefined)
          await identity.updateAgentUser(tx, scope.tenantId, agentId, { name: change.name });
        await within?.(tx);
        const tools = await toolsChange(tx, scope.tenantId, agentId, before);
        await audit(tx, scope, 'updated', agentId, { changed: Object.keys(set), ...tools });
        return requireAgent(scope, agentId, tx);
      });
      return toAgent(scope, row);
    },

    /** Puts settings of a revision in place. */
    async apply(tx: Tx, tenantId: string, agentId: string, settings: Settings, byId: string): Promise<void> {
      const { personality, capabilities, proactive, ...plain } = settings;
      const set = {
        ...plain,
        personality: JSON.stringify(personality),
        capabilities: JSON.stringify(capabilities),
        proactive: JSON.stringify(proactive ?? {}),
      };
      const before = await toolsHash(tx, tenantId, agentId);
      if (!(await repo.updateAgent(tx, tenantId, agentId, set, byId))) throw AGENT_NOT_FOUND();
      await identity.updateAgentUser(tx, tenantId, agentId, { name: settings.name });
      const details = await toolsChange(tx, tenantId, agentId, before);
      const subject = { type: 'agent', id: agentId };
      await note(events, tx, {
        tenantId,
        action: 'agent.rolled_back',
        actorId: byId,
        subject,
        agentId,
        details,
      });
    },

    async activate(scope: Scope, agentId: string, active: boolean): Promise<Agent> {
      await requireOwned(scope, agentId);
      const row = await database.transaction(async (tx) => {
        if (!(await repo.updateAgent(tx, scope.tenantId, agentId, { isActive: active })))
          throw AGENT_NOT_FOUND();
        const { suspendedAt } = await requireAgent(scope, agentId, tx);
        if (active && suspendedAt !== null) {
          if (scope.role !== 'admin')
            throw new AppError('conflict', 'suspended', 'This agent is suspended; ask an administrator.');
          await identity.updateAgentUser(tx, scope.tenantId, agentId, { suspendedAt: null });
        }
        if (!active) await stopAll(tx, scope.tenantId, agentId, 'agent_inactive');
        await audit(tx, scope, active ? 'activated' : 'deactivated', agentId);
        return requireAgent(scope, agentId, tx);
      });
      return toAgent(scope, row);
    },

    async remove(scope: Scope, agentId: string): Promise<void> {
      await requireOwned(scope, agentId);
      await database.transaction(async (tx) => {
        const deletedAt = identity.now();
        if (!(await repo.updateAgent(tx, scope.tenantId, agentId, { isActive: false, deletedAt })))
          throw AGENT_NOT_FOUND();
        await stopAll(tx, scope.tenantId, agentId, 'agent_deleted');
        await rooms.withdraw(tx, scope.tenantId, agentId, scope.user.id);
        await identity.updateAgentUser(tx, scope.tenantId, agentId, { deletedAt });
        await audit(tx, scope, 'deleted', agentId);
      });
    },

    /** Makes the built-in agent, a member of the lobby, once: what an administrator changed or deleted stays so. */
    async ensureParley(tenantId: string, lobbyId: string): Promise<void> {
      await database.transaction(async (tx) => {
        // Two nodes that start together take turns on the tenant.
        await identity.lockTenant(tx, tenantId);
        if (await repo.hadBuiltIn(tx, tenantId)) return;
        const row = await insert(tx, tenantId, { ...PARLEY, llmProvider: 'auto' }, null);
        await rooms.place(tx, tenantId, lobbyId, [row.id]);
      });
    },
  };
}

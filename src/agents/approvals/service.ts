// What people do about tool calls that wait: see them, approve, change or reject them, and give their word in advance.
// One conditional update decides; only a person decides, and only who answers for the agent knows of it.

import { by, note } from '../../core/audit-note.ts';
import type { Clock } from '../../core/clock.ts';
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import { isUuid } from '../../server/identity/service.ts';
import { canInRoom, type RoomsService } from '../../server/rooms/service.ts';
import { parseToolInput, type ToolRegistry } from '../../tools/service.ts';
import { argumentsHash, hashOf, toolHash } from './binding.ts';
import type { Approval, decideApproval, listApprovals } from './contract.ts';
import type { ApprovalGate } from './gate.ts';
import { capabilityFor, mayStand } from './policy.ts';
import * as repo from './repository.ts';
import { toApproval, toStanding } from './view.ts';

export { argumentsHash, canonicalJson, hashOf } from './binding.ts';
export { type ApprovalGate, createApprovalGate } from './gate.ts';
export { type CallRuling, isOutside, isWrite, ruleOnCall } from './policy.ts';

export type ApprovalsService = ReturnType<typeof createApprovalsService>;

export interface ApprovalsDeps {
  database: Database;
  events: Events;
  clock: Clock;
  gate: ApprovalGate;
  registry: ToolRegistry;
  /** Throws unless the caller answers for the agent. */
  requireOwned(scope: Scope, agentId: string): Promise<unknown>;
  /** What somebody is in a room. @throws AppError */
  standing: RoomsService['standing'];
  /** Throws where a moderation service stops what a person put in place of the agent's words. */
  moderateEdit(
    scope: Scope,
    of: { tenantId: string; agentId: string; roomId: string; runId: string; executionId: string },
    text: string,
  ): Promise<void>;
  /** Lets runs go on that waited, inside `tx`. */
  wake(tx: Tx, tenantId: string, runIds: string[]): Promise<void>;
}

const NOT_FOUND = () =>
  notFound('approval_not_found', 'There is no such approval, or it is not yours to see.');

/** Whoever signed in as themselves; not an agent, a key or an MCP client in their name. @throws AppError forbidden */
export function requirePerson(scope: Scope): void {
  const asThemselves = scope.via === 'rest' || scope.via === 'socketio' || scope.via === 'phoenix';
  if (scope.user.kind !== 'human' || !asThemselves || scope.allows !== undefined)
    throw new AppError('forbidden', 'person_needed', 'Only a person who signed in may decide this.');
}

export function createApprovalsService(deps: ApprovalsDeps) {
  const { database, events, clock, gate, registry } = deps;
  const { db } = database;

  const answersFor = (scope: Scope, row: repo.SeenApproval): boolean =>
    scope.role === 'admin' || row.ownerId === scope.user.id;

  async function require(scope: Scope, id: string, at: Database['db'] | Tx = db): Promise<repo.SeenApproval> {
    const row = await repo.findSeen(at, scope.tenantId, id);
    if (row === undefined || !(answersFor(scope, row) || (await mayInRoom(scope, row, at))))
      throw NOT_FOUND();
    return row;
  }

  /** Members whom the room lets approve such calls, for agents that their owners brought there. */
  async function mayInRoom(scope: Scope, row: repo.SeenApproval, at: Database['db'] | Tx): Promise<boolean> {
    const here = await hereOf(scope, row.roomId, at);
    return (
      here?.role !== undefined &&
      canInRoom(capabilityFor(row.effect), here) &&
      (await repo.isBroughtByOwner(at, scope.tenantId, row.id))
    );
  }

  const hereOf = (scope: Scope, roomId: string, at: Database['db'] | Tx) =>
    deps.standing(at, scope, roomId).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'not_found') return undefined;
      throw error;
    });

  /** Effects of calls that the caller may approve as a member of a room. */
  async function effectsFor(scope: Scope, roomId: string | undefined): Promise<repo.ApprovalRow['effect'][]> {
    const here = roomId === undefined ? undefined : await hereOf(scope, roomId, db);
    if (here?.role === undefined) return [];
    return EFFECTS.filter((effect) => canInRoom(capabilityFor(effect), here));
  }

  /** The call as the person wants it, bound anew. */
  async function edit(scope: Scope, row: repo.SeenApproval, args: Record<string, unknown>) {
    const hash = argumentsHash(args);
    if (hash === row.argumentsHash) return undefined;
    const tool = await registry.resolve({ tenantId: scope.tenantId, agentId: row.agentId }, row.toolName);
    if (tool === undefined) return undefined;
    const parsed = parseToolInput(tool, args);
    if (!parsed.ok) throw new AppError('invalid', 'invalid_input', `arguments: ${parsed.error.message}`);
    const words = wordsOf(args);
    if (words !== '') await deps.moderateEdit(scope, row, words);
    const preview = await gate.previewOf(tool, parsed.input, {
      tenantId: scope.tenantId,
      agentId: row.agentId,
      runId: row.runId,
      roomId: row.roomId,
      asker: { userId: row.askerId, name: row.askerName },
      now: (await repo.clockOf(db, scope.tenantId, row.runId)) ?? clock.date(),
      signal: AbortSignal.timeout(PREVIEW_LIMIT_MS),
    });
    return { arguments: JSON.stringify(args), hash, preview, previewHash: hashOf(preview) };
  }

  return {
    async list(scope: Scope, { scope: whose, limit, cursor, ...filter }: InputOf<typeof listApprovals>) {
      if (whose === 'all' && scope.role !== 'admin')
        throw new AppError('forbidden', 'not_admin', 'Only an administrator sees those of every agent.');
      const rows = await repo.listSeen(db, scope.tenantId, {
        status: filter.status,
        agentId: filter.agentId,
        roomId: filter.roomId,
        runId: filter.runId,
        owner: whose === 'all' ? undefined : { id: scope.user.id, alsoOwnerless: scope.role === 'admin' },
        alsoEffects: await effectsFor(scope, filter.roomId),
        beforeId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const data = rows.slice(0, limit).map(toApproval);
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    get: async (scope: Scope, id: string): Promise<Approval> => toApproval(await require(scope, id)),

    async decide(scope: Scope, input: InputOf<typeof decideApproval>): Promise<Approval> {
      const { approvalId: id, decision, always, comment } = input;
      const { tenantId } = scope;
      const asked = await require(scope, id);
      requirePerson(scope);
      const approve = decision === 'approve';
      if (!answersFor(scope, asked) && (input.arguments !== undefined || always !== undefined))
        throw new AppError(
          'forbidden',
          'owner_only',
          "Only the agent's owner changes a call or gives a word in advance; approve or reject it as it is.",
        );
      if (!approve && (input.arguments !== undefined || always !== undefined))
        throw new AppError('invalid', 'invalid_input', 'arguments and always go with "approve" only.');
      if (always !== undefined && !mayStand(asked))
        throw new AppError('invalid', 'must_ask', 'always: what cannot be undone is asked about every time.');
      const tool = await registry.resolve({ tenantId, agentId: asked.agentId }, asked.toolName);
      if (approve && asked.status === 'pending' && (tool === undefined || toolHash(tool) !== asked.toolHash))
        throw new AppError(
          'conflict',
          'tool_changed',
          'The tool has changed since the agent asked; reject the call, and let the agent ask again.',
        );
      const edited = input.arguments === undefined ? undefined : await edit(scope, asked, input.arguments);
      const row = await database.transaction(async (tx) => {
        await repo.lockRun(tx, tenantId, asked.runId);
        const decided = await repo.decide(tx, tenantId, id, {
          status: approve ? 'approved' : 'rejected',
          decidedBy: scope.user.id,
          comment: comment ?? null,
          edited,
        });
        if (!decided) throw tooLate(await require(scope, id, tx));
        if (always !== undefined) {
          const args = edited === undefined ? asked.arguments : (JSON.parse(edited.arguments) as object);
          const same = always.same;
          const fixed = Object.entries(args).filter(([name]) => same === undefined || same.includes(name));
          await repo.insertStanding(tx, {
            id: newId(),
            tenantId,
            agentId: asked.agentId,
            roomId: asked.roomId,
            askerId: asked.askerId,
            toolName: asked.toolName,
            toolHash: asked.toolHash,
            fixed: JSON.stringify(Object.fromEntries(fixed)),
            usesLeft: always.uses,
            hours: always.hours,
            approvalId: id,
            byId: scope.user.id,
          });
        }
        await deps.wake(tx, tenantId, [asked.runId]);
        await gate.tell(tx, tenantId, [id], 'decided');
        await note(events, tx, {
          ...by(scope),
          action: approve ? 'approval.approved' : 'approval.rejected',
          subject: { type: 'approval', id },
          agentId: asked.agentId,
          roomId: asked.roomId,
          details: {
            tool: asked.toolName,
            executionId: asked.executionId,
            edited: edited !== undefined,
            standing: always !== undefined,
          },
        });
        return require(scope, id, tx);
      });
      return toApproval(row);
    },

    /** Ends what waited too long; each agent goes on without. */
    async expire(): Promise<void> {
      await database.transaction(async (tx) => {
        for (const row of await repo.expireDue(tx)) {
          await deps.wake(tx, row.tenantId, [row.runId]);
          await gate.tell(tx, row.tenantId, [row.id], 'decided');
          const subject = { type: 'approval', id: row.id };
          await note(events, tx, {
            tenantId: row.tenantId,
            action: 'approval.expired',
            subject,
            agentId: row.agentId,
          });
        }
      });
    },

    async standing(scope: Scope, agentId: string) {
      await deps.requireOwned(scope, agentId);
      return { data: (await repo.listStanding(db, scope.tenantId, agentId)).map(toStanding) };
    },

    async revoke(scope: Scope, agentId: string, standingId: string): Promise<void> {
      await deps.requireOwned(scope, agentId);
      const gone = await database.transaction(async (tx) => {
        const subject = { type: 'standing_approval', id: standingId };
        if (!(await repo.revoke(tx, scope.tenantId, agentId, standingId))) return false;
        await note(events, tx, { ...by(scope), action: 'approval.revoked', subject, agentId });
        return true;
      });
      if (!gone) throw notFound('approval_not_found', 'There is no such approval, or it was taken back.');
    },
  };
}

const PREVIEW_LIMIT_MS = 5000;
const EFFECTS: repo.ApprovalRow['effect'][] = [
  'pure',
  'read',
  'write_internal',
  'write_external',
  'irreversible',
];

/** All that is text in arguments. */
function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value)
    .map(wordsOf)
    .filter((words) => words !== '')
    .join('\n');
}

function tooLate(row: repo.SeenApproval): AppError {
  const why = row.status === 'pending' ? 'expired' : row.status;
  return new AppError('conflict', 'already_decided', `This call does not wait any more: it was ${why}.`);
}

// Queries on approvals. Whoever changes one together with its run takes the run first. Times are the database's. No policy.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import type { ApprovalStatus, StandingApprovalsTable, ToolApprovalsTable } from './tables.ts';

export type ApprovalRow = Selectable<ToolApprovalsTable>;
export type StandingRow = Selectable<StandingApprovalsTable>;
export type SeenApproval = ApprovalRow & {
  askerHandle: string;
  askerName: string;
  /** Who answers for the agent; null for the built-in one. */
  ownerId: string | null;
};

/** How long a call waits for a person. */
const WAIT_HOURS = 24;
/** Administrators who are told of a call of an agent without an owner. */
const MAX_TOLD = 100;
const MAX_STANDING = 200;

const hoursFromNow = (hours: number) => sql<Date>`now() + make_interval(hours => ${hours}::int)`;

const seen = (db: Db | Tx, tenantId: string) =>
  db
    .selectFrom('toolApprovals')
    .innerJoin('aiAgents', 'aiAgents.id', 'toolApprovals.agentId')
    .innerJoin('users', 'users.id', 'toolApprovals.askerId')
    .where('toolApprovals.tenantId', '=', tenantId)
    .where('aiAgents.deletedAt', 'is', null)
    .selectAll('toolApprovals')
    .select(['users.handle as askerHandle', 'users.name as askerName', 'aiAgents.createdBy as ownerId']);

export const findSeen = (db: Db | Tx, tenantId: string, id: string): Promise<SeenApproval | undefined> =>
  seen(db, tenantId).where('toolApprovals.id', '=', id).executeTakeFirst();

/** Its owner put the agent into the room himself, or it has none: he takes the room's approvers. */
const broughtByOwner = sql<boolean>`exists (select from agent_rooms g where g.room_id = tool_approvals.room_id
  and g.agent_id = tool_approvals.agent_id and (ai_agents.created_by is null or g.brought_by = ai_agents.created_by))`;

export async function isBroughtByOwner(db: Db | Tx, tenantId: string, id: string): Promise<boolean> {
  const row = await seen(db, tenantId)
    .where('toolApprovals.id', '=', id)
    .where(broughtByOwner)
    .executeTakeFirst();
  return row !== undefined;
}

/** Newest first. */
export const listSeen = (
  db: Db,
  tenantId: string,
  page: {
    /** Undefined for agents of everyone. */
    owner: { id: string; alsoOwnerless: boolean } | undefined;
    /** Besides: calls of these effects in the room asked for, of agents that their owners brought there. */
    alsoEffects?: ToolApprovalsTable['effect'][] | undefined;
    status: ApprovalStatus | undefined;
    agentId: string | undefined;
    roomId: string | undefined;
    runId: string | undefined;
    beforeId: string | undefined;
    limit: number;
  },
): Promise<SeenApproval[]> => {
  let query = seen(db, tenantId);
  const { owner } = page;
  if (owner !== undefined)
    query = query.where((eb) =>
      eb.or([
        eb('aiAgents.createdBy', '=', owner.id),
        ...(owner.alsoOwnerless ? [eb('aiAgents.createdBy', 'is', null)] : []),
        ...(page.alsoEffects === undefined || page.alsoEffects.length === 0
          ? []
          : [eb.and([eb('toolApprovals.effect', 'in', page.alsoEffects), broughtByOwner])]),
      ]),
    );
  if (page.status !== undefined) query = query.where('toolApprovals.status', '=', page.status);
  if (page.agentId !== undefined) query = query.where('toolApprovals.agentId', '=', page.agentId);
  if (page.roomId !== undefined) query = query.where('toolApprovals.roomId', '=', page.roomId);
  if (page.runId !== undefined) query = query.where('toolApprovals.runId', '=', page.runId);
  if (page.beforeId !== undefined) query = query.where('toolApprovals.id', '<', page.beforeId);
  return query.orderBy('toolApprovals.id', 'desc').limit(page.limit).execute();
};

export const insertApproval = async (
  tx: Tx,
  row: Omit<Insertable<ToolApprovalsTable>, 'expiresAt'>,
): Promise<void> => {
  await tx
    .insertInto('toolApprovals')
    .values({ ...row, expiresAt: hoursFromNow(WAIT_HOURS) })
    .execute();
};

export const findByExecution = (
  db: Db | Tx,
  tenantId: string,
  executionId: string,
): Promise<ApprovalRow | undefined> =>
  db
    .selectFrom('toolApprovals')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('executionId', '=', executionId)
    .executeTakeFirst();

export const findApproval = (db: Db | Tx, tenantId: string, id: string): Promise<ApprovalRow | undefined> =>
  db
    .selectFrom('toolApprovals')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

/** The one change by which a person decides; false when it was decided, or too late. */
export async function decide(
  tx: Tx,
  tenantId: string,
  id: string,
  set: {
    status: 'approved' | 'rejected';
    decidedBy: string;
    comment: string | null;
    edited?: { arguments: string; hash: string; preview: string; previewHash: string } | undefined;
  },
): Promise<boolean> {
  const { edited } = set;
  const { numUpdatedRows } = await tx
    .updateTable('toolApprovals')
    .set({
      status: set.status,
      decidedBy: set.decidedBy,
      decidedAt: sql<Date>`now()`,
      comment: set.comment,
      ...(edited === undefined
        ? {}
        : {
            editedArguments: edited.arguments,
            editedHash: edited.hash,
            editedPreview: edited.preview,
            editedPreviewHash: edited.previewHash,
          }),
    })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .where('expiresAt', '>', sql<Date>`now()`)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** For runs that ended: nobody needs to be asked any more. Answers the ids of the approvals. */
export async function cancelPending(tx: Tx, tenantId: string, runIds: string[]): Promise<string[]> {
  if (runIds.length === 0) return [];
  const rows = await tx
    .updateTable('toolApprovals')
    .set({ status: 'cancelled', decidedAt: sql<Date>`now()` })
    .where('tenantId', '=', tenantId)
    .where('runId', 'in', runIds)
    .where('status', '=', 'pending')
    .returning('id')
    .execute();
  return rows.map((row) => row.id);
}

/** Ends calls that waited too long, their runs locked. */
export async function expireDue(tx: Tx, limit = 100): Promise<ApprovalRow[]> {
  const due = tx
    .selectFrom('toolApprovals')
    .select('runId')
    .where('status', '=', 'pending')
    .where('expiresAt', '<=', sql<Date>`now()`);
  const runs = await tx
    .selectFrom('agentRuns')
    .select('id')
    .where('id', 'in', due)
    .orderBy('id')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  if (runs.length === 0) return [];
  return tx
    .updateTable('toolApprovals')
    .set({ status: 'expired', decidedAt: sql<Date>`now()` })
    .where(
      'runId',
      'in',
      runs.map((run) => run.id),
    )
    .where('status', '=', 'pending')
    .where('expiresAt', '<=', sql<Date>`now()`)
    .returningAll()
    .execute();
}

export const lockRun = (tx: Tx, tenantId: string, runId: string): Promise<unknown> =>
  tx
    .selectFrom('agentRuns')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('id', '=', runId)
    .forUpdate()
    .executeTakeFirst();

/** What the run takes for the present time. */
export async function clockOf(db: Db | Tx, tenantId: string, runId: string): Promise<Date | undefined> {
  const step = await db
    .selectFrom('runSteps')
    .select('data')
    .where('tenantId', '=', tenantId)
    .where('runId', '=', runId)
    .where('kind', '=', 'context')
    .executeTakeFirst();
  return step?.data.kind === 'context' ? new Date(step.data.now) : undefined;
}

/** Who answers for an agent: its owner, or the administrators for the built-in one. */
export async function listAnswering(db: Db | Tx, tenantId: string, agentId: string): Promise<string[]> {
  const agent = await db
    .selectFrom('aiAgents')
    .select('createdBy')
    .where('tenantId', '=', tenantId)
    .where('id', '=', agentId)
    .executeTakeFirst();
  if (agent === undefined) return [];
  if (agent.createdBy !== null) return [agent.createdBy];
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('kind', '=', 'human')
    .where('role', '=', 'admin')
    .where('suspendedAt', 'is', null)
    .where('deletedAt', 'is', null)
    .orderBy('id')
    .limit(MAX_TOLD)
    .execute();
  return rows.map((row) => row.id);
}

/** People of a room that changed the usual rights, with their roles; none where the agent's owner did not bring it there. */
export async function listMembersByRights(tx: Tx, tenantId: string, approvalId: string) {
  return seen(tx, tenantId)
    .where('toolApprovals.id', '=', approvalId)
    .where(broughtByOwner)
    .innerJoin('rooms', 'rooms.id', 'toolApprovals.roomId')
    .where('rooms.rights', 'is not', null)
    .innerJoin('memberships', 'memberships.roomId', 'rooms.id')
    .innerJoin('users as member', 'member.id', 'memberships.userId')
    .where('member.kind', '=', 'human')
    .clearSelect()
    .select(['memberships.userId', 'memberships.role', 'rooms.kind', 'rooms.visibility', 'rooms.rights'])
    .orderBy('memberships.role', 'desc')
    .limit(MAX_TOLD)
    .execute();
}

export const insertStanding = async (
  tx: Tx,
  { hours, ...row }: Omit<Insertable<StandingApprovalsTable>, 'expiresAt' | 'revokedAt'> & { hours: number },
): Promise<void> => {
  await tx
    .insertInto('standingApprovals')
    .values({ ...row, expiresAt: hoursFromNow(hours) })
    .execute();
};

const inForce = (db: Db | Tx, tenantId: string, agentId: string) =>
  db
    .selectFrom('standingApprovals')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('revokedAt', 'is', null)
    .where('usesLeft', '>', 0)
    .where('expiresAt', '>', sql<Date>`now()`);

export const listStanding = (db: Db | Tx, tenantId: string, agentId: string): Promise<StandingRow[]> =>
  inForce(db, tenantId, agentId).orderBy('id', 'desc').limit(MAX_STANDING).execute();

/** Those that could cover a call, oldest first. */
export const listCovering = (
  db: Db | Tx,
  tenantId: string,
  call: { agentId: string; roomId: string; askerId: string; toolHash: string },
): Promise<StandingRow[]> =>
  inForce(db, tenantId, call.agentId)
    .where('roomId', '=', call.roomId)
    .where('askerId', '=', call.askerId)
    .where('toolHash', '=', call.toolHash)
    .orderBy('id')
    .limit(MAX_STANDING)
    .execute();

/** Takes one use; false when there was none left, or it was taken back. */
export async function takeUse(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('standingApprovals')
    .set((eb) => ({ usesLeft: eb('usesLeft', '-', 1) }))
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .where('usesLeft', '>', 0)
    .where('expiresAt', '>', sql<Date>`now()`)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function revoke(tx: Tx, tenantId: string, agentId: string, id: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('standingApprovals')
    .set({ revokedAt: sql<Date>`now()` })
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

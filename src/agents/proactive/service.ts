// Goals that agents pursue across conversations, and what agents said or did not say first. Owners see and change all of it; an agent
// works on the goals of the room it is in. Must never tell a room what a goal says: that is between an agent and who answers for it.
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import { isUuid } from '../../server/identity/service.ts';
import type { Message } from '../../server/messages/contract.ts';
import type { RoomsService } from '../../server/rooms/service.ts';
import type * as c from './contract.ts';
import type { Goal, Opening, OpeningKind } from './contract.ts';
import * as repo from './repository.ts';

export type ProactiveService = ReturnType<typeof createProactive>;

export interface ProactiveDeps {
  database: Database;
  rooms: Pick<RoomsService, 'requireMember' | 'requireVisible'>;
  getMessage(scope: Scope, id: string): Promise<Message>;
  /** Throws unless the caller answers for the agent. */
  requireOwned(scope: Scope, agentId: string): Promise<unknown>;
  answersFor(scope: Scope, agentId: string): Promise<boolean>;
}

/** Open goals of one agent. */
const MOST_GOALS = 50;

const NO_GOAL = () => notFound('goal_not_found', 'There is no such goal, or you may not see it.');

const BECAUSE: Record<string, string> = {
  mentioned: 'It was mentioned.',
  direct_room: 'In a direct room it answers what people write.',
  reply_to_agent: 'The message answered one of its own.',
  invoked: 'Somebody asked it to act.',
  score: 'Nobody addressed it, but enough spoke for an answer.',
  card_action: 'Somebody pressed or filled in a card of its own.',
  command: 'Somebody called a command that it carries out.',
  proactive_goal: 'Nobody asked: it pursues a goal.',
  proactive_todo_due: 'Nobody asked: a to-do of the room was due.',
  proactive_calendar_soon: "Nobody asked: an entry of the room's calendar was about to begin.",
  proactive_unanswered: 'Nobody asked: a question in the room had been left without an answer.',
};

/** Reasons of runs that no message began. */
const ASKS = new Set(['card_action', 'command']);

export function createProactive(deps: ProactiveDeps) {
  const { database, rooms, requireOwned } = deps;
  const { db } = database;

  /** Agents keep their own goals, by a tool they were given. */
  const isItself = (scope: Scope, agentId: string): boolean => scope.user.id === agentId;

  /** The goal, if the caller answers for its agent, or is it and sits in its room; alike for all else. */
  async function requireGoal(scope: Scope, goalId: string): Promise<repo.GoalRow> {
    const goal = await repo.findGoal(db, scope.tenantId, goalId);
    if (goal === undefined) throw NO_GOAL();
    const may = isItself(scope, goal.agentId) || (await deps.answersFor(scope, goal.agentId));
    if (!may) throw NO_GOAL();
    return goal;
  }

  async function checkRoom(tx: Tx, tenantId: string, agentId: string, roomId: string): Promise<void> {
    if ((await repo.readPlace(tx, { tenantId, agentId, roomId })) === undefined)
      throw notFound('agent_not_in_room', 'This agent is not in this room; invite it first.');
  }

  return {
    async createGoal(scope: Scope, input: InputOf<typeof c.createGoal>): Promise<Goal> {
      const { agentId, text, dueAt } = input;
      const { tenantId } = scope;
      const itself = isItself(scope, agentId);
      if (!itself) await requireOwned(scope, agentId);
      if (itself && input.roomId === undefined)
        throw new AppError('invalid', 'invalid_input', 'roomId: an agent keeps goals of one room.');
      const roomId =
        input.roomId === undefined ? null : (await rooms.requireMember(scope, input.roomId)).row.id;
      const id = input.id ?? newId();
      return database.transaction(async (tx) => {
        if (roomId !== null) await checkRoom(tx, tenantId, agentId, roomId);
        if ((await repo.countOpenGoals(tx, tenantId, agentId)) >= MOST_GOALS)
          throw new AppError(
            'conflict',
            'full',
            `There are ${MOST_GOALS} open goals already; end some first.`,
          );
        const goal = await repo.insertGoal(tx, {
          id,
          tenantId,
          agentId,
          roomId,
          text,
          dueAt: dueAt === undefined ? null : new Date(dueAt),
          createdBy: scope.user.id,
        });
        const kept = goal ?? (await repo.findGoal(tx, tenantId, id));
        if (kept === undefined || kept.agentId !== agentId || kept.createdBy !== scope.user.id)
          throw new AppError(
            'conflict',
            'id_reused',
            'This id names something else already; choose another.',
          );
        return toGoal(kept);
      });
    },

    async listGoals(
      scope: Scope,
      { agentId, state, roomId: key, limit, cursor }: InputOf<typeof c.listGoals>,
    ) {
      if (!isItself(scope, agentId)) await requireOwned(scope, agentId);
      const roomId = key === undefined ? undefined : (await rooms.requireVisible(scope, key)).row.id;
      const beforeId = cursor !== undefined && isUuid(cursor) ? cursor : undefined;
      const rows = await repo.listGoals(db, scope.tenantId, agentId, {
        state,
        roomId,
        beforeId,
        limit: limit + 1,
      });
      return page(rows, limit, toGoal);
    },

    async updateGoal(
      scope: Scope,
      { goalId, text, dueAt, state }: InputOf<typeof c.updateGoal>,
    ): Promise<Goal> {
      const goal = await requireGoal(scope, goalId);
      const done = state === 'done' && goal.state !== 'done';
      const row = await database.transaction(async (tx) => {
        const { now } = await tx.selectNoFrom((eb) => eb.fn<Date>('now').as('now')).executeTakeFirstOrThrow();
        const set = {
          ...(text === undefined ? {} : { text }),
          ...(dueAt === undefined ? {} : { dueAt: dueAt === null ? null : new Date(dueAt) }),
          ...(state === undefined ? {} : { state }),
          ...(done ? { doneAt: now, doneBy: scope.user.id } : {}),
          ...(state === 'open' ? { doneAt: null, doneBy: null } : {}),
        };
        return Object.keys(set).length === 0 ? goal : repo.updateGoal(tx, scope.tenantId, goalId, set);
      });
      if (row === undefined) throw NO_GOAL();
      return toGoal(row);
    },

    async deleteGoal(scope: Scope, { goalId }: InputOf<typeof c.deleteGoal>): Promise<{ deleted: true }> {
      const goal = await requireGoal(scope, goalId);
      await database.transaction((tx) => repo.deleteGoal(tx, scope.tenantId, goal.id));
      return { deleted: true };
    },

    async openings(scope: Scope, { agentId, limit, cursor }: InputOf<typeof c.listOpenings>) {
      await requireOwned(scope, agentId);
      const beforeId = cursor !== undefined && isUuid(cursor) ? cursor : undefined;
      const rows = await repo.listOpenings(db, scope.tenantId, agentId, { beforeId, limit: limit + 1 });
      return page(rows, limit, toOpening);
    },

    async explain(scope: Scope, { messageId }: InputOf<typeof c.explainMessage>) {
      const message = await deps.getMessage(scope, messageId);
      const run = await repo.findRunOf(db, scope.tenantId, message.id);
      if (run === undefined)
        throw notFound('run_not_found', 'No run of an agent wrote this message; a person or a tool did.');
      const { agentId, triggerReason: reason } = run;
      const opening = reason.startsWith('proactive_')
        ? await repo.findOpening(db, scope.tenantId, run.triggerMessageId)
        : undefined;
      const asked = ASKS.has(reason)
        ? await repo.findAskedBy(db, scope.tenantId, run.triggerMessageId)
        : run.triggerMessageId;
      const mayRead = opening?.kind !== 'goal' || (await deps.answersFor(scope, agentId));
      const about = opening && mayRead ? await repo.readSubject(db, opening) : undefined;
      return {
        messageId: message.id,
        agentId,
        runId: run.id,
        reason,
        because: BECAUSE[reason] ?? 'It decided to speak.',
        ...(opening === undefined
          ? asked === undefined
            ? {}
            : { triggerMessageId: asked }
          : {
              unasked: {
                kind: opening.kind as OpeningKind,
                subjectId: opening.subjectId,
                ...(about === undefined ? {} : { about }),
                at: opening.updatedAt.toISOString(),
              },
            }),
      };
    },
  };
}

function page<R extends { id: string }, T>(rows: R[], limit: number, view: (row: R) => T) {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return {
    data: data.map(view),
    ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}),
  };
}

const toGoal = (row: repo.GoalRow): Goal => ({
  id: row.id,
  agentId: row.agentId,
  ...(row.roomId === null ? {} : { roomId: row.roomId }),
  text: row.text,
  ...(row.dueAt === null ? {} : { dueAt: row.dueAt.toISOString() }),
  state: row.state,
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
  ...(row.doneAt === null ? {} : { doneAt: row.doneAt.toISOString() }),
  ...(row.doneBy === null ? {} : { doneBy: row.doneBy }),
});

const toOpening = (row: repo.OpeningWithRun): Opening => ({
  id: row.id,
  agentId: row.agentId,
  roomId: row.roomId,
  kind: row.kind,
  subjectId: row.subjectId,
  decision: row.decision,
  reason: row.reason,
  ...(row.runId === null || row.runStatus === null
    ? {}
    : {
        run: {
          id: row.runId,
          status: row.runStatus,
          ...(row.runReason === null ? {} : { reason: row.runReason }),
        },
      }),
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});

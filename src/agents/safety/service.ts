// The emergency stop: ends what agents do, at once and on every node, and lets nothing begin until it is lifted. What is
// committed for an agent asks `check` in the same transaction. Must never depend on the bus being heard: workers also look at
// their runs in the database.
import type { Bus } from '../../core/bus.ts';
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import { isUuid } from '../../server/identity/service.ts';
import { canInRoom, type RoomsService } from '../../server/rooms/service.ts';
import type { ProfilesService } from '../profiles/service.ts';
import type { AgentStop, ContentCheck, liftStop, listContentChecks, listStops, setStop } from './contract.ts';
import { cleanText, type Findings } from './filter.ts';
import { EMERGENCY_STOP, Halted } from './halted.ts';
import { blockedError, type Moderated, type Moderation } from './moderation.ts';
import { recordBlocked, recordFindings, type TextOf } from './record.ts';
import * as repo from './repository.ts';
import type { StopTarget } from './tables.ts';

export { Halted } from './halted.ts';
export type SafetyService = ReturnType<typeof createSafetyService>;

export interface SafetyDeps {
  database: Database;
  events: Events;
  bus: Bus;
  rooms: RoomsService;
  profiles: Pick<ProfilesService, 'requireOwned'>;
  /** Ends these runs inside `tx`; their workers on this node are told when it commits. */
  cancelRuns(tx: Tx, tenantId: string, runIds: string[], reason: string): Promise<unknown>;
  /** Ends these runs at once, as far as this node works on them. */
  abort(runIds: readonly string[]): void;
  onFindings(findings: Findings): void;
  /** Absent where no moderation service is configured. */
  moderation: Moderation | undefined;
}

/** A text of an agent on its way into a room. `judged`: its run has asked the moderation service sentence by sentence. */
export interface Screened extends TextOf {
  body: string;
  judged: boolean;
}

/** Longest wait for the verdict on a whole text. */
const WHOLE_TEXT_MS = 10_000;

/** Said inside the transaction, as `agents.stopped` and `agents.stop_lifted`. */
export interface StopChanged {
  tenantId: string;
  stop: AgentStop;
  by: string;
}

const TOPIC = 'agents:halted';
/** Runs of one message on the bus. */
const RUNS_PER_MESSAGE = 500;

export function createSafetyService(deps: SafetyDeps) {
  const { database, events, bus, rooms, profiles, moderation } = deps;
  const { db } = database;
  let unsubscribe = (): void => undefined;

  /** @throws AppError unless the caller may stop this and let it go on */
  async function requireAuthority(scope: Scope, target: StopTarget, targetId: string | null): Promise<void> {
    if (scope.user.kind !== 'human')
      throw new AppError('forbidden', 'humans_only', 'Only a person stops agents and lets them go on.');
    if (scope.role === 'admin') {
      if (target !== 'all' && !(await repo.hasTarget(db, scope.tenantId, target, targetId as string)))
        throw notFound('target_not_found', `There is no such ${target}.`);
      return;
    }
    if (target === 'agent') return void (await profiles.requireOwned(scope, targetId as string));
    if (target === 'room') {
      const seen = await rooms.requireVisible(scope, targetId as string);
      if (canInRoom('agent.stop', rooms.seenAs(scope, seen))) return;
      throw new AppError('forbidden', 'not_allowed', 'Only an admin of the room stops its agents.');
    }
    if (target === 'owner' && targetId === scope.user.id) return;
    throw new AppError('forbidden', 'admin_only', 'Only an administrator stops agents of others.');
  }

  /** Other nodes hear of it at once; a node that does not sees it when it looks at its runs. */
  function tell(runIds: readonly string[]): void {
    for (let i = 0; i < runIds.length; i += RUNS_PER_MESSAGE) {
      const json = JSON.stringify({ runIds: runIds.slice(i, i + RUNS_PER_MESSAGE) });
      bus.publish(TOPIC, { kind: 'signal', type: 'halted', json });
    }
  }

  async function requirePassing(
    of: TextOf,
    text: string,
    who?: { actorId: string; via: Scope['via'] },
  ): Promise<void> {
    if (moderation === undefined) return;
    const moderated = await moderation.judgeAll(text, AbortSignal.timeout(WHOLE_TEXT_MS));
    if (moderated.blocked === undefined) return;
    await database.transaction((tx) => recordBlocked(events, tx, of, moderated, who));
    throw blockedError(moderated.blocked);
  }

  return {
    /**
     * For whoever commits something for an agent, before any row of its run is locked: no stop is set until `tx` is over.
     * @throws Halted
     */
    async check(tx: Tx, run: { tenantId: string; agentId: string; roomId: string | null }): Promise<void> {
      if (await repo.isStopped(tx, run)) throw new Halted();
    },

    tell,

    async set(
      scope: Scope,
      { target, targetId: given, reason }: InputOf<typeof setStop>,
    ): Promise<AgentStop> {
      const targetId = given?.toLowerCase() ?? null;
      if ((target === 'all') !== (targetId === null))
        throw new AppError(
          'invalid',
          'invalid_input',
          `targetId: ${target === 'all' ? 'leave it out for all' : `give the id of the ${target}`}.`,
        );
      await requireAuthority(scope, target, targetId);
      const { tenantId } = scope;
      const byAdministrator = scope.role === 'admin';
      const what = { target, targetId, byAdministrator };
      const row = await database.transaction(async (tx) => {
        await repo.lockStops(tx, tenantId);
        const stop = await repo.insertStop(tx, {
          ...what,
          id: newId(),
          tenantId,
          reason,
          setBy: scope.user.id,
        });
        if (stop === undefined) return (await repo.findStanding(tx, tenantId, what)) as repo.StopRow;
        const runIds = await repo.listRunsUnder(tx, tenantId, what);
        await deps.cancelRuns(tx, tenantId, runIds, EMERGENCY_STOP);
        const done = await repo.updateStop(tx, tenantId, stop.id, { stoppedRuns: runIds.length });
        await events.emit<StopChanged>(tx, 'agents.stopped', [
          { tenantId, stop: toStop(done), by: scope.user.id },
        ]);
        return done;
      });
      return toStop(row);
    },

    async lift(scope: Scope, { stopId, reason }: InputOf<typeof liftStop>): Promise<AgentStop> {
      const { tenantId } = scope;
      const admin = scope.role === 'admin';
      const row = await database.transaction(async (tx) => {
        const stop = await repo.findStop(tx, tenantId, stopId);
        if (stop === undefined || !(admin || (await repo.doesConcern(tx, tenantId, stop.id, scope.user.id))))
          throw notFound('stop_not_found', 'There is no such stop, or you may not see it.');
        return stop;
      });
      if (row.byAdministrator && !admin)
        throw new AppError(
          'forbidden',
          'admin_only',
          'An administrator set this stop, and only an administrator lifts it.',
        );
      // What has been deleted since may still be let go by administrators.
      if (!admin) await requireAuthority(scope, row.target, row.targetId);
      const lifted = await database.transaction(async (tx) => {
        const now = (await repo.findStop(tx, tenantId, stopId)) as repo.StopRow;
        if (now.liftedAt !== null) return now;
        const done = await repo.updateStop(tx, tenantId, now.id, {
          liftedBy: scope.user.id,
          liftReason: reason,
        });
        await events.emit<StopChanged>(tx, 'agents.stop_lifted', [
          { tenantId, stop: toStop(done), by: scope.user.id },
        ]);
        return done;
      });
      return toStop(lifted);
    },

    async list(scope: Scope, { state, limit, cursor }: InputOf<typeof listStops>) {
      const rows = await repo.listStops(db, scope.tenantId, {
        seenBy: scope.role === 'admin' ? undefined : scope.user.id,
        standing: state === 'standing',
        beforeId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const data = rows.slice(0, limit).map(toStop);
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    /** Records what the filter took out of a run's text, and what a moderation service stopped; nothing when that is nothing. */
    async noteFindings(
      tx: Tx,
      of: { tenantId: string; agentId: string; roomId: string; id: string; messageId: string },
      findings: Findings,
      moderated?: Moderated,
    ): Promise<void> {
      const text = { ...of, runId: of.id };
      if (moderated !== undefined) await recordBlocked(events, tx, text, moderated);
      if (Object.keys(findings).length === 0) return;
      await recordFindings(tx, text, findings);
      database.afterCommit(tx, () => deps.onFindings(findings));
    },

    /**
     * A text that an agent sends or changes, as it may be stored; undefined when it may not be.
     * @throws AppError what a moderation service stops
     */
    async screen({ body, judged, ...of }: Screened): Promise<string | undefined> {
      const clean = cleanText(body);
      if (clean === undefined || judged || moderation === undefined) return clean;
      await requirePassing(of, clean);
      return clean;
    },

    /** Whether the moderation service flags a text. @throws AppError unavailable where nothing passes without it */
    async flags(text: string): Promise<boolean> {
      const blocked = (await moderation?.judgeAll(text, AbortSignal.timeout(WHOLE_TEXT_MS)))?.blocked;
      if (blocked?.reason === 'moderation_unavailable') throw blockedError(blocked);
      return blocked !== undefined;
    },

    /**
     * A text that a person put in place of an agent's.
     * @throws AppError what a moderation service stops
     */
    async moderateEdit(scope: Scope, of: TextOf, text: string): Promise<void> {
      await requirePassing(of, text, { actorId: scope.user.id, via: scope.via });
    },

    async checks(scope: Scope, { agentId, limit, cursor }: InputOf<typeof listContentChecks>) {
      await profiles.requireOwned(scope, agentId);
      const rows = await repo.listChecks(db, scope.tenantId, agentId, {
        beforeId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const data = rows.slice(0, limit).map(toCheck);
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    async start(): Promise<void> {
      unsubscribe = bus.subscribe(TOPIC, (message) => {
        if (message.kind !== 'signal' || message.type !== 'halted') return;
        const { runIds } = JSON.parse(message.json) as { runIds?: unknown };
        if (Array.isArray(runIds)) deps.abort(runIds.filter((id) => typeof id === 'string'));
      });
    },

    async stop(): Promise<void> {
      unsubscribe();
    },
  };
}

export const toStop = (row: repo.StopRow): AgentStop => ({
  id: row.id,
  target: row.target,
  ...(row.targetId === null ? {} : { targetId: row.targetId }),
  reason: row.reason,
  setBy: row.setBy,
  byAdministrator: row.byAdministrator,
  stoppedRuns: row.stoppedRuns,
  createdAt: row.createdAt.toISOString(),
  ...(row.liftedAt === null ? {} : { liftedAt: row.liftedAt.toISOString() }),
  ...(row.liftedBy === null ? {} : { liftedBy: row.liftedBy }),
  ...(row.liftReason === null ? {} : { liftReason: row.liftReason }),
});

const toCheck = (row: repo.CheckRow): ContentCheck => ({
  id: row.id,
  agentId: row.agentId,
  roomId: row.roomId,
  ...(row.runId === null ? {} : { runId: row.runId }),
  ...(row.messageId === null ? {} : { messageId: row.messageId }),
  ...(row.executionId === null ? {} : { executionId: row.executionId }),
  judge: row.judge,
  verdict: row.verdict,
  findings: row.findings as Record<string, number>,
  createdAt: row.createdAt.toISOString(),
});

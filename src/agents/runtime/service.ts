// What people may ask of agents at work: act now, stop, say what you do and did, and why you did not answer.
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Jobs } from '../../core/jobs.ts';
import type { Scope } from '../../core/scope.ts';
import { isUuid } from '../../server/identity/service.ts';
import type { Message } from '../../server/messages/contract.ts';
import type { MessagesService } from '../../server/messages/service.ts';
import type { MemberMuted } from '../../server/moderation/service.ts';
import { canInRoom, type MembershipChanged, type RoomsService } from '../../server/rooms/service.ts';
import type { AgentStatus, commandAgent, invokeAgent } from '../contract.ts';
import type { ProfilesService } from '../profiles/service.ts';
import { EMERGENCY_STOP, Halted } from '../safety/halted.ts';
import type { getRun, listRuns, listTurns, Run, RunStep, Turn } from './contract.ts';
import { boundOf } from './floor-limits.ts';
import { silencedBy } from './floor-voice.ts';
import * as heardRepo from './heard-repository.ts';
import { enqueueRuns, type Lane } from './lanes.ts';
import * as leaseRepo from './lease-repository.ts';
import { PARTIAL_JOB, type PartialJob } from './partials.ts';
import { replyId } from './reply-id.ts';
import * as repo from './repository.ts';
import type { SignalsFor } from './signals.ts';
import { decideTurn } from './turn-taking.ts';
import { toRun, toStep, toTurn } from './view.ts';

export type RuntimeService = ReturnType<typeof createRuntimeService>;

export interface RuntimeDeps {
  database: Database;
  events: Events;
  jobs: Jobs;
  rooms: RoomsService;
  messages: MessagesService;
  profiles: ProfilesService;
  signalsFor: SignalsFor;
  /** For runs that are ended inside `tx`: nobody needs to be asked any more. */
  withdraw(tx: Tx, tenantId: string, runIds: string[]): Promise<void>;
  /** Ends runs at once, here and as soon as other nodes hear of it. */
  abort(runIds: readonly string[]): void;
  /** Throws `Halted` when an emergency stop stands, else none is set before `tx` is over. */
  checkStops(tx: Tx, run: { tenantId: string; agentId: string; roomId: string | null }): Promise<void>;
}

/** How far back `invoke` without a prompt looks for something to answer. */
const INVOKE_LOOKBACK = 20;

const RUN_NOT_FOUND = () => notFound('run_not_found', 'There is no such run, or you may not see it.');

export function createRuntimeService(deps: RuntimeDeps) {
  const { database, events, jobs, rooms, messages, profiles, signalsFor, abort } = deps;
  const { db } = database;

  /** Ends runs inside `tx`; workers are told when it commits, and refused if they commit later all the same. */
  async function cancel(tx: Tx, tenantId: string, ids: string[], reason: string): Promise<repo.RunRow[]> {
    const cancelled = await repo.cancelRuns(tx, tenantId, ids, reason);
    await deps.withdraw(
      tx,
      tenantId,
      cancelled.map((run) => run.id),
    );
    const rested = cancelled.filter((run) => run.partial !== null);
    await jobs.enqueue<PartialJob>(
      tx,
      { name: PARTIAL_JOB },
      rested.map((run) => ({ runId: run.id })),
    );
    database.afterCommit(tx, () => {
      abort(cancelled.map((run) => run.id));
      for (const run of cancelled) signalsFor(run).status('idle');
    });
    return cancelled;
  }

  async function pause(tenantId: string, ids: string[]): Promise<repo.RunRow[]> {
    return database.transaction(async (tx) => {
      const paused = await repo.pauseRuns(tx, tenantId, ids);
      database.afterCommit(tx, () => {
        abort(paused.map((run) => run.id));
        for (const run of paused) signalsFor(run).status('paused');
      });
      return paused;
    });
  }

  async function resume(tenantId: string, ids: string[]): Promise<repo.RunRow[]> {
    return database.transaction(async (tx) => {
      const resumed = await repo.resumeRuns(tx, tenantId, ids);
      await enqueueRuns(jobs, tx, resumed);
      database.afterCommit(tx, () => {
        for (const run of resumed) signalsFor(run).status('queued');
      });
      return resumed;
    });
  }

  /** Adds words to the turns under way; each takes them up before its next call of the model. */
  async function steer(
    scope: Scope,
    runs: repo.RunRow[],
    allowed: string[],
    text: string | undefined,
  ): Promise<repo.RunRow[]> {
    if (text === undefined)
      throw new AppError('invalid', 'invalid_input', 'text: say what the agent should take up.');
    const steered = new Set<string>();
    for (const id of allowed) {
      const n = await database.transaction((tx) =>
        repo.insertSteer(tx, { tenantId: scope.tenantId, id }, scope.user.id, text),
      );
      if (n !== undefined) steered.add(id);
    }
    if (steered.size === 0)
      throw new AppError('conflict', 'no_turn', 'The agent is not working on anything here; send a message.');
    return runs.filter((run) => steered.has(run.id));
  }

  async function mayStop(scope: Scope, run: repo.RunRow, answersFor: boolean): Promise<boolean> {
    if (answersFor || run.askerId === scope.user.id) return true;
    const seen = await memberIn(scope, run.roomId);
    return seen !== undefined && canInRoom('agent.stop', rooms.seenAs(scope, seen));
  }

  async function memberIn(scope: Scope, roomId: string) {
    try {
      const seen = await rooms.requireVisible(scope, roomId);
      return seen.membership === undefined ? undefined : seen;
    } catch (error) {
      if (error instanceof AppError && (error.code === 'not_found' || error.reason === 'banned'))
        return undefined;
      throw error;
    }
  }

  /** Makes a run for a message whatever the floor controller would say, or finds the one there is. */
  async function request(scope: Scope, agentId: string, message: Message, lane: Lane): Promise<string> {
    const { tenantId } = scope;
    return database.transaction(async (tx) => {
      await deps.checkStops(tx, { tenantId, agentId, roomId: message.roomId });
      const [inserted] = await repo.insertRuns(tx, [
        {
          id: newId(),
          tenantId,
          agentId,
          roomId: message.roomId,
          triggerMessageId: message.id,
          triggerReason: 'invoked',
          askerId: scope.user.id,
          // A person asked, so a chain of answers starts anew here.
          rootId: message.id,
          hop: 1,
          lane,
        },
      ]);
      const run = inserted ?? (await repo.findRunByTrigger(tx, tenantId, agentId, message.id));
      if (run === undefined) throw RUN_NOT_FOUND();
      const fresh = inserted !== undefined || (await leaseRepo.reopenRun(tx, tenantId, run.id));
      if (fresh) {
        await enqueueRuns(jobs, tx, [run]);
        database.afterCommit(tx, () => signalsFor(run).status('queued'));
      }
      return run.id;
    });
  }

  /** What is under way for an agent in a room, or with null anywhere, ends inside `tx`. */
  async function stopIn(
    tx: Tx,
    tenantId: string,
    agentId: string,
    roomId: string | null,
    reason: string,
  ): Promise<void> {
    const open = await repo.listOpenRuns(tx, tenantId, agentId);
    const there = open.filter((run) => roomId === null || run.roomId === roomId);
    if (there.length === 0) return;
    await cancel(
      tx,
      tenantId,
      there.map((run) => run.id),
      reason,
    );
  }

  events.on<MemberMuted>('member.muted', async (tx, muted) => {
    for (const { tenantId, userId, roomId } of muted) await stopIn(tx, tenantId, userId, roomId, 'muted');
  });
  events.on<MembershipChanged>('membership.changed', async (tx, changes) => {
    for (const { tenantId, roomId, user, change } of changes)
      if (change === 'left' && user.kind === 'agent')
        await stopIn(tx, tenantId, user.id, roomId, 'agent_not_in_room');
  });

  return {
    cancel,

    /** Makes the run of something that the agent says first, inside `tx`, unless there is one. A chain goes on where it stands. */
    async begin(
      tx: Tx,
      {
        id,
        reason,
        ...of
      }: Pick<repo.RunRow, 'tenantId' | 'agentId' | 'roomId' | 'askerId' | 'rootId'> & {
        id: string;
        reason: string;
      },
    ): Promise<void> {
      const runs = await repo.insertRuns(tx, [
        { ...of, id: newId(), triggerMessageId: id, triggerReason: reason, hop: 2, lane: 'background' },
      ]);
      await enqueueRuns(jobs, tx, runs);
    },

    /** Lets runs go on that rested until a person had spoken, inside `tx`. */
    async wake(
      tx: Tx,
      tenantId: string,
      ids: string[],
      from: 'waiting_approval' | 'needs_attention',
    ): Promise<repo.RunRow[]> {
      const woken = await repo.wakeRuns(tx, tenantId, ids, from);
      await enqueueRuns(jobs, tx, woken);
      database.afterCommit(tx, () => {
        for (const run of woken) signalsFor(run).status('queued');
      });
      return woken;
    },

    /** For a profile that is switched off or deleted. */
    async stopAll(tx: Tx, tenantId: string, agentId: string, reason: string): Promise<void> {
      const open = await repo.listOpenRuns(tx, tenantId, agentId);
      await cancel(
        tx,
        tenantId,
        open.map((run) => run.id),
        reason,
      );
    },

    async invoke(scope: Scope, { roomId: key, agentId, prompt, lane }: InputOf<typeof invokeAgent>) {
      const { row: room } = await rooms.requireMember(scope, key);
      const agent = await profiles.requireAgent(scope, agentId);
      rooms.requireRight(await rooms.standing(db, scope, room.id), 'agent.invoke');
      const here = (await heardRepo.listRoomAgents(db, [room.id])).find(
        (member) => member.agentId === agentId,
      );
      if (here === undefined)
        throw notFound('agent_not_in_room', 'This agent is not in this room; invite it first.');
      if (prompt !== undefined) {
        const body = mentions(prompt, agent.handle) ? prompt : `@${agent.handle} ${prompt}`;
        const message = await messages.send(scope, {
          roomId: room.id,
          body,
          ...(lane === 'interactive' ? {} : { metadata: { lane } }),
        });
        const run = await repo.findRunByTrigger(db, scope.tenantId, agentId, message.id);
        return { message, ...(run === undefined ? {} : { runId: run.id }) };
      }
      const { data } = await messages.list(scope, { roomId: room.id, limit: INVOKE_LOOKBACK });
      const message = data.findLast((m) => m.author.id !== agentId && m.deletedAt === undefined);
      if (message === undefined)
        throw new AppError('conflict', 'nothing_to_answer', 'There is no message to answer; give a prompt.');
      const { decision, reason } = decideTurn({
        message: {
          authorId: message.author.id,
          authorKind: message.author.kind,
          kind: message.kind,
          deleted: false,
          hop: 0,
        },
        room: { kind: room.kind, agentsAllowed: here.agentsAllowed, mode: here.roomMode },
        agent: {
          id: agentId,
          active: here.isActive,
          suspended: here.suspended,
          stopped: here.stopped,
          broke: here.broke,
          silenced: silencedBy(here),
        },
        mentioned: false,
        repliesToAgent: false,
        invoked: true,
        goesOn: false,
      });
      if (decision === 'silent')
        throw new AppError('conflict', reason, `The agent may not answer here now (${reason}).`);
      try {
        return { runId: await request(scope, agentId, message, lane) };
      } catch (error) {
        if (!(error instanceof Halted)) throw error;
        throw new AppError(
          'conflict',
          EMERGENCY_STOP,
          'An emergency stop halts this agent; it must be lifted first.',
        );
      }
    },

    async command(scope: Scope, { agentId, roomId: key, command, text }: InputOf<typeof commandAgent>) {
      const agent = await profiles.requireAgent(scope, agentId);
      const answersFor = profiles.answersFor(scope, agent);
      const room = key === undefined ? undefined : (await rooms.requireVisible(scope, key)).row;
      let runs = (await repo.listOpenRuns(db, scope.tenantId, agentId)).filter(
        (run) => room === undefined || run.roomId === room.id,
      );
      if (command !== 'status') {
        const allowed: string[] = [];
        for (const run of runs) if (await mayStop(scope, run, answersFor)) allowed.push(run.id);
        if (allowed.length === 0 && runs.length > 0)
          throw new AppError(
            'forbidden',
            'not_allowed',
            `Only who asked, the agent's owner or an admin of the room may ${command} it.`,
          );
        if (command === 'steer') return view(agentId, await steer(scope, runs, allowed, text), []);
        if (command === 'pause' || command === 'resume') {
          const changed = await (command === 'pause' ? pause : resume)(scope.tenantId, allowed);
          const byId = new Map(changed.map((run) => [run.id, run]));
          return view(
            agentId,
            runs.map((run) => byId.get(run.id) ?? run),
            [],
          );
        }
        const cancelled = await database.transaction((tx) => cancel(tx, scope.tenantId, allowed, 'stopped'));
        const gone = new Set(cancelled.map((run) => run.id));
        runs = runs.filter((run) => !gone.has(run.id));
        return view(agentId, runs, [
          ...cancelled.map((run) => ({ id: run.id, roomId: run.roomId, status: run.status })),
        ]);
      }
      const seen: repo.RunRow[] = [];
      for (const run of runs)
        if (answersFor || run.askerId === scope.user.id || (await memberIn(scope, run.roomId)) !== undefined)
          seen.push(run);
      return view(agentId, seen, []);
    },

    async list(scope: Scope, { agentId, status, limit, cursor }: InputOf<typeof listRuns>) {
      await profiles.requireOwned(scope, agentId);
      const rows = await repo.listRuns(db, scope.tenantId, agentId, {
        status,
        beforeId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const data = rows.slice(0, limit).map(toRun);
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    async get(scope: Scope, { runId }: InputOf<typeof getRun>): Promise<Run & { steps: RunStep[] }> {
      const run = await repo.findRun(db, scope.tenantId, runId);
      if (run === undefined) throw RUN_NOT_FOUND();
      if (run.askerId !== scope.user.id && scope.role !== 'admin') {
        const agent = await profiles.find(scope.tenantId, run.agentId);
        if (agent === undefined || !profiles.answersFor(scope, agent)) throw RUN_NOT_FOUND();
      }
      const steps = await repo.listSteps(db, scope.tenantId, runId);
      return { ...toRun(run), steps: steps.map(toStep) };
    },

    /** Memories that a run was given. */
    async memoriesOf(tenantId: string, runId: string): Promise<string[]> {
      const steps = await repo.listSteps(db, tenantId, runId);
      const context = steps.map(({ data }) => data).find((data) => data.kind === 'context');
      return context?.kind === 'context' ? context.memoryIds : [];
    },

    /** What was decided about a message, and the answer to come. */
    async answerTo(tenantId: string, agentId: string, message: { id: string; roomId: string }) {
      const page = { messageId: message.id, limit: 200 };
      const turn = (await repo.listTurns(db, tenantId, message.roomId, page)).find(
        (candidate) => candidate.agentId === agentId,
      );
      const own = await repo.findRunByTrigger(db, tenantId, agentId, message.id);
      // Another message of the same burst may trigger its turn.
      const run = own ?? (turn?.runId == null ? undefined : await repo.findRun(db, tenantId, turn.runId));
      return {
        reason: turn?.reason ?? 'agent_not_in_room',
        ...(run === undefined ? {} : { runId: run.id, replyMessageId: replyId(run) }),
      };
    },

    async turns(
      scope: Scope,
      { roomId: key, messageId, limit }: InputOf<typeof listTurns>,
    ): Promise<{ data: Turn[]; bound: number }> {
      const { row } = await rooms.requireVisible(scope, key);
      const turns = await repo.listTurns(db, scope.tenantId, row.id, { messageId, limit });
      return { data: turns.map(toTurn), bound: boundOf(await heardRepo.countAgents(db, row.id)) };
    },
  };
}

/** True if `@handle` stands in the text as a whole; `@bot2` does not mention `bot`. */
function mentions(text: string, handle: string): boolean {
  const words = text.toLowerCase().match(/@[\p{L}\p{N}\p{M}_.-]+/gu) ?? [];
  return words.some((word) => word.replace(/[.-]+$/, '') === `@${handle}`);
}

function view(
  agentId: string,
  open: repo.RunRow[],
  over: { id: string; roomId: string; status: string }[],
): { agentId: string; status: AgentStatus; runs: { id: string; roomId: string; status: string }[] } {
  const status: AgentStatus = open.some((run) => run.status === 'running')
    ? 'thinking'
    : open.some((run) => run.status === 'waiting_approval')
      ? 'waiting_approval'
      : open.some((run) => run.status === 'paused')
        ? 'paused'
        : open.length > 0
          ? 'queued'
          : 'idle';
  const runs = open.map((run) => ({ id: run.id, roomId: run.roomId, status: run.status as string }));
  return { agentId, status, runs: [...runs, ...over] };
}

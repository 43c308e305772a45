// Writes down what was decided about messages, inside their transaction: turns with their reasons, runs that begin, wait or
// gather, and changes of turns under way. Must never lose a message that an agent is to answer: what cannot be joined any more
// gets a turn of its own.
import type { Insertable } from 'kysely';
import type { Database, Tx } from '../../core/db/database.ts';
import { newId } from '../../core/ids.ts';
import type { Jobs } from '../../core/jobs.ts';
import type { Message } from '../../server/messages/contract.ts';
import type { Bursts, Window } from './floor-bursts.ts';
import {
  doesAsk,
  MAX_RESTARTS,
  type Pending,
  type Plan,
  planTurn,
  type UnderWay,
  windowOf,
} from './floor-plan.ts';
import * as floor from './floor-repository.ts';
import type * as heardRepo from './heard-repository.ts';
import { enqueueRuns, type Lane } from './lanes.ts';
import * as repo from './repository.ts';
import type { SignalsFor } from './signals.ts';
import type { AgentRunsTable, AgentTurnsTable, TurnHandling } from './tables.ts';
import type { SpeakReason } from './turn-taking.ts';

type NewRun = Insertable<AgentRunsTable>;
type NewTurn = Insertable<AgentTurnsTable>;

export interface Verdict {
  message: Message;
  direct: boolean;
  agent: heardRepo.RoomAgent;
  rootId: string;
  /** Of the answer. */
  hop: number;
  lane: Lane;
  decision: 'speak' | 'silent';
  reason: string;
  score: number | null;
  parts: string | null;
}

export interface BookDeps {
  database: Database;
  jobs: Jobs;
  signalsFor: SignalsFor;
  bursts: Bursts;
  /** Ends what workers do about these runs, here and as soon as other nodes hear of it. */
  abort(runIds: readonly string[]): void;
}

/** Of a sender's last messages so many tell how fast he writes. */
const TIMES = 6;

interface Here {
  pending: Pending | undefined;
  underWay: UnderWay[];
}

export const createFloorBook = (deps: BookDeps) => (tx: Tx, verdicts: readonly Verdict[]) =>
  write(deps, tx, verdicts);

async function write(deps: BookDeps, tx: Tx, verdicts: readonly Verdict[]): Promise<void> {
  const turns: NewTurn[] = [];
  const drafts = new Map<string, NewRun>();
  const steers: { run: NewRun; message: Message }[] = [];
  const windows = new Map<string, Window>();
  const atOnce = new Map<string, Lane>();
  const anew: repo.RunRow[] = [];
  const here = new Map<string, Here>();

  for (const verdict of verdicts) {
    const { message, agent } = verdict;
    const turn: NewTurn = {
      messageId: message.id,
      agentId: agent.agentId,
      tenantId: agent.tenantId,
      roomId: message.roomId,
      decision: verdict.decision,
      reason: verdict.reason,
      score: verdict.score,
      parts: verdict.parts,
      handling: null,
      runId: null,
    };
    turns.push(turn);
    if (verdict.decision === 'silent') continue;
    const place = `${message.roomId} ${agent.agentId}`;
    const standing = here.get(place) ?? {
      pending: agent.pending ?? undefined,
      underWay: [...(agent.underWay ?? [])],
    };
    here.set(place, standing);
    const asked = {
      reason: verdict.reason as SpeakReason,
      authorId: message.author.id,
      byPerson: message.author.kind === 'human',
      lane: verdict.lane,
      asks: doesAsk(message.body, verdict.reason as SpeakReason),
    };
    // What it was to join may have begun or ended meanwhile; then there is one thing less to join.
    while (!(await carryOut(planTurn(asked, agent.interruption, standing), verdict, turn, standing)));
  }

  await repo.insertTurns(tx, turns);
  const runs = drafts.size === 0 ? [] : await repo.insertRuns(tx, [...drafts.values()]);
  for (const { run, message } of steers)
    await repo.insertSteer(tx, run, message.author.id, message.body, message.id);
  for (const run of runs) if (run.dueAt === null && run.afterRunId === null) atOnce.set(run.id, run.lane);
  for (const run of anew) atOnce.set(run.id, run.lane);
  await enqueueRuns(
    deps.jobs,
    tx,
    [...atOnce].map(([id, lane]) => ({ id, lane })),
  );
  if (runs.length === 0 && windows.size === 0 && atOnce.size === 0) return;
  // After the message itself has been published.
  deps.database.afterCommit(tx, () =>
    queueMicrotask(() => {
      for (const runId of atOnce.keys()) deps.bursts.forget(runId);
      for (const [runId, window] of windows) if (!atOnce.has(runId)) deps.bursts.open(window);
      deps.abort(anew.map((run) => run.id));
      for (const run of anew) deps.signalsFor(run).status('interrupted');
      for (const run of [...anew, ...runs]) deps.signalsFor(run).status('queued');
    }),
  );

  /** @returns false where the plan does not hold any more; `standing` knows better then */
  async function carryOut(plan: Plan, verdict: Verdict, turn: NewTurn, standing: Here): Promise<boolean> {
    const { message, agent } = verdict;
    const { tenantId } = agent;
    const target = {
      triggerMessageId: message.id,
      triggerReason: verdict.reason,
      askerId: message.author.id,
      rootId: verdict.rootId,
      hop: verdict.hop,
    };
    if (plan.do === 'ignore') {
      Object.assign(turn, { decision: 'silent', reason: 'ignored_while_busy' });
      return true;
    }
    if (plan.do === 'begin' || plan.do === 'gather') {
      const gathers = plan.do === 'gather';
      const id = newId();
      drafts.set(id, {
        id,
        tenantId,
        agentId: agent.agentId,
        roomId: message.roomId,
        ...target,
        lane: verdict.lane,
        gathers,
        burst: gathers ? 1 : 0,
        afterRunId: plan.after ?? null,
        dueAt: null,
      });
      if (plan.after !== undefined) turn.handling = 'queued';
      if (verdict.lane === 'background') return true;
      if (!gathers) standing.underWay.push({ id, askerId: message.author.id, generation: 0 });
      else await wait(id, 1, 0, verdict, standing);
      return true;
    }
    const draft = drafts.get(plan.run);
    const gone = () => {
      if (standing.pending?.id === plan.run) standing.pending = undefined;
      else standing.underWay = standing.underWay.filter(({ id }) => id !== plan.run);
      return false;
    };
    if (plan.do === 'cover') {
      if (draft === undefined && !(await floor.isPending(tx, tenantId, plan.run))) return begun();
      Object.assign(turn, { handling: 'coalesced', runId: plan.run });
      return true;
    }
    if (plan.do === 'join') {
      const reason = target.triggerReason;
      if (draft !== undefined) {
        await cover(agent.agentId, draft.triggerMessageId, plan.run, 'coalesced');
        Object.assign(draft, target, reason === 'follow_up' ? { triggerReason: draft.triggerReason } : {});
        draft.burst = (draft.burst as number) + 1;
        if (plan.atOnce) {
          draft.dueAt = null;
          windows.delete(plan.run);
        } else await wait(plan.run, draft.burst, windows.get(plan.run)?.openForMs ?? 0, verdict, standing);
        return true;
      }
      const run = await floor.retargetPending(tx, tenantId, plan.run, target, plan.atOnce);
      if (run === undefined) return begun();
      await cover(agent.agentId, run.was, run.id, 'coalesced');
      if (run.dueAt !== null) await wait(run.id, run.burst, run.openForMs, verdict, standing);
      else {
        windows.delete(run.id);
        if (run.afterRunId === null) atOnce.set(run.id, run.lane);
        standing.pending = { id: run.id, askerId: message.author.id, reason: run.triggerReason };
      }
      return true;
    }
    if (plan.do === 'restart' && draft === undefined) {
      const run = await floor.restartRun(tx, tenantId, plan.run, target, MAX_RESTARTS);
      if (run !== undefined) {
        await cover(agent.agentId, run.was, run.id, 'superseded');
        turn.handling = 'restarted';
        anew.push(run);
        for (const one of standing.underWay) if (one.id === run.id) one.generation = run.generation;
        return true;
      }
    } else if (plan.do === 'restart' && draft !== undefined) {
      await cover(agent.agentId, draft.triggerMessageId, plan.run, 'superseded');
      Object.assign(draft, target);
      turn.handling = 'restarted';
      return true;
    }
    // What was done with tools is done: what comes is taken up by that turn.
    if (draft !== undefined) steers.push({ run: draft, message });
    else {
      const by = message.author.id;
      const n = await repo.insertSteer(tx, { tenantId, id: plan.run }, by, message.body, message.id);
      if (n === undefined) return gone();
    }
    Object.assign(turn, { handling: 'merged', runId: plan.run });
    return true;

    /** The pending turn is one under way by now. */
    function begun(): false {
      const was = standing.pending;
      standing.pending = undefined;
      if (was !== undefined) standing.underWay.push({ id: was.id, askerId: was.askerId, generation: 0 });
      return false;
    }
  }

  async function wait(
    runId: string,
    burst: number,
    openForMs: number,
    { message, direct, reason }: Verdict,
    standing: Here,
  ): Promise<void> {
    const { roomId } = message;
    const askerId = message.author.id;
    const times = await floor.listTimesOf(tx, roomId, askerId, TIMES);
    windows.set(runId, { runId, burst, roomId, askerId, windowMs: windowOf(times, direct), openForMs });
    const draft = drafts.get(runId);
    if (draft !== undefined) draft.dueAt = floor.burstEnd() as never;
    standing.pending = {
      id: runId,
      askerId,
      reason: draft?.triggerReason ?? standing.pending?.reason ?? reason,
    };
  }

  async function cover(
    agentId: string,
    messageId: string,
    runId: string,
    handling: TurnHandling,
  ): Promise<void> {
    const known = turns.find((turn) => turn.agentId === agentId && turn.messageId === messageId);
    if (known !== undefined) Object.assign(known, { runId, handling });
    else await floor.coverTurn(tx, agentId, messageId, runId, handling);
  }
}

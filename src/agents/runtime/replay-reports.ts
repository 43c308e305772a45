// Reports of recorded runs asked anew of a model: made by a job in the background, run by run, kept until whoever asked for them
// takes them away. Only for who answers for the agents, and at their budget. Must never change anything but the report.
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { JobDef, Jobs } from '../../core/jobs.ts';
import type { Scope } from '../../core/scope.ts';
import { isUuid } from '../../server/identity/service.ts';
import type { RoomsService } from '../../server/rooms/service.ts';
import { LlmError } from '../llm/llm.ts';
import type { AgentRow, ProfilesService } from '../profiles/service.ts';
import type { RevisionsService } from '../revisions/service.ts';
import { EMERGENCY_STOP, Halted } from '../safety/halted.ts';
import type * as c from './contract.ts';
import type { ReplayedRun, ReplayReport } from './contract.ts';
import { type Anew, callsOf } from './replay-anew.ts';
import * as reports from './replay-repository.ts';
import * as repo from './repository.ts';
import type { ReplaySettings } from './tables.ts';

const REPLAY_JOB = 'agents.replay_anew';
const PAGE = 20;

export interface ReportsDeps {
  database: Database;
  jobs: Jobs;
  rooms: Pick<RoomsService, 'requireVisible'>;
  profiles: Pick<ProfilesService, 'requireOwned' | 'find'>;
  revisions: Pick<RevisionsService, 'settingsOf'>;
  /** The answer of a run as it is in the room; undefined where it is gone or was changed. */
  bodyOf(run: repo.RunRow): Promise<string | undefined>;
  /** @param payer what its calls of models stand under in the ledger */
  anew(
    run: repo.RunRow,
    agent: AgentRow,
    steps: repo.StepRow['data'][],
    signal: AbortSignal,
    payer: string,
  ): Promise<Anew>;
  /** Throws `Halted` for an agent that an emergency stop halts. */
  checkStops(tx: Tx, run: { tenantId: string; agentId: string; roomId: string | null }): Promise<void>;
}

const NOT_FOUND = () => notFound('replay_not_found', 'There is no such replay, or you may not see it.');

export type ReplayReports = ReturnType<typeof createReplayReports>;

export function createReplayReports(deps: ReportsDeps) {
  const { database, jobs, profiles } = deps;
  const { db } = database;

  async function required(scope: Scope, id: string): Promise<reports.ReplayRow> {
    const row = await reports.findReplay(db, id);
    if (row === undefined || row.tenantId !== scope.tenantId) throw NOT_FOUND();
    if (row.requestedBy !== scope.user.id && scope.role !== 'admin') throw NOT_FOUND();
    return row;
  }

  async function chosen(scope: Scope, input: InputOf<typeof c.createReplay>) {
    const { tenantId } = scope;
    const { agentId, runId } = input;
    if ((runId === undefined) === (input.roomId === undefined))
      throw new AppError('invalid', 'invalid_input', 'Name either a runId or a roomId.');
    if (agentId !== undefined) await profiles.requireOwned(scope, agentId);
    if (runId !== undefined) {
      const run = await repo.findRun(db, tenantId, runId);
      const none = () => notFound('run_not_found', 'There is no such run, or you may not see it.');
      if (run === undefined || (agentId !== undefined && run.agentId !== agentId)) throw none();
      await profiles.requireOwned(scope, run.agentId).catch(() => {
        throw none();
      });
      return { roomId: null, runs: [run] };
    }
    const { row } = await deps.rooms.requireVisible(scope, input.roomId as string);
    const ownerId = scope.role === 'admin' ? undefined : scope.user.id;
    const of = { roomId: row.id, agentId, ownerId, limit: input.last };
    return { roomId: row.id, runs: await reports.listReplayable(db, tenantId, of) };
  }

  async function one(
    row: reports.ReplayRunRow,
    settings: ReplaySettings,
    signal: AbortSignal,
  ): Promise<Anew> {
    const { tenantId } = row;
    const run = await repo.findRun(db, tenantId, row.runId);
    const present = await profiles.find(tenantId, row.agentId);
    if (run === undefined || present === undefined)
      throw new AppError('not_found', 'run_not_found', 'It is gone.');
    await database.transaction((tx) => deps.checkStops(tx, run));
    const { revision = run.revision ?? present.revision, ...others } = settings;
    const then = await deps.revisions.settingsOf(tenantId, row.agentId, revision);
    // Tools and memory that were taken away since stay away.
    const agent = {
      ...present,
      ...then,
      ...others,
      capabilities: then.capabilities.filter((name) => present.capabilities.includes(name)),
      memoryEnabled: then.memoryEnabled && present.memoryEnabled,
    } as AgentRow;
    const steps = await repo.listSteps(db, tenantId, run.id);
    return deps.anew(
      run,
      agent,
      steps.map(({ data }) => data),
      signal,
      row.replayId,
    );
  }

  async function work(replayId: string, signal: AbortSignal): Promise<void> {
    const replay = await reports.findReplay(db, replayId);
    if (replay === undefined) return;
    const { tenantId } = replay;
    let after = 0;
    for (;;) {
      signal.throwIfAborted();
      // Also tells when it was cancelled or taken away.
      if (!(await database.transaction((tx) => reports.setReplay(tx, tenantId, replayId, 'running')))) return;
      const [row] = await reports.listReplayRuns(db, tenantId, replayId, { after, limit: 1, waiting: true });
      if (row === undefined) break;
      after = row.n;
      try {
        const { inputTokens, outputTokens, costUsd, ...result } = await one(row, replay.settings, signal);
        const set = { inputTokens, outputTokens, costUsd, result: JSON.stringify(result) };
        await database.transaction((tx) =>
          reports.setReplayRun(tx, row, { status: 'done', reason: null, ...set }),
        );
      } catch (error) {
        signal.throwIfAborted();
        const reason = reasonOf(error);
        if (reason === undefined) throw error;
        await database.transaction((tx) => reports.setReplayRun(tx, row, { status: 'failed', reason }));
      }
    }
    await database.transaction((tx) => reports.setReplay(tx, tenantId, replayId, 'completed'));
  }

  const job: JobDef<{ replayId: string }> = {
    name: REPLAY_JOB,
    retryLimit: 3,
    expireInSeconds: 3600,
    concurrency: 1,
    handle: ({ replayId }, { signal }) => work(replayId, signal),
  };

  return {
    job,

    async create(scope: Scope, input: InputOf<typeof c.createReplay>): Promise<ReplayReport> {
      const { roomId, runs } = await chosen(scope, input);
      if (runs.length === 0)
        throw new AppError(
          'conflict',
          'nothing_to_replay',
          'No agent that you answer for has a finished run there.',
        );
      const { revision, llmProvider, modelName, systemPrompt } = input;
      const set = { revision, llmProvider, modelName, systemPrompt };
      const settings: ReplaySettings = Object.fromEntries(
        Object.entries(set).filter(([, value]) => value !== undefined),
      );
      if (revision !== undefined)
        for (const agentId of new Set(runs.map((run) => run.agentId)))
          await deps.revisions.settingsOf(scope.tenantId, agentId, revision);
      const id = newId();
      await database.transaction(async (tx) => {
        await reports.insertReplay(
          tx,
          {
            id,
            tenantId: scope.tenantId,
            requestedBy: scope.user.id,
            agentId: input.agentId ?? null,
            roomId,
            settings: JSON.stringify(settings),
            total: runs.length,
          },
          runs,
        );
        await jobs.enqueue(tx, { name: REPLAY_JOB }, [{ replayId: id }]);
      });
      return toReport(await required(scope, id));
    },

    async list(scope: Scope, { limit, cursor }: InputOf<typeof c.listReplays>) {
      const beforeId = cursor !== undefined && isUuid(cursor) ? cursor : undefined;
      const rows = await reports.listReplays(db, scope.tenantId, scope.user.id, {
        beforeId,
        limit: limit + 1,
      });
      const data = rows.slice(0, limit).map(toReport);
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    async get(scope: Scope, { replayId, cursor, limit }: InputOf<typeof c.getReplay>) {
      const replay = await required(scope, replayId);
      const most = Math.min(limit, PAGE);
      const after = cursor !== undefined && /^\d{1,6}$/.test(cursor) ? Number(cursor) : 0;
      const rows = await reports.listReplayRuns(db, scope.tenantId, replayId, { after, limit: most + 1 });
      const data: ReplayedRun[] = [];
      for (const row of rows.slice(0, most)) data.push(await toReplayed(row));
      const last = rows[most - 1];
      return {
        ...toReport(replay),
        data,
        ...(rows.length > most && last !== undefined ? { nextCursor: String(last.n) } : {}),
      };
    },

    async remove(scope: Scope, { replayId }: InputOf<typeof c.deleteReplay>): Promise<{ deleted: true }> {
      const { tenantId, id } = await required(scope, replayId);
      await database.transaction(async (tx) => {
        await reports.setReplay(tx, tenantId, id, 'cancelled');
        await reports.deleteReplay(tx, tenantId, id);
      });
      return { deleted: true };
    },
  };

  /** What was is read now: what has been deleted since is in no report. */
  async function toReplayed(row: reports.ReplayRunRow): Promise<ReplayedRun> {
    const run = await repo.findRun(db, row.tenantId, row.runId);
    const steps = (await repo.listSteps(db, row.tenantId, row.runId)).map(({ data }) => data);
    const reply = run === undefined ? undefined : await deps.bodyOf(run);
    const was = { calls: callsOf(steps), ...(reply === undefined ? {} : { reply }) };
    const now = row.result;
    const names = (calls: { tool: string; arguments: unknown }[]) =>
      JSON.stringify(calls.map((call) => [call.tool, call.arguments]));
    return {
      runId: row.runId,
      agentId: row.agentId,
      status: row.status,
      ...(row.reason === null ? {} : { reason: row.reason }),
      ...(run === undefined ? {} : { triggerMessageId: run.triggerMessageId }),
      was,
      ...(now === null
        ? {}
        : {
            now,
            sameReply: (reply ?? '') === now.reply,
            sameCalls: names(was.calls) === names(now.calls),
          }),
      inputTokens: row.inputTokens,
      outputTokens: row.outputTokens,
      ...(row.costUsd === null ? {} : { costUsd: row.costUsd }),
    };
  }
}

function reasonOf(error: unknown): string | undefined {
  if (error instanceof Halted) return EMERGENCY_STOP;
  if (error instanceof LlmError)
    return error.kind === 'budget_exhausted' ? error.kind : `model_${error.kind}`;
  return error instanceof AppError && error.code !== 'unavailable' ? error.reason : undefined;
}

const toReport = (row: reports.ReplayRow): ReplayReport => ({
  id: row.id,
  ...(row.agentId === null ? {} : { agentId: row.agentId }),
  ...(row.roomId === null ? {} : { roomId: row.roomId }),
  settings: row.settings,
  status: row.status,
  total: row.total,
  done: row.done,
  createdAt: row.createdAt.toISOString(),
  ...(row.finishedAt === null ? {} : { finishedAt: row.finishedAt.toISOString() }),
});

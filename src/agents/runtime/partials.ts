// What an agent had said when it did not get to its end: published as a message that its run marks, by the worker at hand or, for a
// run that rested, by a job; and shown meanwhile to whoever comes in. Must never publish what an emergency stop has halted.
import { createBatcher } from '../../core/batcher.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { JobDef } from '../../core/jobs.ts';
import type { Scope } from '../../core/scope.ts';
import type { IdentityService } from '../../server/identity/service.ts';
import type { Message } from '../../server/messages/contract.ts';
import type { MessagesService } from '../../server/messages/service.ts';
import { requireClean } from '../safety/filter.ts';
import { Halted } from '../safety/halted.ts';
import { isAsk } from './asks.ts';
import { MAX_CHAIN } from './floor-limits.ts';
import * as heardRepo from './heard-repository.ts';
import { RunLost } from './journal.ts';
import * as leaseRepo from './lease-repository.ts';
import * as partialRepo from './partials-repository.ts';
import { replyId } from './reply-id.ts';
import * as repo from './repository.ts';

/** How a run ended without a whole answer. */
export type Broken = { status: 'failed'; reason: string } | { status: 'cancelled' };

/** Agents have answered agents often enough since the person's message that began it. */
export class ChainFull extends Error {
  override readonly name = 'ChainFull';
}

/** The message itself is in the count already. @throws ChainFull */
export async function checkChain(tx: Tx, run: repo.RunRow): Promise<void> {
  if (run.hop < 2) return;
  if ((await heardRepo.countChain(tx, run.roomId, run.rootId, MAX_CHAIN + 1)) > MAX_CHAIN)
    throw new ChainFull();
}

interface Said {
  body: string;
  threadId: string | undefined;
  model: string;
  tokens: number;
  /** Null where a price is not known. */
  costUsd: number | null;
}

export interface PublishDeps {
  messages: Pick<MessagesService, 'send'>;
  checkStops(tx: Tx, run: { tenantId: string; agentId: string; roomId: string | null }): Promise<void>;
}

export type PublishPartial = ReturnType<typeof createPublishPartial>;

/** @returns false when the run is not the caller's any more, or its agent may not speak there */
export function createPublishPartial({ messages, checkStops }: PublishDeps) {
  return async (run: repo.RunRow, scope: Scope, said: Said, how: Broken): Promise<boolean> => {
    const lease = { tenantId: run.tenantId, id: run.id, epoch: run.leaseEpoch };
    const { body, threadId, model, tokens, costUsd } = said;
    try {
      await messages.send(
        scope,
        { roomId: run.roomId, body, id: replyId(run), ...(threadId === undefined ? {} : { threadId }) },
        {
          run: { id: run.id, status: how.status, model, tokens, costUsd },
          rootId: run.rootId,
          hop: run.hop,
          async within(tx, sent) {
            await checkStops(tx, run);
            requireClean(sent.body);
            await checkChain(tx, run);
            const kept =
              how.status === 'failed'
                ? await leaseRepo.closeRun(tx, lease, { ...how, replyMessageId: sent.id })
                : await partialRepo.attachPartial(tx, lease, sent.id);
            if (!kept) throw new RunLost();
          },
        },
      );
      return true;
    } catch (error) {
      // Not in the room any more, or the run has gone elsewhere: then nothing is published.
      if (error instanceof RunLost || error instanceof Halted || error instanceof ChainFull) return false;
      if (error instanceof AppError && error.code !== 'unavailable') return false;
      throw error;
    }
  };
}

export interface PartialJob {
  runId: string;
}
export const PARTIAL_JOB = 'agents.partial';

/** Publishes what a run had said that was stopped while nobody worked on it. */
export function createPartialJob(deps: {
  database: Database;
  identity: Pick<IdentityService, 'agentScope'>;
  messages: Pick<MessagesService, 'get'>;
  askOf(run: repo.RunRow): Promise<Message | undefined>;
  publish: PublishPartial;
}): JobDef<PartialJob> {
  const { database, identity, messages, publish } = deps;

  async function say(run: repo.RunRow, body: string): Promise<void> {
    const scope = await identity.agentScope(run.tenantId, run.agentId);
    const asked = isAsk(run) ? await deps.askOf(run) : await messages.get(scope, run.triggerMessageId);
    const threadId = asked?.threadId;
    const steps = await repo.listSteps(database.db, run.tenantId, run.id);
    const context = steps.map(({ data }) => data).find(({ kind }) => kind === 'context');
    const model = context?.kind === 'context' ? context.model : '';
    const tokens = run.inputTokens + run.outputTokens;
    await publish(
      run,
      scope,
      { body, threadId, model, tokens, costUsd: run.costUsd },
      { status: 'cancelled' },
    );
  }

  return {
    name: PARTIAL_JOB,
    retryLimit: 5,
    expireInSeconds: 60,
    concurrency: 2,
    async handle({ runId }) {
      const run = await partialRepo.findStopped(database.db, runId);
      if (run === undefined || run.partial === null) return;
      await say(run, run.partial).catch((error: unknown) => {
        // The agent is gone, or may not see the room any more.
        if (!(error instanceof AppError) || error.code === 'unavailable') throw error;
      });
      await database.transaction((tx) => partialRepo.dropPartial(tx, run.tenantId, run.id));
    },
  };
}

/** Runs of a room that rest until a person has spoken, or were put back; together for those who ask at once. */
export const createResting = ({
  db,
  kind,
}: Database): ((roomId: string) => Promise<partialRepo.RestingRun[]>) =>
  createBatcher({
    async run(roomIds: string[]) {
      const runs = await partialRepo.listResting(db, [...new Set(roomIds)]);
      const byRoom = Map.groupBy(runs, (run) => run.roomId);
      return roomIds.map((roomId) => byRoom.get(roomId) ?? []);
    },
    parallel: kind === 'pglite' ? 1 : 2,
    maxBatch: 500,
  });

// Carries a run from its journal to its end: context, model calls, tools, reply. Finished steps are read, not repeated, and the
// reply is written in the transaction that completes the run: one answer, whatever crashes. Must never open a transaction
// around a model or a tool, and never put an error into the room.
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Jobs } from '../../core/jobs.ts';
import type { Card } from '../../server/cards/contract.ts';
import type { IdentityService } from '../../server/identity/service.ts';
import { MAX_BODY_BYTES, type Message } from '../../server/messages/contract.ts';
import type { MessagesService } from '../../server/messages/service.ts';
import type { ProfilesService } from '../profiles/service.ts';
import type { AssembledPrompt } from '../prompts/prompts.ts';
import type { RevisionsService } from '../revisions/service.ts';
import { requireClean } from '../safety/filter.ts';
import { Halted } from '../safety/halted.ts';
import { type ActionsDeps, contextOf, createActions, type Spent, textsOf, type Work } from './actions.ts';
import { isAsk } from './asks.ts';
import { Draft } from './draft.ts';
import { checkLimits, Dropped, FRESH_MS, isUnasked, lookFresh, Reworded, seenOf } from './floor-fresh.ts';
import { MAX_RESTARTS } from './floor-plan.ts';
import { coverTurn, restartRun } from './floor-repository.ts';
import { openJournal, RunLost, RunRests } from './journal.ts';
import { enqueueRuns } from './lanes.ts';
import * as leaseRepo from './lease-repository.ts';
import { type Broken, ChainFull, checkChain, createPublishPartial } from './partials.ts';
import * as partialRepo from './partials-repository.ts';
import { cardsOf } from './reply-cards.ts';
import { replyId } from './reply-id.ts';
import * as repo from './repository.ts';
import type { RunSignals } from './signals.ts';
import { isOutOfRounds, mayTakeSteer, nextAction } from './steps.ts';

export interface LoopDeps extends ActionsDeps {
  database: Database;
  jobs: Pick<Jobs, 'enqueue'>;
  identity: IdentityService;
  messages: MessagesService;
  profiles: ProfilesService;
  revisions: Pick<RevisionsService, 'asOf'>;
  /** What a run that nobody asked for begins with, and why what it would say is not said after all. */
  openings: {
    triggerOf(run: repo.RunRow): Promise<Message | undefined>;
    misfit(tx: Tx, run: repo.RunRow, seq: number): Promise<string | undefined>;
  };
  /** What a run was asked by other ways than a message; undefined once that is gone. */
  askOf(run: repo.RunRow): Promise<Message | undefined>;
  /** Throws inside a transaction whose agent an emergency stop has halted. */
  checkStops: (tx: Tx, run: { tenantId: string; agentId: string; roomId: string | null }) => Promise<void>;
  onBoundary?: ((at: { boundary: string; runId: string; epoch: number }) => void | Promise<void>) | undefined;
}

export type Outcome =
  | { status: 'completed'; message: Message }
  | { status: 'silent'; reason: string }
  /** Put to rest until a person has said something; the room knows already. */
  | { status: 'waiting_approval' | 'needs_attention' };

/** The agent may not speak in the room any more. */
const GONE: Readonly<Record<string, string>> = {
  not_a_member: 'agent_not_in_room',
  room_not_found: 'agent_not_in_room',
  suspended: 'agent_suspended',
};
const gone = (error: unknown): undefined => {
  if (error instanceof AppError && error.code === 'not_found') return undefined;
  throw error;
};
/** What the agent would say first does not fit any more. */
class Unfit extends Error {
  override readonly name = 'Unfit';
}

/** Someone added words while the answer was being committed. */
class Steered extends Error {
  override readonly name = 'Steered';
}

/** A run that began with an opening, not with a message. */
const hasOpening = ({ triggerReason }: Pick<repo.RunRow, 'triggerReason'>): boolean =>
  triggerReason.startsWith('proactive_');

/** What a model is told to say when it has nothing to say first. */
const NOTHING_TO_SAY = /^\W*nothing[_ ]to[_ ]say\W*$/i;

/** What a run that broke off leaves behind. */
export interface Remains {
  /**
   * Publishes what was said so far, marked by the run's status, in the transaction that ends the run. Set once there is a text.
   * @returns false when there is nothing to publish, or the run is not this worker's any more
   */
  publish?: (how: Broken) => Promise<boolean>;
  /** Keeps what was said so far with a run that was paused, until it goes on or is stopped. */
  keep?: () => Promise<unknown>;
  /** An effect outside that is under way, until its result is journalled. Never rejects. */
  acting?: Promise<unknown>;
}

export type Execute = (
  run: leaseRepo.ClaimedRun,
  signals: RunSignals,
  signal: AbortSignal,
  remains: Remains,
) => Promise<Outcome>;

/** @throws RunLost, Halted, LlmError, AppError (not in the room any more), or whatever aborted `signal` */
export function createLoop(deps: LoopDeps): Execute {
  const { chooseContext, buildPrompt, think, useTool } = createActions(deps);
  const publish = createPublishPartial(deps);

  return async (run, signals, signal, remains) => {
    const { tenantId, agentId, id: runId } = run;
    const lease = { tenantId, agentId, roomId: run.roomId, id: runId, epoch: run.leaseEpoch };
    const boundary = async (name: string) => {
      await deps.onBoundary?.({ boundary: name, runId, epoch: lease.epoch });
      signal.throwIfAborted();
    };
    const checkStops = (tx: Tx) => deps.checkStops(tx, run);
    if (run.stopped) throw new Halted();
    const scope = await deps.identity.agentScope(tenantId, agentId);
    const first = hasOpening(run);
    const asked = isAsk(run);
    const given = first ? await deps.openings.triggerOf(run) : asked ? await deps.askOf(run) : undefined;
    if (first && given === undefined) return fallSilent('settled');
    if (asked && given === undefined) return fallSilent('message_deleted');
    // Together: none of them needs what another answers.
    const [journal, present, scene] = await Promise.all([
      openJournal(deps.database, deps.failpoints, lease, checkStops),
      deps.profiles.find(tenantId, agentId),
      deps.context.scene(scope, run, given).catch(gone),
    ]);
    await boundary('opened');
    const agent = present && (await deps.revisions.asOf(present, run.revision));
    if (scene === undefined) return fallSilent('agent_not_in_room');
    const { trigger } = scene;
    if (agent === undefined || !agent.isActive) return fallSilent('agent_inactive');
    if (trigger.deletedAt !== undefined) return fallSilent('message_deleted');
    let seen = seenOf(trigger, agentId);
    let seenAt = deps.clock.elapsed();
    signals.status('thinking');

    const draft = new Draft({
      clock: deps.clock,
      maxBytes: MAX_BODY_BYTES,
      // It may find that it has nothing to say: then nobody should have read the beginning of it.
      emit: (delta) => {
        if (!first) signals.delta(replyId(run), delta);
      },
    });
    const beside: Promise<unknown>[] = [];
    const work = {
      run,
      scope,
      agent,
      trigger,
      scene,
      journal,
      signals,
      signal,
      draft,
      boundary,
      beforeWords,
      alongside: (done: Promise<unknown>) => {
        // Nothing of the run depends on it.
        beside.push(done.catch(() => undefined));
      },
      acting: (done: Promise<unknown>) => {
        remains.acting = done;
      },
      replyId: replyId(run),
    };
    /** Since the newest step. */
    let wasSteered = false;
    let prompt: AssembledPrompt | undefined;
    const spent: Spent = { tokens: run.inputTokens + run.outputTokens, costUsd: run.costUsd, priced: true };
    remains.publish = (how) => publishPartial(how);
    remains.keep = () =>
      deps.database.transaction((tx) =>
        partialRepo.keepPartial(tx, lease, draft.text === '' || first ? null : draft.text),
      );
    // What was said before the run rested, or its worker died.
    if (textsOf(journal).length > 0) draft.restart(textsOf(journal));
    try {
      // It may have waited for this.
      if (isUnasked(run) || run.burst > 0) await lookNow();
      for (;;) {
        signal.throwIfAborted();
        await takeSteers();
        const action = nextAction(journal.steps);
        if (action.do === 'context') {
          prompt = await chooseContext(work);
        } else if (action.do === 'model') {
          prompt ??= await buildPrompt(work, contextOf(journal));
          await think(work, prompt, action.round, spent);
        } else if (action.do === 'tool') {
          await useTool(work, action.round, action.index, action.call);
        } else {
          const outcome = await answer(work, spent).catch((error: unknown) => {
            if (error instanceof Steered) {
              wasSteered = true;
              return undefined;
            }
            if (error instanceof ChainFull) return fallSilent('chain_limit');
            if (error instanceof Reworded) return beginAnew(error);
            if (error instanceof Unfit) return fallSilent(error.message);
            throw error;
          });
          if (outcome !== undefined) return outcome;
        }
      }
    } catch (error) {
      if (error instanceof RunRests) return { status: error.status };
      if (error instanceof Dropped) return fallSilent(error.reason);
      if (error instanceof AppError && error.reason in GONE) return fallSilent(GONE[error.reason] as string);
      throw error;
    } finally {
      draft.stop();
      await Promise.all(beside);
    }

    /** Before the first words; a turn that was asked for and has just been looked at is not looked at again. */
    async function beforeWords(): Promise<void> {
      if (draft.text !== '' || first) return;
      if (isUnasked(run) || deps.clock.elapsed() - seenAt > FRESH_MS) await lookNow();
    }

    async function lookNow(): Promise<void> {
      await lookFresh(deps.database.db, run, seen).catch((error: unknown) => {
        if (error instanceof Reworded) return beginAnew(error);
        throw error;
      });
      seenAt = deps.clock.elapsed();
    }

    /** For the words as they are now; where that cannot be, it goes on with those that it knows. */
    async function beginAnew({ editedAt }: Reworded): Promise<undefined> {
      const anew = await deps.database.transaction(async (tx) => {
        const restarted = await restartRun(tx, tenantId, runId, {}, MAX_RESTARTS);
        if (restarted !== undefined) await enqueueRuns(deps.jobs, tx, [restarted]);
        return restarted;
      });
      seen = { ...seen, editedAt };
      if (anew === undefined) return;
      signals.status('interrupted');
      signals.status('queued');
      throw new RunLost();
    }

    /** What people added meanwhile becomes part of the journal, where the model reads it next. */
    async function takeSteers(): Promise<void> {
      if (!mayTakeSteer(journal.steps) || isOutOfRounds(journal.steps)) return;
      const taken = journal.steps.filter((step) => step.kind === 'steer').length;
      if (journal.added === taken && !wasSteered) return;
      wasSteered = false;
      for (const { byId, name, text } of await repo.listSteers(deps.database.db, tenantId, runId, taken))
        await journal.append({ kind: 'steer', byId, name, text });
    }

    async function publishPartial(how: Broken): Promise<boolean> {
      // What readers have and what stays are the same words.
      draft.flush();
      const body = draft.text;
      // What nobody asked for is said as a whole or not at all.
      if (body === '' || first) return false;
      const model = journal.steps.find((step) => step.kind === 'context')?.model ?? '';
      const { tokens, priced } = spent;
      const costUsd = priced ? spent.costUsd : null;
      return publish(run, scope, { body, threadId: trigger.threadId, model, tokens, costUsd }, how);
    }

    /** For a message that was to be part of this answer, and came when the model had no call left: it gets a turn of its own. */
    async function answerApart(tx: Tx, messageId: string): Promise<void> {
      const { roomId, askerId, lane } = run;
      const next = { tenantId, agentId, roomId, askerId, lane, rootId: messageId, hop: 1 };
      const runs = await repo.insertRuns(tx, [
        { ...next, id: newId(), triggerMessageId: messageId, triggerReason: 'follow_up' },
      ]);
      await coverTurn(tx, agentId, messageId, null, 'queued');
      await enqueueRuns(deps.jobs, tx, runs);
    }

    async function fallSilent(reason: string): Promise<Outcome> {
      await deps.database.transaction(async (tx) => {
        if (!(await leaseRepo.closeRun(tx, lease, { status: 'silent', reason }))) throw new RunLost();
      });
      return { status: 'silent', reason };
    }

    /** What had passed stays, marked; the rest is said by nobody. */
    async function withhold(reason: string): Promise<Outcome> {
      return (await publishPartial({ status: 'failed', reason }))
        ? { status: 'silent', reason }
        : fallSilent(reason);
    }

    async function answer({ draft, journal }: Work, spent: Spent): Promise<Outcome> {
      const { provider, model } = contextOf(journal);
      const last = journal.steps.findLast((step) => step.kind === 'model');
      if (last?.kind === 'model' && last.stopReason === 'refusal') return fallSilent('refusal');
      if (last?.kind === 'model' && last.stopReason === 'blocked')
        return withhold(last.moderated?.blocked?.reason ?? 'content_blocked');
      const body = draft.text;
      const cards = cardsOf(journal.steps);
      if (body === '' && cards.length === 0) return fallSilent('empty_reply');
      if (first && NOTHING_TO_SAY.test(body)) return fallSilent('nothing_to_say');
      await boundary('before:reply');
      const answeredBy = last?.kind === 'model' ? last.model : model;
      const send = (shown: Card[]) =>
        deps.messages.send(
          scope,
          {
            roomId: run.roomId,
            body,
            cards: shown,
            id: replyId(run),
            ...(trigger.threadId === undefined ? {} : { threadId: trigger.threadId }),
          },
          {
            run: {
              id: runId,
              status: 'completed',
              model: answeredBy,
              tokens: spent.tokens,
              costUsd: spent.priced ? spent.costUsd : null,
            },
            rootId: run.rootId,
            hop: run.hop,
            async within(tx, sent) {
              await checkStops(tx);
              requireClean(sent.body);
              if (!first) await lookFresh(tx, run, seen);
              await checkChain(tx, run);
              await checkLimits(tx, run);
              const misfit = first ? await deps.openings.misfit(tx, run, sent.seq) : undefined;
              if (misfit !== undefined) throw new Unfit(misfit);
              const end = { replyMessageId: sent.id, provider, model: answeredBy };
              const added = await leaseRepo.completeRun(tx, lease, end);
              if (added === leaseRepo.LOST) throw new RunLost();
              // Words that came since would be lost: they are taken up first.
              const taken = journal.steps.filter((step) => step.kind === 'steer').length;
              if (added > taken) {
                if (!isOutOfRounds(journal.steps)) throw new Steered();
                const late = await repo.listSteers(tx, tenantId, runId, taken);
                const unread = late.findLast(({ messageId }) => messageId !== null)?.messageId;
                if (typeof unread === 'string') await answerApart(tx, unread);
              }
            },
          },
        );
      const message = await send(cards).catch((error: unknown) => {
        // What may not be shown in a card is left out; the words have passed already.
        const blocked = error instanceof AppError && error.reason === 'content_blocked';
        if (!blocked || cards.length === 0) throw error;
        return body === '' ? undefined : send([]);
      });
      if (message === undefined) return fallSilent('content_blocked');
      deps.failpoints.hit(`after-step-${journal.steps.length + 1}`);
      await boundary('after:reply');
      return { status: 'completed', message };
    }
  };
}

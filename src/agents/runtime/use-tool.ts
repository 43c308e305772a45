// One tool call of a run, from the model's wish to its journalled result. What acts outside waits for a person's word, leaves an
// intent before and a result after, and is never tried twice unless twice is harmless. Must never open a transaction around a tool.
import type { Clock } from '../../core/clock.ts';
import type { Tx } from '../../core/db/database.ts';
import type { Failpoints } from '../../core/failpoints.ts';
import { derivedId } from '../../core/ids.ts';
import type { Message } from '../../server/messages/contract.ts';
import {
  outcomeOf,
  parseToolInput,
  type RunTool,
  type Tool,
  type ToolContext,
  type ToolOutcome,
  type ToolRegistry,
  type ToolResult,
  toolFailure,
  type Verified,
} from '../../tools/service.ts';
import {
  type ApprovalGate,
  argumentsHash,
  type CallRuling,
  canonicalJson,
  hashOf,
  isOutside,
} from '../approvals/service.ts';
import { runNeedsAttention } from './contract.ts';
import type { Draft } from './draft.ts';
import { type Journal, RunLost, RunRests } from './journal.ts';
import * as repo from './repository.ts';
import type { RunSignals } from './signals.ts';
import { type ApprovalStep, callState, type IntentStep, isUnsettled, type PlannedCall } from './steps.ts';

export interface UseToolDeps {
  clock: Clock;
  failpoints: Failpoints;
  registry: ToolRegistry;
  runTool: RunTool;
  approvals: ApprovalGate;
  /** Whether a call may go ahead, must be asked about, or is refused. */
  rule(call: {
    tool: Tool;
    args: Record<string, unknown>;
    executionId: string;
    context: ToolContext;
  }): Promise<CallRuling>;
}

export interface ToolWork {
  run: repo.RunRow;
  trigger: Message;
  journal: Journal;
  signals: RunSignals;
  signal: AbortSignal;
  draft: Draft;
  boundary: (name: string) => Promise<void>;
  /** Told of an effect outside that is under way, until its result is journalled. */
  acting: (done: Promise<unknown>) => void;
  round: number;
  index: number;
  call: PlannedCall;
  granted: readonly string[];
  /** What the run takes for the present time. */
  now: Date;
}

/** The word that was given does not fit what would be done. */
class Void extends Error {
  override readonly name = 'Void';
}
/** A word given in advance was used up meanwhile. */
class UsedUp extends Error {
  override readonly name = 'UsedUp';
}

type Args = Record<string, unknown>;

/** Longest time a tool may take to find out what became of a call. */
const VERIFY_MS = 15_000;

export function createUseTool(deps: UseToolDeps) {
  const { clock, approvals } = deps;

  return async function useTool(work: ToolWork): Promise<void> {
    const { run, trigger, journal, signals, call, round, index } = work;
    const { tenantId, agentId, roomId, id: runId } = run;
    const at = `${round}:${index}`;
    const executionId = executionIdOf(run, round, index);
    const asker = { userId: trigger.author.id, name: trigger.author.name };
    const context: ToolContext = {
      tenantId,
      agentId,
      runId,
      roomId,
      asker,
      triggerMessageId: trigger.id,
      now: work.now,
      signal: work.signal,
    };
    const lease = { tenantId, id: runId, epoch: run.leaseEpoch };
    signals.status('using_tool');

    const tool = await deps.registry.resolve({ tenantId, agentId }, call.name);
    const granted = tool !== undefined && work.granted.includes(tool.name);
    const asked = (call.args ?? {}) as Args;
    const { intent, approval: said } = callState(journal.steps);
    if (intent !== undefined) return resume(intent, said);
    // What is refused for its name, form or grant is refused by the runner, with a record.
    if (!granted || call.invalidArgs !== undefined || !parseToolInput(tool, asked).ok) return plain();

    // Nobody asked for anything: it may look, and see to its own affairs.
    const writes = tool.effect !== 'pure' && tool.effect !== 'read';
    if (run.askerId === agentId && writes && tool.ownAffairs !== true)
      return finish(refused('nobody_asked', UNASKED));

    // Who invoked the agent did not say this, and who said it did not ask: neither's rights are lent to the other.
    if (run.askerId !== trigger.author.id && writes) return finish(refused('asker_not_author', BORROWED));

    const { ruling, reason } = await deps.rule({ tool, args: asked, executionId, context });
    if (ruling === 'refuse' && reason === 'analysis_only') return finish(refused(reason, REFUSED));
    if (ruling === 'refuse') return plain();
    if (ruling === 'allow' && !isOutside(tool)) return plain();
    if (isUnsettled(journal.steps, tool.name, argumentsHash(asked)))
      return finish(refused('not_repeated', NOT_REPEATED));
    const approval = ruling === 'ask' ? (said ?? (await ask(tool))) : undefined;
    if (approval !== undefined && approval.decision !== 'approved') return finish(notApproved(approval));
    try {
      await act(tool, approval);
    } catch (error) {
      if (!(error instanceof Void)) throw error;
      await finish(refused('approval_void', VOID));
    }

    function plain(): Promise<void> {
      return carryOut({ args: call.args, commit: (fn) => journal.commit(fn) });
    }

    /** The word on the call, journalled. Without one, the run is put to rest until there is. */
    async function ask(tool: Tool): Promise<ApprovalStep> {
      const wanted = await toCall(tool, asked);
      const base = { kind: 'approval' as const, callId: call.id, executionId };
      const word = await approvals.wordOn(tenantId, executionId);
      if (word !== undefined && word !== 'pending') return take({ ...base, ...word });
      for (const standing of word === undefined ? await approvals.standingFor(wanted) : []) {
        try {
          return await take({ ...base, ...standing.word, standing: true }, async (tx) => {
            if (!(await approvals.takeUse(tx, tenantId, standing.id))) throw new UsedUp();
          });
        } catch (error) {
          if (!(error instanceof UsedUp)) throw error;
        }
      }
      await work.boundary(`before:approval:${at}`);
      await journal.commit(async (tx) => {
        if (word === undefined) await approvals.request(tx, wanted);
        await rest(tx, { status: 'waiting_approval' });
      });
      signals.status('waiting_approval');
      throw new RunRests('waiting_approval');
    }

    /** What readers have stays with the run. */
    async function rest(tx: Tx, set: repo.Rest): Promise<void> {
      work.draft.flush();
      const partial = work.draft.text === '' ? null : work.draft.text;
      if (!(await repo.restRun(tx, lease, { ...set, partial }))) throw new RunLost();
    }

    async function take(step: ApprovalStep, also?: (tx: Tx) => Promise<void>): Promise<ApprovalStep> {
      await journal.append(step, {}, also);
      await work.boundary(`after:approval:${at}`);
      return step;
    }

    /** Begins an effect outside: what was approved is checked, and that it begins is journalled, in one transaction. */
    async function act(tool: Tool, approval: ApprovalStep | undefined): Promise<void> {
      const args = approval?.arguments ?? asked;
      if (!parseToolInput(tool, args).ok) throw new Void();
      const hash = argumentsHash(args);
      if (isUnsettled(journal.steps, tool.name, hash)) return finish(refused('not_repeated', NOT_REPEATED));
      const planned = await toCall(tool, args);
      const step: IntentStep = {
        kind: 'intent',
        callId: call.id,
        executionId,
        name: tool.name,
        argumentsHash: hash,
        idempotencyKey: hashOf(canonicalJson([runId, run.generation, journal.steps.length + 1, hash])),
      };
      await work.boundary(`before:intent:${at}`);
      await carryOut({
        args,
        key: step.idempotencyKey,
        approved: approval !== undefined,
        note: noteOf(approval),
        async commit(fn) {
          const box: { answer?: Awaited<ReturnType<typeof fn>> } = {};
          await journal.append(step, {}, async (tx) => {
            if (approval !== undefined && !(await approvals.holds(tx, planned, approval))) throw new Void();
            box.answer = await fn(tx);
          });
          await work.boundary(`after:intent:${at}`);
          return box.answer as Awaited<ReturnType<typeof fn>>;
        },
      });
    }

    /** An effect was begun, and its result is not journalled: it is never tried again unless that is harmless. */
    async function resume(intent: IntentStep, approval: ApprovalStep | undefined): Promise<void> {
      const args = approval?.arguments ?? asked;
      const key = intent.idempotencyKey;
      const note = noteOf(approval);
      const repeat = {
        args,
        key,
        note,
        repeat: true,
        approved: approval !== undefined,
        commit: <T>(fn: (tx: Tx) => Promise<T>) => journal.commit(fn),
      };
      if (granted && tool.idempotent === true) return carryOut(repeat);
      const found = await verify(tool, args, key);
      if (found.outcome === 'happened') return finish(outcome(found.result), note);
      if (granted && found.outcome === 'not_happened') return carryOut(repeat);
      await work.boundary(`before:attention:${at}`);
      await journal.commit(async (tx) => {
        await outcome(toolFailure('outcome_unknown', 'The server stopped in the middle of it.')).record(tx);
        await rest(tx, { status: 'needs_attention', reason: 'outcome_unknown' });
        await approvals.tellOf(tx, tenantId, agentId, runNeedsAttention.type, {
          runId,
          agentId,
          roomId,
          executionId,
          tool: call.name,
          reason: 'outcome_unknown',
        });
      });
      signals.status('error');
      throw new RunRests('needs_attention');
    }

    async function verify(tool: Tool | undefined, args: Args, key: string): Promise<Verified> {
      const parsed = tool === undefined ? undefined : parseToolInput(tool, args);
      if (tool?.verify === undefined || parsed?.ok !== true) return { outcome: 'unknown' };
      const timer = new AbortController();
      try {
        return await Promise.race([
          tool.verify(parsed.input, { ...context, idempotencyKey: key }),
          clock.sleep(VERIFY_MS, timer.signal).then((): Verified => ({ outcome: 'unknown' })),
        ]);
      } catch {
        work.signal.throwIfAborted();
        return { outcome: 'unknown' };
      } finally {
        timer.abort();
      }
    }

    /** Whoever stops this server waits a moment for what is under way, so that its outcome is known. */
    async function carryOut(how: HowToCall): Promise<void> {
      const done = carry(how);
      if (how.key !== undefined) work.acting(done.catch(() => undefined));
      await done;
    }

    async function carry(how: HowToCall): Promise<void> {
      const done = await deps.runTool({
        call: { executionId, name: call.name, args: how.args, invalidArgs: call.invalidArgs },
        granted: work.granted,
        context: how.key === undefined ? context : { ...context, idempotencyKey: how.key },
        commit: how.commit,
        ...(how.repeat === true ? { repeat: true } : {}),
        ...(how.approved === true ? { approved: true } : {}),
        onStart: (input) => signals.tool({ executionId, tool: call.name, status: 'running', input }),
      });
      deps.failpoints.hit('after-effect-before-record');
      await work.boundary(`before:tool:${at}`);
      if (!done.unknown || how.key === undefined) return finish(done, how.note);
      const found = await verify(tool, how.args as Args, how.key);
      await finish(found.outcome === 'happened' ? outcome(found.result) : done, how.note);
    }

    async function finish(done: ToolOutcome, note?: string): Promise<void> {
      const { text, isError, preview, durationMs } = done;
      await journal.append(
        {
          kind: 'tool',
          callId: call.id,
          name: call.name,
          executionId,
          isError,
          result: note === undefined ? text : `${note}\n${text}`,
          ...(done.unknown ? { unknown: true } : {}),
        },
        { durationMs },
        done.record,
      );
      signals.tool({
        executionId,
        tool: call.name,
        status: isError ? 'error' : 'success',
        ...(isError ? { error: preview } : { output: preview }),
        durationMs,
      });
      await work.boundary(`after:tool:${at}`);
    }

    async function toCall(tool: Tool, args: Args) {
      const parsed = parseToolInput(tool, args);
      const preview = await approvals.previewOf(tool, parsed.ok ? parsed.input : args, context);
      return {
        tenantId,
        agentId,
        runId,
        roomId,
        askerId: trigger.author.id,
        executionId,
        tool,
        args,
        preview,
      };
    }

    function outcome(result: ToolResult): ToolOutcome {
      return outcomeOf({ tenantId, executionId, result, durationMs: 0 });
    }

    function refused(code: string, message: string): ToolOutcome {
      return outcome(toolFailure(code, message));
    }

    function notApproved({ decision, comment }: ApprovalStep): ToolOutcome {
      if (decision !== 'rejected')
        return refused('approval_expired', 'Nobody approved this call in time. Do not repeat it; say so.');
      const said = comment === undefined ? '' : ` They said: ${comment}`;
      return refused('approval_rejected', `A person did not approve this call.${said} Do not repeat it.`);
    }
  };
}

interface HowToCall {
  args: unknown;
  commit: <T>(fn: (tx: Tx) => Promise<T>) => Promise<T>;
  key?: string;
  repeat?: boolean;
  approved?: boolean;
  note?: string | undefined;
}

const BORROWED =
  'You were invoked on a message of somebody else, so you may look but change nothing. Ask them to say themselves what they want done.';
const UNASKED =
  'Nobody asked you for this, so you may look but change nothing. Offer to do it, and do it when you are asked.';
const REFUSED = 'You may only look and answer now, because your last runs failed; say so.';
const VOID =
  'The tool, or what it would do, is not what was approved any more. Ask again if it is still wanted.';
const NOT_REPEATED = 'This very call may have taken effect already. Do not repeat it; say so.';

/** The same on every try of one call; a run that was opened again makes its calls anew. */
export const executionIdOf = ({ id, generation }: repo.RunRow, round: number, index: number): string =>
  derivedId('tool', id, String(round), String(index), ...(generation === 0 ? [] : [String(generation)]));

/** The model must know that something else was done than it asked for. */
const noteOf = (approval: ApprovalStep | undefined): string | undefined =>
  approval?.arguments === undefined
    ? undefined
    : `[A person changed the arguments of this call before approving it. What was carried out: ${canonicalJson(approval.arguments)}]`;

// Carries out one tool call of a run: grant, input, time limit, record. Whatever goes wrong is a value for the model to read;
// only what must end the run is thrown. Must never run a tool inside a transaction, nor twice when twice would show.
import type { Clock } from '../core/clock.ts';
import type { Tx } from '../core/db/database.ts';
import type { Logger } from '../core/logger.ts';
import type { ToolDecision } from './grants/contract.ts';
import { redact, redactText } from './redact.ts';
import type { ToolRegistry } from './registry.ts';
import { finishExecution, insertPending } from './repository.ts';
import type { ResultCache } from './result-cache.ts';
import {
  type Json,
  parseToolInput,
  type Tool,
  type ToolContext,
  type ToolResult,
  toolFailure,
  toolResultText,
} from './tool.ts';

export interface ToolCall {
  /** The same for every try of this call, so that a resumed run finds what it began. */
  executionId: string;
  name: string;
  args: unknown;
  /** Text of arguments that were not JSON. */
  invalidArgs?: string | undefined;
}

export interface ToolRun {
  call: ToolCall;
  /** Names of the tools enabled for the agent. */
  granted: readonly string[];
  context: ToolContext;
  /** Opens a transaction that is refused when the worker has lost the run. */
  commit<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** An earlier try is known to have done nothing, or another one does no harm. */
  repeat?: boolean;
  /** A person has agreed to this very call. */
  approved?: boolean;
  /** A person called it, not a run. */
  byHand?: boolean;
  /** Told once the call is begun, with its input redacted. */
  onStart?(input: Json): void;
}

export interface ToolOutcome {
  /** As the tool gave it: for whoever called it by hand. */
  result: ToolResult;
  /** The text the model reads. */
  text: string;
  isError: boolean;
  /** Redacted, short: for people who watch. */
  preview: string;
  durationMs: number;
  /** It may or may not have taken effect. */
  unknown: boolean;
  /** Closes the execution's row; for the transaction that also journals the result. */
  record(tx: Tx): Promise<void>;
}

/** Characters of a result that a model reads. */
const MAX_RESULT_CHARS = 12_000;
const MAX_PREVIEW_CHARS = 200;
/** The error that says that nobody knows. */
export const OUTCOME_UNKNOWN = 'outcome_unknown';

export type RunTool = (run: ToolRun) => Promise<ToolOutcome>;

export interface RunToolDeps {
  registry: ToolRegistry;
  clock: Clock;
  logger: Logger;
  /** Whether the call may happen, on what holds inside `tx`, which also registers it. */
  decide?(
    tx: Tx,
    call: { tool: Tool; args: unknown; executionId: string; context: ToolContext },
  ): Promise<ToolDecision>;
  cache?: ResultCache;
}

export function createRunTool(deps: RunToolDeps): RunTool {
  const { registry, clock, logger } = deps;

  return async function runTool(run: ToolRun): Promise<ToolOutcome> {
    const { call, granted, context, commit, onStart } = run;
    const { tenantId, agentId, runId, roomId } = context;
    const input = redact(call.invalidArgs ?? call.args ?? {});
    const tool = await registry.resolve(context, call.name);
    const { first, decision } = await commit(async (tx) => {
      const decision =
        tool === undefined || call.invalidArgs !== undefined
          ? undefined
          : await deps.decide?.(tx, { tool, args: call.args ?? {}, executionId: call.executionId, context });
      const first = await insertPending(tx, {
        id: call.executionId,
        tenantId,
        agentId,
        runId: run.byHand === true ? null : runId,
        roomId,
        toolName: call.name.slice(0, 200),
        ruling: decision?.ruling ?? null,
        input,
      });
      return { first, decision };
    });
    onStart?.(input);
    const started = clock.elapsed();
    const refusal = refusalOf(decision, run.approved === true);
    const mayRun = first || run.repeat === true;
    const result = refusal ?? (await attempt(tool, call, granted, context, mayRun, decision));
    return outcomeOf({
      tenantId,
      executionId: call.executionId,
      result,
      durationMs: Math.round(clock.elapsed() - started),
    });
  };

  async function attempt(
    tool: Tool | undefined,
    call: ToolCall,
    granted: readonly string[],
    given: ToolContext,
    mayRun: boolean,
    decision: ToolDecision | undefined,
  ): Promise<ToolResult> {
    if (tool === undefined) return toolFailure('unknown_tool', `There is no tool named "${call.name}".`);
    if (!granted.includes(tool.name))
      return toolFailure('not_granted', `The tool ${tool.name} is not enabled for you.`);
    if (call.invalidArgs !== undefined)
      return toolFailure('invalid_input', `The arguments of ${tool.name} are not valid JSON.`);
    const parsed = parseToolInput(tool, call.args ?? {});
    if (!parsed.ok) return { ok: false, error: parsed.error };
    if (!mayRun && !mayRepeat(tool))
      return toolFailure(
        OUTCOME_UNKNOWN,
        `An earlier try of ${tool.name} was interrupted and may have taken effect. Do not repeat it; say so.`,
      );
    const context = { ...given, idempotencyKey: given.idempotencyKey ?? call.executionId };
    if (deps.cache === undefined || decision === undefined) return runWithin(tool, parsed.input, context);
    const cached = { tool, input: parsed.input, context, decision };
    const known = deps.cache.find(cached);
    if (known !== undefined) return known;
    const result = await runWithin(tool, parsed.input, context);
    deps.cache.keep(cached, result);
    return result;
  }

  async function runWithin(tool: Tool, input: unknown, context: ToolContext): Promise<ToolResult> {
    const timer = new AbortController();
    const timeout = clock.sleep(tool.timeoutMs, timer.signal).then(
      () => unsettled(tool, 'timeout', `The tool ${tool.name} was not done after ${tool.timeoutMs} ms.`),
      () => new Promise<never>(() => {}),
    );
    const stop = new AbortController();
    const cancelled = new Promise<never>((_, reject) => {
      const onAbort = () => reject(context.signal.reason);
      if (context.signal.aborted) onAbort();
      else context.signal.addEventListener('abort', onAbort, { once: true, signal: timer.signal });
    });
    cancelled.catch(() => undefined);
    const signal = AbortSignal.any([context.signal, stop.signal]);
    try {
      const running = tool.execute(input, { ...context, signal }).catch((error: unknown): ToolResult => {
        if (!signal.aborted)
          logger.warn({ err: error, tool: tool.name, runId: context.runId }, 'a tool threw');
        return unsettled(tool, 'tool_failed', `The tool ${tool.name} failed; try another way.`);
      });
      return await Promise.race([running, timeout, cancelled]);
    } finally {
      timer.abort();
      stop.abort();
    }
  }
}

/** What broke off inside of a tool that acts outside may have happened all the same. */
const unsettled = (tool: Tool, code: string, message: string): ToolResult =>
  mayRepeat(tool) || tool.idempotent === true
    ? toolFailure(code, message)
    : toolFailure(OUTCOME_UNKNOWN, `${message} It may have taken effect. Do not repeat it; say so.`);

/** What a result means for the model, for people who watch, and for the record. */
export function outcomeOf(input: {
  tenantId: string;
  executionId: string;
  result: ToolResult;
  durationMs: number;
}): ToolOutcome {
  const { tenantId, executionId, result, durationMs } = input;
  const { result: text, isError } = cap(toolResultText(result));
  const output: Json = result.ok ? redact(result.output) : null;
  const preview = redactText(result.ok ? (result.summary ?? JSON.stringify(output)) : result.error.message);
  const unknown = !result.ok && result.error.code === OUTCOME_UNKNOWN;
  return {
    result,
    text,
    isError,
    preview: preview.slice(0, MAX_PREVIEW_CHARS).toWellFormed(),
    durationMs,
    unknown,
    record: (tx) =>
      finishExecution(tx, tenantId, executionId, {
        status: unknown ? 'unknown' : result.ok ? 'success' : 'error',
        output,
        errorMessage: result.ok ? null : redactText(`${result.error.code}: ${result.error.message}`),
        durationMs,
      }),
  };
}

function refusalOf(decision: ToolDecision | undefined, approved: boolean): ToolResult | undefined {
  if (decision === undefined || decision.ruling === 'allow') return undefined;
  if (decision.ruling === 'ask' && approved) return undefined;
  return toolFailure(decision.reason, decision.explanation);
}

/** Internal writes are kept from doubling by their own keys; what leaves the server is not. */
const mayRepeat = (tool: Tool): boolean =>
  tool.effect === 'pure' || tool.effect === 'read' || tool.effect === 'write_internal';

function cap(text: { result: string; isError: boolean }): { result: string; isError: boolean } {
  if (text.result.length <= MAX_RESULT_CHARS) return text;
  return { ...text, result: `${text.result.slice(0, MAX_RESULT_CHARS).toWellFormed()}… (cut)` };
}

// Carries out one tool call of a run: grant, input, time limit, record. Whatever goes wrong is a value for the model to read;
// only what must end the run is thrown. Must never run a tool inside a transaction, nor twice when twice would show.
import type { Clock } from '../core/clock.ts';
import type { Tx } from '../core/db/database.ts';
import type { Logger } from '../core/logger.ts';
import { redact, redactText } from './redact.ts';
import type { ToolRegistry } from './registry.ts';
import { finishExecution, insertPending } from './repository.ts';
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
  /** Told once the call is begun, with its input redacted. */
  onStart?(input: Json): void;
}

export interface ToolOutcome {
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
const OUTCOME_UNKNOWN = 'outcome_unknown';

export type RunTool = (run: ToolRun) => Promise<ToolOutcome>;

export function createRunTool(deps: { registry: ToolRegistry; clock: Clock; logger: Logger }): RunTool {
  const { registry, clock, logger } = deps;

  return async function runTool(run: ToolRun): Promise<ToolOutcome> {
    const { call, granted, context, commit, onStart } = run;
    const { tenantId, agentId, runId, roomId } = context;
    const input = redact(call.invalidArgs ?? call.args ?? {});
    const first = await commit((tx) =>
      insertPending(tx, {
        id: call.executionId,
        tenantId,
        agentId,
        runId,
        roomId,
        toolName: call.name.slice(0, 200),
        input,
      }),
    );
    onStart?.(input);
    const started = clock.elapsed();
    const result = await attempt(call, granted, context, first || run.repeat === true);
    return outcomeOf({
      tenantId,
      executionId: call.executionId,
      result,
      durationMs: Math.round(clock.elapsed() - started),
    });
  };

  async function attempt(
    call: ToolCall,
    granted: readonly string[],
    context: ToolContext,
    mayRun: boolean,
  ): Promise<ToolResult> {
    const tool = registry.find(call.name);
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
    return runWithin(tool, parsed.input, context);
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

/** Internal writes are kept from doubling by their own keys; what leaves the server is not. */
const mayRepeat = (tool: Tool): boolean =>
  tool.effect === 'pure' || tool.effect === 'read' || tool.effect === 'write_internal';

function cap(text: { result: string; isError: boolean }): { result: string; isError: boolean } {
  if (text.result.length <= MAX_RESULT_CHARS) return text;
  return { ...text, result: `${text.result.slice(0, MAX_RESULT_CHARS).toWellFormed()}… (cut)` };
}

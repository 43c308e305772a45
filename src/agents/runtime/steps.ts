// The journal's entries, and the pure step from what is done to what is next. A run that is resumed reads its journal through
// here, so a finished step is never done again. Must never read a clock, a database or a model.
import type { LlmMessage, StopReason } from '../llm/llm.ts';
import type { Moderated } from '../safety/moderation.ts';
import type { Moved } from './thinking.ts';

/** What the prompt was made from: references and choices, never other people's words. */
export interface ContextStep {
  kind: 'context';
  /** ISO 8601; the run's only clock. */
  now: string;
  provider: string;
  model: string;
  /** Why this provider, as the router says it. */
  providerReason: string;
  memoryIds: string[];
  /** Passages of what it was trained with; absent in journals that are older. */
  passages?: { documentId: string; ordinal: number }[];
  report: { historyKept: number; historyDropped: number; memoriesKept: number; estimatedTokens: number };
}

export interface PlannedCall {
  id: string;
  name: string;
  args?: unknown;
  /** Text of arguments that were not JSON. */
  invalidArgs?: string;
}

export interface ModelStep {
  kind: 'model';
  text: string;
  calls: PlannedCall[];
  stopReason: StopReason;
  /** What the filter took out of the text, by rule. */
  filtered?: { rule: string; times: number }[];
  /** What a moderation service said of the text; the reason why the rest is withheld, if it is. */
  moderated?: Moderated;
  /** When another model than the first answered, or a smaller context was read: what was tried, and why. */
  moved?: Moved;
  provider: string;
  model: string;
}

export interface ToolStep {
  kind: 'tool';
  callId: string;
  name: string;
  executionId: string;
  /** The text the model reads. */
  result: string;
  isError: boolean;
  /** It may or may not have taken effect. */
  unknown?: boolean;
}

/** A person's word on a call that waited, given then or in advance. */
export interface ApprovalStep {
  kind: 'approval';
  callId: string;
  executionId: string;
  approvalId: string;
  decision: 'approved' | 'rejected' | 'expired' | 'cancelled';
  byId?: string;
  comment?: string;
  /** What the person put in place of the agent's arguments. */
  arguments?: Record<string, unknown>;
  /** It had been given in advance. */
  standing?: boolean;
}

/** Stands before an effect outside of the server: from here on it may have happened. */
export interface IntentStep {
  kind: 'intent';
  callId: string;
  executionId: string;
  name: string;
  argumentsHash: string;
  idempotencyKey: string;
}

/** What a person added while the agent worked. */
export interface SteerStep {
  kind: 'steer';
  byId: string;
  name: string;
  text: string;
}

export type StepData = ContextStep | ModelStep | ApprovalStep | IntentStep | ToolStep | SteerStep;

export type NextAction =
  | { do: 'context' }
  | { do: 'model'; round: number }
  | { do: 'tool'; round: number; index: number; call: PlannedCall }
  /** The model is done, or out of rounds; its texts together are the answer. */
  | { do: 'reply' };

/** Model calls of one run. */
export const MAX_ROUNDS = 8;

export function nextAction(steps: readonly StepData[]): NextAction {
  if (!steps.some((step) => step.kind === 'context')) return { do: 'context' };
  const round = steps.filter((step) => step.kind === 'model').length;
  const last = steps.findLastIndex((step) => step.kind === 'model');
  const model = steps[last];
  if (model === undefined || model.kind !== 'model') return { do: 'model', round: 1 };
  const after = steps.slice(last + 1);
  const call = model.calls[after.filter((step) => step.kind === 'tool').length];
  if (call !== undefined)
    return { do: 'tool', round, index: after.filter((step) => step.kind === 'tool').length, call };
  const steered = after.some((step) => step.kind === 'steer');
  if ((model.calls.length === 0 && !steered) || round >= MAX_ROUNDS) return { do: 'reply' };
  return { do: 'model', round: round + 1 };
}

/** How far the call has come that is next: a person's word on it, an effect that was begun. */
export function callState(steps: readonly StepData[]): { approval?: ApprovalStep; intent?: IntentStep } {
  const since = steps.slice(steps.findLastIndex(({ kind }) => kind === 'model' || kind === 'tool') + 1);
  const approval = since.find((step) => step.kind === 'approval');
  const intent = since.find((step) => step.kind === 'intent');
  return { ...(approval === undefined ? {} : { approval }), ...(intent === undefined ? {} : { intent }) };
}

/** Whether the same call was tried in this run, and nobody knows what became of it. */
export function isUnsettled(steps: readonly StepData[], name: string, argumentsHash: string): boolean {
  const tried = new Set(
    steps.flatMap((step) =>
      step.kind === 'intent' && step.name === name && step.argumentsHash === argumentsHash
        ? [step.executionId]
        : [],
    ),
  );
  return steps.some((step) => step.kind === 'tool' && step.unknown === true && tried.has(step.executionId));
}

/** No further call of the model, whatever comes. */
export const isOutOfRounds = (steps: readonly StepData[]): boolean =>
  steps.filter((step) => step.kind === 'model').length >= MAX_ROUNDS;

/** Whether a person's words may come in here: not between a call of the model and the results it asked for. */
export function mayTakeSteer(steps: readonly StepData[]): boolean {
  const next = nextAction(steps);
  return next.do === 'model' || next.do === 'reply';
}

/**
 * The turns that the finished steps add to the prompt.
 * @param cap longest result of a tool, in characters
 */
export function turnsOf(steps: readonly StepData[], cap = Number.POSITIVE_INFINITY): LlmMessage[] {
  const turns: LlmMessage[] = [];
  for (const step of steps) {
    if (step.kind === 'model') {
      turns.push({
        role: 'assistant',
        content: [
          ...(step.text === '' ? [] : [{ type: 'text' as const, text: step.text }]),
          ...step.calls.map((call) => ({
            type: 'tool_call' as const,
            id: call.id,
            name: call.name,
            args: call.args,
          })),
        ],
      });
    } else if (step.kind === 'steer') {
      const part = { type: 'text' as const, text: `[${step.name} adds, while you work:]\n${step.text}` };
      const last = turns.at(-1);
      if (last?.role === 'user') last.content.push(part);
      else turns.push({ role: 'user', content: [part] });
    } else if (step.kind === 'tool') {
      const part = {
        type: 'tool_result' as const,
        id: step.callId,
        name: step.name,
        result: step.result.length > cap ? `${step.result.slice(0, cap)}… (cut)` : step.result,
        ...(step.isError ? { isError: true } : {}),
      };
      const last = turns.at(-1);
      if (last?.role === 'user') last.content.push(part);
      else turns.push({ role: 'user', content: [part] });
    }
  }
  return turns;
}

// One answer of a model for a turn: when a model fails, another is asked; when the prompt is too long for it, a smaller one is
// given. What was tried, and why another took over, is told with the answer. Must never try more often than it is allowed to.
import type { Attempts, Llm, LlmChoice, LlmErrorKind, LlmRequest } from '../llm/llm.ts';
import { LlmError } from '../llm/llm.ts';
import type { AssembledPrompt } from '../prompts/prompts.ts';
import type { Judge } from '../safety/moderation.ts';
import type { Draft } from './draft.ts';
import type { Lane } from './lanes.ts';
import { callModel, type ModelAnswer } from './model-call.ts';

/** How a model was chosen in the end, when it was not the first, or got less to read. */
export interface Moved {
  provider: string;
  model: string;
  /** `fallback`, `cheaper`, `simple_turn`, or the router's reason for the first one when only the context shrank. */
  reason: string;
  /** How often the context was made smaller. */
  shrunk: number;
  failures: { provider: string; model: string; error: LlmErrorKind }[];
}

export interface ThinkingDeps {
  wrap(llm: Llm, limits: { attempts: Attempts; maxWaitMs?: number }): Promise<Llm>;
  /** The prompt, smaller by so many steps. */
  promptOf(shrunk: number): Promise<AssembledPrompt>;
  requestOf(prompt: AssembledPrompt, shrunk: number): Omit<LlmRequest, 'model'>;
  draft: Draft;
  finished: readonly string[];
  /** Before the first words of an answer are shown. */
  onWriting(): Promise<void>;
  /** Asks a moderation service about each sentence before it is shown. */
  judge?: Judge | undefined;
}

/** Then the failure is shown: what is left would hardly be an answer to what was asked. */
const MOST_SHRINKS = 2;
/** With another model at hand no interactive run waits longer for the first, in ms. */
const PATIENCE_MS = 2000;
/** These say something about the request or the run, not about the model. */
const FINAL = new Set<LlmErrorKind>(['cancelled', 'bad_request']);

/**
 * @param tries calls in all; at least one for each model
 * @throws LlmError the last one
 */
export async function thinkOver(
  deps: ThinkingDeps,
  routes: readonly LlmChoice[],
  tries: number,
  lane: Lane,
): Promise<{ answer: ModelAnswer; choice: LlmChoice; moved?: Moved }> {
  const failures: Moved['failures'] = [];
  let left = Math.max(tries, routes.length);
  let shrunk = 0;
  let last: unknown;
  for (const [i, choice] of routes.entries()) {
    const others = routes.length - 1 - i;
    const given = Math.max(1, left - others);
    const attempts = { left: given, made: 0 };
    const llm = await deps.wrap(choice.llm, {
      attempts,
      ...(others > 0 && lane === 'interactive' ? { maxWaitMs: PATIENCE_MS } : {}),
    });
    for (;;) {
      const prompt = await deps.promptOf(shrunk);
      const request = { ...deps.requestOf(prompt, shrunk), model: choice.model };
      try {
        const answer = await callModel(
          llm,
          request,
          deps.draft,
          deps.finished,
          deps.onWriting,
          attempts,
          deps.judge,
        );
        const { provider, model, reason } = choice;
        const moved = i > 0 || shrunk > 0 ? { provider, model, reason, shrunk, failures } : undefined;
        return { answer, choice, ...(moved === undefined ? {} : { moved }) };
      } catch (error) {
        if (!(error instanceof LlmError) || request.signal.aborted) throw error;
        failures.push({ provider: choice.provider, model: choice.model, error: error.kind });
        last = error;
        if (FINAL.has(error.kind)) throw error;
        if (error.kind !== 'too_long' || shrunk >= MOST_SHRINKS) break;
        shrunk++;
        // What was refused for its length was read by nobody.
        attempts.left = Math.max(1, attempts.left);
      }
    }
    left -= attempts.made;
  }
  throw last;
}

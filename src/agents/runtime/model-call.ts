// One model call of a run, streamed into the draft. Tries anew when a stream breaks off: readers are told to start over, so the
// same words never appear twice, and what the filter or a moderation service has not let through is not shown. Must never journal; that is the loop's work.
import {
  type Attempts,
  type Llm,
  LlmError,
  type LlmRequest,
  type LlmUsage,
  type StopReason,
} from '../llm/llm.ts';
import { createTextFilter, type Findings } from '../safety/filter.ts';
import type { Judge, Moderated } from '../safety/moderation.ts';
import { createWindows } from '../safety/windows.ts';
import type { Draft } from './draft.ts';
import type { PlannedCall } from './steps.ts';

export interface ModelAnswer {
  /** As the filter lets it through. */
  text: string;
  findings: Findings;
  /** What a moderation service said of it; absent without one. */
  moderated?: Moderated;
  calls: PlannedCall[];
  stopReason: StopReason;
  usage: LlmUsage;
  /** As the server names it. */
  model: string;
}

/** Streams that may break off before the call is given up. */
const MAX_STREAMS = 2;

/**
 * @param attempts calls that are left; counted by whoever makes them. The only one may be made again when it broke off
 * @param finished texts of the run's earlier calls, which come before this one's in the message
 * @param onWriting before the first words of a stream are shown; a throw there ends the call
 * @throws LlmError
 */
export async function callModel(
  llm: Llm,
  request: LlmRequest,
  draft: Draft,
  finished: readonly string[],
  onWriting: () => Promise<void>,
  attempts: Attempts,
  judge?: Judge,
): Promise<ModelAnswer> {
  for (let stream = 1; ; stream++) {
    draft.restart(finished);
    draft.break();
    try {
      return await readStream(llm, request, draft, onWriting, judge);
    } catch (error) {
      draft.stop();
      const may = stream < MAX_STREAMS && (attempts.left > 0 || attempts.made === 1);
      const again = error instanceof LlmError && error.partial && error.retryable && may;
      if (!again || request.signal.aborted) throw error;
    }
  }
}

async function readStream(
  llm: Llm,
  request: LlmRequest,
  draft: Draft,
  onWriting: () => Promise<void>,
  judge: Judge | undefined,
): Promise<ModelAnswer> {
  const filter = createTextFilter();
  let writing = false;
  const show = (text: string) => {
    answer.text += text;
    draft.append(text);
  };
  const windows = judge && createWindows({ judge, show, signal: request.signal });
  const say = windows?.push ?? show;
  const answer: ModelAnswer = {
    findings: {},
    text: '',
    calls: [],
    stopReason: 'end',
    usage: { inputTokens: 0, outputTokens: 0 },
    model: request.model,
  };
  try {
    for await (const event of llm.stream(request)) {
      request.signal.throwIfAborted();
      if (windows?.moderated.blocked !== undefined) break;
      if (event.type === 'text') {
        if (!writing) await onWriting();
        writing = true;
        say(filter.push(event.text));
      } else if (event.type === 'tool_call') {
        const { id, name, args, invalidArgs } = event;
        answer.calls.push({ id, name, args, ...(invalidArgs === undefined ? {} : { invalidArgs }) });
      } else {
        answer.stopReason = event.stopReason;
        answer.usage = event.usage;
        answer.model = event.model;
      }
    }
    say(filter.end());
    await windows?.end();
  } finally {
    windows?.stop();
  }
  request.signal.throwIfAborted();
  draft.flush();
  const judged = { ...answer, findings: filter.findings() };
  if (windows === undefined) return judged;
  const { moderated } = windows;
  // What comes with a text that was stopped is not done either.
  if (moderated.blocked !== undefined) return { ...judged, moderated, calls: [], stopReason: 'blocked' };
  return { ...judged, ...(moderated.windows === 0 ? {} : { moderated }) };
}

// The built-in provider used when no model key is set: plain, honest, deterministic answers, so every part works before the first key.
// Must never reach the network, and must never call a tool it was not offered.
import type { Llm, LlmEvent, LlmMessage, LlmRequest, LlmTrigger, Sleep, ToolResultPart } from './llm.ts';
import { cancelled } from './llm-error.ts';
import { SCRIPTED_MODEL } from './router.ts';
import { readIntent, type ScriptedIntent } from './scripted-intent.ts';
import { answerResults, fallback, greeting, help, missingTool, THANKS } from './scripted-words.ts';
import { estimateRequestTokens, estimateTokens } from './tokens.ts';

export interface ScriptedOptions {
  sleep: Sleep;
  /** Between words, in ms. Default 6. */
  wordMs?: number;
  /** Finds the message to answer when the request names none; without it, the last turn's whole text is taken for it. */
  readTrigger?: (messages: readonly LlmMessage[]) => LlmTrigger | undefined;
  /** Replaces the behaviour altogether; for tests of whatever calls a model. */
  script?: (req: LlmRequest) => AsyncIterable<LlmEvent>;
}

/** @throws LlmError cancelled, and whatever `script` throws */
export function createScriptedLlm(options: ScriptedOptions): Llm {
  const { sleep, wordMs = 6, script, readTrigger = () => undefined } = options;
  return {
    provider: 'scripted',
    stream: script ?? ((req) => perform(req, nextStep(req, readTrigger), sleep, wordMs)),
  };
}

async function* perform(req: LlmRequest, step: Step, sleep: Sleep, wordMs: number): AsyncGenerator<LlmEvent> {
  if (req.signal.aborted) throw cancelled(req.signal.reason);
  const inputTokens = estimateRequestTokens(req);
  if ('tool' in step) {
    const id = `call_${countCalls(req.messages)}`;
    yield { type: 'tool_call', id, name: step.tool, args: step.args };
    const outputTokens = estimateTokens(step.tool + JSON.stringify(step.args));
    yield {
      type: 'done',
      stopReason: 'tool_use',
      usage: { inputTokens, outputTokens },
      model: SCRIPTED_MODEL,
    };
    return;
  }
  let said = '';
  let stopReason: 'end' | 'max_tokens' = 'end';
  for (const word of step.say.match(/\S+\s*/g) ?? []) {
    if (estimateTokens(said + word) > req.maxTokens) {
      stopReason = 'max_tokens';
      break;
    }
    said += word;
    yield { type: 'text', text: word };
    await sleep(wordMs, req.signal).catch(() => undefined);
    if (req.signal.aborted) throw cancelled(req.signal.reason);
  }
  yield {
    type: 'done',
    stopReason,
    usage: { inputTokens, outputTokens: estimateTokens(said) },
    model: SCRIPTED_MODEL,
  };
}

type Step = { tool: string; args: Record<string, unknown> } | { say: string };

function nextStep(req: LlmRequest, readTrigger: NonNullable<ScriptedOptions['readTrigger']>): Step {
  const last = req.messages.at(-1);
  const results = (last?.content ?? []).filter((part): part is ToolResultPart => part.type === 'tool_result');
  if (results.length > 0) return { say: answerResults(req.messages, results) };
  const trigger = req.trigger ?? readTrigger(req.messages) ?? { text: plainText(last), authorName: '' };
  if (trigger.unasked === true) return { say: `A reminder. ${trigger.text}` };
  return act(readIntent(trigger.text, trigger.authorName), req, trigger);
}

function act(intent: ScriptedIntent, req: LlmRequest, trigger: { text: string; authorName: string }): Step {
  const call = (tool: string, args: Record<string, unknown>): Step =>
    offers(req, tool) ? { tool, args } : { say: missingTool(tool) };
  switch (intent.kind) {
    case 'calculate':
      return call('calculator', { expression: intent.expression });
    case 'clock':
      return call('clock', intent.timeZone === undefined ? {} : { timeZone: intent.timeZone });
    case 'remember':
      return call('remember', { content: intent.content });
    case 'about':
      return offers(req, 'about_me') ? call('about_me', {}) : call('recall', { query: intent.query });
    case 'forget':
      return call('forget_me', {});
    case 'correct':
      return call('correct_memory', { wrong: intent.content, right: intent.content });
    case 'recall':
      return call('recall', { query: intent.query });
    case 'greet':
      return { say: greeting(trigger.authorName) };
    case 'thanks':
      return { say: THANKS };
    case 'help':
      return { say: help(req) };
    case 'other':
      return { say: fallback(req, trigger.text.replace(/^(?:\s*@[\w.-]+[\s,:]*)+/, '')) };
  }
}

const offers = (req: LlmRequest, tool: string): boolean => req.tools.some((offered) => offered.name === tool);

function plainText(message: LlmMessage | undefined): string {
  return (message?.content ?? []).flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

function countCalls(messages: LlmMessage[]): number {
  return messages.flatMap((message) => message.content).filter((part) => part.type === 'tool_call').length;
}

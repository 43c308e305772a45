// Asks a model anew what it would say and do about a recorded run, under other settings. Nothing happens: results of tools come from the
// journal, only tools that compute are run, and whatever else the model calls is answered as not executed.
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { IdentityService } from '../../server/identity/service.ts';
import { MAX_BODY_BYTES, type Message } from '../../server/messages/contract.ts';
import {
  offerTools,
  parseToolInput,
  redact,
  type Tool,
  type ToolRegistry,
  toolParameters,
  toolResultText,
} from '../../tools/service.ts';
import { canonicalJson } from '../approvals/service.ts';
import type { Attempts, Llm, LlmChoice, LlmRouter, LlmUsage } from '../llm/llm.ts';
import type { AgentRow } from '../profiles/service.ts';
import { replyTokens } from '../prompts/prompts.ts';
import { isGiven } from './actions.ts';
import { isAsk } from './asks.ts';
import type { Context } from './context.ts';
import type { ReplayedCall } from './contract.ts';
import { Draft } from './draft.ts';
import type * as repo from './repository.ts';
import { nextAction, type PlannedCall, type StepData, type ToolStep, turnsOf } from './steps.ts';
import { thinkOver } from './thinking.ts';

export interface AnewDeps {
  clock: Clock;
  identity: Pick<IdentityService, 'agentScope'>;
  openings: { triggerOf(run: repo.RunRow): Promise<Message | undefined> };
  askOf(run: repo.RunRow): Promise<Message | undefined>;
  context: Pick<Context, 'prompt' | 'scene'>;
  router: LlmRouter;
  registry: ToolRegistry;
  tries: number;
  wrap(llm: Llm, limits: { attempts: Attempts; maxWaitMs?: number }): Promise<Llm>;
  costOf: (tenantId: string, models: readonly string[], usage: LlmUsage) => Promise<number | undefined>;
}

export interface Anew {
  reply: string;
  calls: ReplayedCall[];
  provider: string;
  model: string;
  inputTokens: number;
  outputTokens: number;
  costUsd: number | null;
}

const THINKING_TOKENS = 3000;
const MOST_MODELS = 3;

/** The calls of a journal in order, with what became of each. */
export function callsOf(steps: readonly StepData[]): ReplayedCall[] {
  const answers = steps.filter((step) => step.kind === 'tool');
  return steps
    .flatMap((step) => (step.kind === 'model' ? step.calls : []))
    .map((call, i) => shown(call, answers[i] === undefined ? 'not_executed' : 'journal', answers[i]));
}

/** @throws LlmError, AppError; whatever aborted `signal` */
export async function replayAnew(
  deps: AnewDeps,
  run: repo.RunRow,
  agent: AgentRow,
  recorded: readonly StepData[],
  signal: AbortSignal,
): Promise<Anew> {
  const { tenantId, agentId } = run;
  const context = recorded.find((step) => step.kind === 'context');
  if (context === undefined)
    throw new AppError('conflict', 'not_recorded', 'The run ended before it had a context.');
  const scope = await deps.identity.agentScope(tenantId, agentId);
  const gone = () => new AppError('conflict', 'trigger_gone', 'What the run was about is gone.');
  const first = run.triggerReason.startsWith('proactive_');
  const asked = isAsk(run);
  const given = first ? await deps.openings.triggerOf(run) : asked ? await deps.askOf(run) : undefined;
  if ((first || asked) && given === undefined) throw gone();
  const scene = await deps.context.scene(scope, run, given);
  const { trigger } = scene;
  if (trigger.deletedAt !== undefined) throw gone();
  const promptOf = (shrunk: number) =>
    deps.context.prompt({
      agent,
      scene,
      memoryIds: context.memoryIds,
      passages: context.passages ?? [],
      now: context.now,
      shrunk,
    });
  const prompt = await promptOf(0);
  const tools = (await deps.registry.all({ tenantId, agentId })).filter(
    (tool) => isGiven(tool, agent) && tool.unavailable === undefined,
  );
  const offered = offerTools(tools, { text: trigger.body, known: [] });
  const routes = deps.router
    .routes(
      { provider: agent.llmProvider, model: agent.modelName },
      { text: prompt.trigger.text, promptTokens: prompt.report.estimatedTokens, lane: 'background' },
    )
    .slice(0, MOST_MODELS);
  const [best] = routes as [LlmChoice];
  const known = answersOf(recorded);
  const steers = recorded.filter((step) => step.kind === 'steer');
  const steps: StepData[] = [context];
  const calls: ReplayedCall[] = [];
  const anew: Anew = {
    reply: '',
    calls,
    provider: best.provider,
    model: best.model,
    inputTokens: 0,
    outputTokens: 0,
    costUsd: 0,
  };
  // What people added stands where it stood, as far as the rounds go.
  const roundOf = (steer: StepData) =>
    recorded.slice(0, recorded.indexOf(steer)).filter(({ kind }) => kind === 'model').length;
  const still = { elapsed: () => 0, sleep: () => Promise.resolve() };
  const draft = new Draft({ clock: still, maxBytes: MAX_BODY_BYTES, emit: () => {} });
  const texts = () => steps.flatMap((step) => (step.kind === 'model' && step.text !== '' ? [step.text] : []));
  for (;;) {
    signal.throwIfAborted();
    const rounds = steps.filter(({ kind }) => kind === 'model').length;
    if (nextAction(steps).do !== 'tool')
      while (steers[0] !== undefined && roundOf(steers[0]) <= rounds) steps.push(steers.shift() as StepData);
    const next = nextAction(steps);
    if (next.do === 'reply') break;
    if (next.do === 'tool') {
      const { step, answeredBy } = await answer(next.call);
      steps.push(step);
      calls.push(shown(next.call, answeredBy, step));
      continue;
    }
    const { answer: said, choice } = await thinkOver(
      {
        wrap: deps.wrap,
        promptOf: (shrunk) => (shrunk === 0 ? Promise.resolve(prompt) : promptOf(shrunk)),
        requestOf: ({ system, messages, trigger: asked }) => ({
          system,
          messages: [...messages, ...turnsOf(steps)],
          tools: offered.map((tool) => ({
            name: tool.name,
            description: tool.description,
            parameters: toolParameters(tool),
          })),
          maxTokens: replyTokens(agent.personality) + THINKING_TOKENS,
          signal,
          trigger: asked,
        }),
        draft,
        finished: texts(),
        onWriting: () => Promise.resolve(),
      },
      routes,
      deps.tries,
      'background',
    );
    const { text, calls: planned, stopReason, usage } = said;
    steps.push({
      kind: 'model',
      text,
      calls: planned,
      stopReason,
      provider: choice.provider,
      model: said.model,
    });
    const costUsd = await deps.costOf(tenantId, [said.model, choice.model], usage);
    Object.assign(anew, {
      provider: choice.provider,
      model: said.model,
      inputTokens: anew.inputTokens + usage.inputTokens,
      outputTokens: anew.outputTokens + usage.outputTokens,
      costUsd: costUsd === undefined || anew.costUsd === null ? null : anew.costUsd + costUsd,
    });
  }
  draft.restart(texts());
  anew.reply = draft.text;
  return anew;

  async function answer(
    call: PlannedCall,
  ): Promise<{ step: ToolStep; answeredBy: ReplayedCall['answeredBy'] }> {
    const base = { kind: 'tool' as const, callId: call.id, name: call.name, executionId: run.id };
    const same = known.get(keyOf(call))?.shift();
    if (same !== undefined)
      return { step: { ...base, result: same.result, isError: same.isError }, answeredBy: 'journal' };
    const tool = tools.find(({ name }) => name === call.name);
    if (tool?.effect === 'pure' && call.invalidArgs === undefined) {
      const result = await compute(tool, call.args ?? {});
      if (result !== undefined) return { step: { ...base, ...result }, answeredBy: 'computed' };
    }
    const error = {
      code: 'not_executed',
      message: 'This call was not executed in the replay. Go on without it.',
    };
    return {
      step: { ...base, ...toolResultText({ ok: false, error }) },
      answeredBy: 'not_executed',
    };
  }

  async function compute(tool: Tool, args: unknown) {
    const parsed = parseToolInput(tool, args);
    if (!parsed.ok) return toolResultText(parsed);
    const { roomId, askerId } = run;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(tool.timeoutMs)]);
    try {
      return toolResultText(
        await tool.execute(parsed.input, {
          tenantId,
          agentId,
          runId: run.id,
          roomId,
          asker: { userId: askerId, name: '' },
          now: new Date(context?.now ?? 0),
          signal: limit,
        }),
      );
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }
}

const keyOf = ({ name, args }: Pick<PlannedCall, 'name' | 'args'>): string =>
  `${name} ${canonicalJson(args ?? {})}`;

/** Recorded results by their call, in order. */
function answersOf(steps: readonly StepData[]): Map<string, ToolStep[]> {
  const planned = steps.flatMap((step) => (step.kind === 'model' ? step.calls : []));
  const found = new Map<string, ToolStep[]>();
  for (const step of steps) {
    if (step.kind !== 'tool') continue;
    const call = planned.shift();
    if (call === undefined) continue;
    found.set(keyOf(call), [...(found.get(keyOf(call)) ?? []), step]);
  }
  return found;
}

const shown = (
  call: PlannedCall,
  answeredBy: ReplayedCall['answeredBy'],
  step: ToolStep | undefined,
): ReplayedCall => ({
  tool: call.name,
  arguments: redact(call.args ?? call.invalidArgs ?? null),
  answeredBy,
  failed: step?.isError ?? false,
});

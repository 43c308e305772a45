// The three kinds of steps a run takes, each done once and journalled: choosing its context, a model call, a tool call.
// Must never journal what was not finished, and never open a transaction around a model or a tool.

import type { Tx } from '../../core/db/database.ts';
import type { Scope } from '../../core/scope.ts';
import type { Memory, MemoryService } from '../../memory/service.ts';
import type { Message } from '../../server/messages/contract.ts';
import { offerTools, type Tool, toolParameters, toolsFound } from '../../tools/service.ts';
import { isWrite } from '../approvals/service.ts';
import type { Attempts, Llm, LlmChoice, LlmRouter, LlmTool, LlmUsage } from '../llm/llm.ts';
import type { AgentRow } from '../profiles/service.ts';
import { type AssembledPrompt, replyTokens } from '../prompts/prompts.ts';
import type { Findings } from '../safety/filter.ts';
import type { Judge, Moderated } from '../safety/moderation.ts';
import type { Context, Scene } from './context.ts';
import type { Draft } from './draft.ts';
import type { Journal } from './journal.ts';
import type * as leaseRepo from './lease-repository.ts';
import type * as repo from './repository.ts';
import type { RunSignals } from './signals.ts';
import { type ContextStep, type PlannedCall, turnsOf } from './steps.ts';
import { thinkOver } from './thinking.ts';
import { createUseTool, type UseToolDeps } from './use-tool.ts';

export interface ActionsDeps extends UseToolDeps {
  memory: MemoryService;
  context: Context;
  router: LlmRouter;
  /** Retries, deadlines, budget and metering around a provider. */
  wrap: (
    llm: Llm,
    work: { run: repo.RunRow; agent: AgentRow },
    limits: { attempts: Attempts; maxWaitMs?: number },
  ) => Promise<Llm>;
  /** Calls in all that one step may take. */
  tries: number;
  /** Records what the filter took out of a text. */
  noteFindings: (
    tx: Tx,
    of: { tenantId: string; agentId: string; roomId: string; id: string; messageId: string },
    findings: Findings,
    moderated: Moderated | undefined,
  ) => Promise<void>;
  /** Asks a moderation service; absent without one. */
  judge?: Judge | undefined;
  /** By the price of the first of these models that has one. */
  costOf: (tenantId: string, models: readonly string[], usage: LlmUsage) => Promise<number | undefined>;
}

export interface Work {
  run: leaseRepo.ClaimedRun;
  scope: Scope;
  agent: AgentRow;
  trigger: Message;
  scene: Scene;
  journal: Journal;
  signals: RunSignals;
  signal: AbortSignal;
  draft: Draft;
  /** The id that its answer gets. */
  replyId: string;
  boundary: (name: string) => Promise<void>;
  /** Called before words reach the room. A throw keeps them from it. */
  beforeWords: () => Promise<void>;
  /** Told of what the run need not wait for until it ends. */
  alongside: (work: Promise<unknown>) => void;
  /** Told of an effect outside that is under way, until its result is journalled. */
  acting: (done: Promise<unknown>) => void;
}

export interface Spent {
  tokens: number;
  costUsd: number;
  /** False once a call had no known price. */
  priced: boolean;
}

export const textsOf = (journal: Journal): string[] =>
  journal.steps.flatMap((step) => (step.kind === 'model' && step.text !== '' ? [step.text] : []));

export function contextOf(journal: Journal): ContextStep {
  const step = journal.steps.find((candidate) => candidate.kind === 'context');
  if (step === undefined) throw new Error('A run thinks before it has a context.');
  return step;
}

/** What a model may think and write beyond the answer its style allows. */
const THINKING_TOKENS = 3000;
const MOST_MODELS = 3;
/** Longest result of a tool in a prompt that was made smaller so often, in characters. */
const RESULT_CAPS = [Number.POSITIVE_INFINITY, 4000, 1000];
const MEMORY_TOOLS = new Set(['remember', 'recall', 'about_me', 'forget_me', 'correct_memory']);

/** Whether a tool is among those of an agent. */
export const isGiven = (tool: Tool, agent: Pick<AgentRow, 'capabilities' | 'memoryEnabled'>): boolean =>
  (tool.everyAgent === true || agent.capabilities.includes(tool.name)) &&
  (agent.memoryEnabled || !MEMORY_TOOLS.has(tool.name));

export function createActions(deps: ActionsDeps) {
  const callTool = createUseTool(deps);
  return { chooseContext, buildPrompt, think, useTool };

  async function chooseContext(work: Work): Promise<AssembledPrompt> {
    const { agent, trigger, journal, signal, run, boundary } = work;
    const holder = { tenantId: run.tenantId, agentId: agent.id };
    const started = deps.clock.elapsed();
    const [memories, passages] = await Promise.all([
      agent.memoryEnabled ? deps.context.recall(holder, trigger, signal) : [],
      run.trained ? deps.context.knowledge(holder, trigger, signal) : [],
    ]);
    const step: ContextStep = {
      kind: 'context',
      now: deps.clock.date().toISOString(),
      provider: '',
      model: '',
      providerReason: '',
      memoryIds: memories.map(({ id }) => id),
      passages,
      report: { historyKept: 0, historyDropped: 0, memoriesKept: 0, estimatedTokens: 0 },
    };
    const prompt = await buildPrompt(work, step, 0, memories);
    const { historyKept, historyDropped, memoriesKept, estimatedTokens } = prompt.report;
    step.report = { historyKept, historyDropped, memoriesKept, estimatedTokens };
    const [choice] = routesOf(work, prompt) as [LlmChoice, ...LlmChoice[]];
    Object.assign(step, { provider: choice.provider, model: choice.model, providerReason: choice.reason });
    await boundary('before:context');
    const durationMs = Math.round(deps.clock.elapsed() - started);
    await journal.append(step, { durationMs, chosen: { provider: step.provider, model: step.model } });
    work.alongside(deps.memory.noteUse(holder, step.memoryIds));
    await boundary('after:context');
    return prompt;
  }

  function buildPrompt(
    { agent, scene }: Work,
    { memoryIds, passages = [], now }: ContextStep,
    shrunk?: number,
    /** Where they were chosen just now. */
    memories?: readonly Memory[],
  ): Promise<AssembledPrompt> {
    return deps.context.prompt({ agent, scene, memoryIds, memories, passages, now, shrunk });
  }

  /** The models for a turn, best first. */
  function routesOf({ agent, run }: Work, prompt: AssembledPrompt): LlmChoice[] {
    return deps.router.routes(
      { provider: agent.llmProvider, model: agent.modelName },
      { text: prompt.trigger.text, promptTokens: prompt.report.estimatedTokens, lane: run.lane },
    );
  }

  /** Those for another round: first the one that answered the round before, or was chosen with the context. */
  function routesAfter(work: Work, prompt: AssembledPrompt): LlmChoice[] {
    const { journal } = work;
    const context = contextOf(journal);
    const moved = journal.steps.findLast((step) => step.kind === 'model' && step.moved !== undefined);
    const { provider, model } = moved?.kind === 'model' && moved.moved !== undefined ? moved.moved : context;
    const first = { ...deps.router.pick({ provider, model }), reason: context.providerReason };
    const others = routesOf(work, prompt).filter(
      (route) => route.provider !== first.provider || route.model !== first.model,
    );
    return [first, ...others].slice(0, MOST_MODELS);
  }

  async function think(work: Work, prompt: AssembledPrompt, round: number, spent: Spent): Promise<void> {
    const { run, agent, journal, signals, signal, draft, boundary } = work;
    if (round > 1) signals.status('thinking');
    const started = deps.clock.elapsed();
    const tools = await offered(work);
    const {
      answer: { text, calls, stopReason, usage, findings, moderated, ...answered },
      choice,
      moved,
    } = await thinkOver(
      {
        wrap: (llm, limits) => deps.wrap(llm, work, limits),
        promptOf: async (shrunk) => (shrunk === 0 ? prompt : buildPrompt(work, contextOf(journal), shrunk)),
        requestOf: ({ system, messages, trigger }, shrunk) => ({
          system,
          messages: [...messages, ...turnsOf(journal.steps, RESULT_CAPS[shrunk])],
          tools,
          maxTokens: replyTokens(agent.personality) + THINKING_TOKENS,
          signal,
          trigger,
        }),
        draft,
        finished: textsOf(journal),
        onWriting: async () => {
          await work.beforeWords();
          signals.status('writing');
        },
        judge: deps.judge,
      },
      routesAfter(work, prompt),
      deps.tries,
      run.lane,
    );
    await boundary(`before:model:${round}`);
    const costUsd = await deps.costOf(run.tenantId, [answered.model, choice.model], usage);
    const filtered = Object.entries(findings).map(([rule, times]) => ({ rule, times }));
    await journal.append(
      {
        kind: 'model',
        text,
        calls,
        stopReason,
        ...(filtered.length === 0 ? {} : { filtered }),
        ...(moderated === undefined ? {} : { moderated }),
        ...(moved === undefined ? {} : { moved }),
        provider: choice.provider,
        model: answered.model,
      },
      {
        inputTokens: usage.inputTokens,
        outputTokens: usage.outputTokens,
        costUsd,
        durationMs: Math.round(deps.clock.elapsed() - started),
      },
      filtered.length === 0 && moderated === undefined
        ? undefined
        : (tx) => deps.noteFindings(tx, { ...run, messageId: work.replyId }, findings, moderated),
    );
    spent.tokens += usage.inputTokens + usage.outputTokens;
    spent.costUsd += costUsd ?? 0;
    spent.priced &&= costUsd !== undefined;
    await boundary(`after:model:${round}`);
  }

  async function useTool(work: Work, round: number, index: number, call: PlannedCall): Promise<void> {
    const granted = (await enabled(work)).map((tool) => tool.name);
    return callTool({ ...work, round, index, call, granted, now: new Date(contextOf(work.journal).now) });
  }

  /** What this call of the model may choose from: those of the agent's tools that bear on what is asked. */
  async function offered(work: Work): Promise<LlmTool[]> {
    const { run, trigger, journal } = work;
    const asked = [
      trigger.body,
      ...journal.steps.flatMap((step) => (step.kind === 'steer' ? [step.text] : [])),
    ];
    const known = journal.steps.flatMap((step) =>
      step.kind === 'tool' ? [...toolsFound(step.name, step.result), step.name] : [],
    );
    const tools = await enabled(work, run.analysisOnly);
    return offerTools(tools, { text: asked.join(' '), known }).map((tool) => ({
      name: tool.name,
      description: tool.description,
      parameters: toolParameters(tool),
    }));
  }

  /** Tools that are enabled for the agent and exist here. */
  async function enabled({ agent, run }: Work, analysisOnly = false): Promise<Tool[]> {
    const { tenantId, id: agentId, createdBy: ownerId } = agent;
    const all = run.moreTools
      ? await deps.registry.all({ tenantId, agentId, ownerId })
      : deps.registry.list();
    return all
      .filter((tool) => isGiven(tool, agent))
      .filter((tool) => !analysisOnly || !isWrite(tool))
      .filter((tool) => tool.unavailable === undefined);
  }
}

// Replays a recorded run for whoever answers for its agent: the same decisions, or a list of what would be decided otherwise now,
// under the settings it began with or another revision. Must change nothing, call no model and run no tool.
import type { InputOf } from '../../core/contract.ts';
import type { Database } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { IdentityService } from '../../server/identity/service.ts';
import { MAX_BODY_BYTES, type Message } from '../../server/messages/contract.ts';
import type { MessagesService } from '../../server/messages/service.ts';
import { parseToolInput, type Tool, type ToolContext, type ToolRegistry } from '../../tools/service.ts';
import type { CallRuling } from '../approvals/service.ts';
import type { LlmRouter } from '../llm/llm.ts';
import type { AgentRow, ProfilesService } from '../profiles/service.ts';
import type { RevisionsService } from '../revisions/service.ts';
import { isGiven } from './actions.ts';
import type { Replay, replayRun } from './contract.ts';
import { Draft } from './draft.ts';
import { type CallNow, callKey, replay } from './replay.ts';
import * as repo from './repository.ts';
import type { PlannedCall, StepData } from './steps.ts';
import { executionIdOf } from './use-tool.ts';

export interface ReplayDeps {
  database: Database;
  identity: IdentityService;
  messages: MessagesService;
  profiles: ProfilesService;
  revisions: RevisionsService;
  registry: ToolRegistry;
  router: LlmRouter;
  rule(call: {
    tool: Tool;
    args: Record<string, unknown>;
    executionId: string;
    context: ToolContext;
  }): Promise<CallRuling>;
}

const NOT_FOUND = () => notFound('run_not_found', 'This agent has no such run.');

export type ReplayService = ReturnType<typeof createReplayService>;

export function createReplayService(deps: ReplayDeps) {
  const { database, profiles, revisions, registry, router } = deps;

  return {
    bodyOf,

    async replay(scope: Scope, input: InputOf<typeof replayRun>): Promise<Replay> {
      const { tenantId } = scope;
      const present = await profiles.requireOwned(scope, input.agentId);
      const run = await repo.findRun(database.db, tenantId, input.runId);
      if (run === undefined || run.agentId !== input.agentId) throw NOT_FOUND();
      const revision = input.revision ?? run.revision ?? present.revision;
      const settings = await revisions.settingsOf(tenantId, run.agentId, revision);
      const agent: AgentRow = { ...present, ...settings };
      const steps = (await repo.listSteps(database.db, tenantId, run.id)).map((row) => row.data);
      const { provider, model } = router.pick({ provider: agent.llmProvider, model: agent.modelName });
      const askerId = await askerOf(run);
      const decisions = replay({
        steps,
        context: { provider, model },
        calls: await callsNow(run, askerId, agent, steps),
      });
      const body = assembled(steps);
      const was = await bodyOf(run);
      const reply = {
        now: body,
        ...(was === undefined ? {} : { was }),
        same: was === undefined || was === body,
      };
      return {
        runId: run.id,
        revision,
        same: reply.same && decisions.every((decision) => decision.same),
        decisions: decisions.map(({ step, was, now, same }) => ({
          step,
          same,
          ...(was === undefined ? {} : { was }),
          ...(now === undefined ? {} : { now }),
        })),
        reply,
      };
    },
  };

  /** What would be decided now about each call that the model planned. */
  async function callsNow(
    run: repo.RunRow,
    askerId: string,
    agent: AgentRow,
    steps: readonly StepData[],
  ): Promise<Map<string, CallNow>> {
    const context = steps.find((step) => step.kind === 'context');
    const now = new Date(context?.kind === 'context' ? context.now : run.createdAt);
    const found = new Map<string, CallNow>();
    let round = 0;
    for (const step of steps) {
      if (step.kind !== 'model') continue;
      round++;
      for (const [index, call] of step.calls.entries())
        found.set(callKey(round, index), await callNow({ ...run, askerId }, agent, now, round, index, call));
    }
    return found;
  }

  async function callNow(
    run: repo.RunRow,
    agent: AgentRow,
    now: Date,
    round: number,
    index: number,
    call: PlannedCall,
  ): Promise<CallNow> {
    const tool = await registry.resolve({ tenantId: run.tenantId, agentId: agent.id }, call.name);
    if (tool === undefined) return { tool: call.name, refused: 'unknown_tool' };
    if (!isGiven(tool, agent)) return { tool: call.name, refused: 'not_granted' };
    const args = (call.args ?? {}) as Record<string, unknown>;
    if (call.invalidArgs !== undefined || !parseToolInput(tool, args).ok)
      return { tool: call.name, refused: 'invalid_input' };
    const executionId = executionIdOf(run, round, index);
    const { tenantId, agentId, roomId, id: runId, triggerMessageId } = run;
    const ruling = await deps.rule({
      tool,
      args,
      executionId,
      context: {
        tenantId,
        agentId,
        runId,
        roomId,
        triggerMessageId,
        asker: { userId: run.askerId, name: '' },
        now,
        signal: AbortSignal.abort(),
      },
    });
    return { tool: call.name, effect: tool.effect, ruling };
  }

  /** On whose behalf the run acts: who wrote what it answers. */
  async function askerOf(run: repo.RunRow): Promise<string> {
    return (await seen(run, run.triggerMessageId))?.author.id ?? run.askerId;
  }

  /** The answer as it is in the room, unless it is gone, or out of the agent's sight. */
  async function bodyOf(run: repo.RunRow): Promise<string | undefined> {
    const message = run.replyMessageId === null ? undefined : await seen(run, run.replyMessageId);
    return message?.editedAt === undefined && message?.deletedAt === undefined ? message?.body : undefined;
  }

  async function seen({ tenantId, agentId }: repo.RunRow, messageId: string): Promise<Message | undefined> {
    try {
      return await deps.messages.get(await deps.identity.agentScope(tenantId, agentId), messageId);
    } catch (error) {
      if (error instanceof AppError) return undefined;
      throw error;
    }
  }
}

/** The texts of the journal as one message. */
function assembled(steps: readonly StepData[]): string {
  const still = { elapsed: () => 0, sleep: () => Promise.resolve() };
  const draft = new Draft({ clock: still, maxBytes: MAX_BODY_BYTES, emit: () => {} });
  draft.restart(steps.flatMap((step) => (step.kind === 'model' && step.text !== '' ? [step.text] : [])));
  return draft.text;
}

// The wire of an agent's numbers: how well, how much and how soundly it has worked lately.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Timestamp } from '../../server/identity/contract.ts';

const Count = z.number().int();
const Times = z.object({ p50Ms: z.number().nullable(), p95Ms: z.number().nullable() });
const Share = z.number().min(0).max(1).nullable();

/** Shares are 0 to 1; null where nothing happened to take them from. */
export const AgentMetrics = z.object({
  agentId: Id,
  /** The span of `days` up to now. */
  from: Timestamp,
  to: Timestamp,
  performance: z.object({
    /** From the message to the answer; waiting for a person is part of it. */
    responseTime: Times,
    /** The same in the span before, to see whether it gets worse. */
    responseTimeBefore: Times,
    answered: Count,
    silent: Count,
    /** Finding memories, history and members for a prompt. */
    contextTime: Times,
    /** Prompts that had at least one memory, and how many they had on average. */
    recalledShare: Share,
    memoriesPerPrompt: z.number().nullable(),
    /** What people said of its answers: how many good and bad words, and the share of good ones. */
    satisfaction: z.object({ good: Count, bad: Count, goodShare: Share }),
    /** Answers a person had on average, and the share of those answered in the span before who asked again in this one. */
    conversation: z.object({ answersPerPerson: z.number().nullable(), returningShare: Share }),
  }),
  usage: z.object({
    runs: Count,
    /** Messages that it wrote in answer, people it answered, rooms it answered in. */
    messages: Count,
    people: Count,
    rooms: Count,
    modelCalls: Count,
    inputTokens: Count,
    outputTokens: Count,
    costUsd: z.number(),
    /** Calls of models without a known price; they are not in `costUsd`. */
    unpricedCalls: Count,
    /** Most used first, at most 50. */
    tools: z.array(
      z.object({
        tool: z.string(),
        calls: Count,
        successShare: Share,
        time: Times,
      }),
    ),
  }),
  health: z.object({
    failed: Count,
    cancelled: Count,
    needsAttention: Count,
    failureShare: Share,
    /** Why runs failed, most frequent first. */
    failures: z.array(z.object({ reason: z.string(), runs: Count })),
    /** Model calls that a budget refused, or that ended badly at the provider. */
    refusedModelCalls: Count,
    failedModelCalls: Count,
    /** Runs that wait or are worked on now. */
    open: Count,
    /** Time that workers spent on it. */
    runningMs: Count,
    memories: z.object({ active: Count, cold: Count, archived: Count }),
  }),
});
export type AgentMetrics = z.infer<typeof AgentMetrics>;

export const getAgentMetrics = defineOperation({
  name: 'agents.metrics',
  summary: "An agent's performance, usage and health over the last days (its owner, or an administrator)",
  tag: 'Agents',
  rest: { method: 'get', path: '/api/agents/:agentId/metrics' },
  socket: 'get_agent_metrics',
  input: z.object({ agentId: Id, days: z.coerce.number().int().min(1).max(90).default(7) }),
  output: AgentMetrics,
  permission: 'signed_in',
  effect: 'read',
});

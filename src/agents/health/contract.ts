// The wire of an agent's mode: whether it may change anything, and why not.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Timestamp } from '../../server/identity/contract.ts';

export const AgentMode = z.object({
  agentId: Id,
  /** `analysis_only`: it reads and answers, and changes nothing by tools. */
  mode: z.enum(['normal', 'analysis_only']),
  /** Runs that failed since one went well. */
  failures: z.number().int(),
  /** Why the last run failed, or `set_by_owner`. */
  reason: z.string().optional(),
  since: Timestamp.optional(),
});
export type AgentMode = z.infer<typeof AgentMode>;

const tag = 'Agents';

export const getMode = defineOperation({
  name: 'agents.mode',
  summary: 'Whether an agent may change anything by tools (its owner, or an administrator)',
  description:
    'After five failed runs in a row an agent only looks and answers; after three that went well, or when its owner says so, it may do more again.',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/mode' },
  socket: 'get_agent_mode',
  input: z.object({ agentId: Id }),
  output: AgentMode,
  permission: 'signed_in',
  effect: 'read',
});

export const setMode = defineOperation({
  name: 'agents.setMode',
  summary: 'Let an agent only look and answer, or more again (its owner, or an administrator)',
  tag,
  rest: { method: 'put', path: '/api/agents/:agentId/mode' },
  socket: 'set_agent_mode',
  input: z.strictObject({ agentId: Id, mode: AgentMode.shape.mode }),
  output: AgentMode,
  permission: 'signed_in',
  effect: 'reversible',
});

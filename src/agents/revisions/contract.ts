// The wire of revisions: every state that an agent's settings had, and the way back to one.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp } from '../../server/identity/contract.ts';
import { ProactiveSettings } from '../proactive/contract.ts';
import { Agent, AgentPersonality, LlmProvider, ResponseMode } from '../profiles/contract.ts';

export const Revision = z.object({
  agentId: Id,
  /** Counts from 1. */
  revision: z.number().int(),
  /** The one that counts now. */
  current: z.boolean(),
  settings: z.object({
    name: z.string(),
    description: z.string().nullable(),
    llmProvider: LlmProvider,
    modelName: z.string(),
    systemPrompt: z.string(),
    personality: AgentPersonality,
    capabilities: z.array(z.string()),
    memoryEnabled: z.boolean(),
    responseMode: ResponseMode,
    proactive: ProactiveSettings,
  }),
  /** What is different from the revision before it. */
  changed: z.array(z.string()),
  /** Absent where the server itself changed it. */
  byId: Id.optional(),
  createdAt: Timestamp,
});
export type Revision = z.infer<typeof Revision>;

const tag = 'Agents';

export const listRevisions = defineOperation({
  name: 'agents.revisions',
  summary: 'The states that an agent’s settings had, newest first (its owner, or an administrator)',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/revisions' },
  socket: 'list_revisions',
  input: z.object({ agentId: Id, ...Page }),
  output: z.object({ data: z.array(Revision), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const rollbackAgent = defineOperation({
  name: 'agents.rollback',
  summary: 'Give an agent the settings of an earlier revision again (its owner, or an administrator)',
  description:
    'The agent points at that revision; none is lost. Runs under way keep the settings they began with. Tools that are gone since stay away, which makes a new revision.',
  tag,
  rest: { method: 'post', path: '/api/agents/:agentId/rollback' },
  socket: 'rollback_agent',
  input: z.strictObject({ agentId: Id, revision: z.number().int().min(1) }),
  output: Agent,
  permission: 'signed_in',
  effect: 'reversible',
});

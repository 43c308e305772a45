// The wire of agents' profiles: create, change, switch on and off, delete.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { DisplayName, Id, Page, Timestamp, User } from '../../server/identity/contract.ts';
import { ProactiveSettings } from '../proactive/contract.ts';

export const LlmProvider = z.enum(['anthropic', 'openai', 'cloudflare', 'scripted', 'auto']);
export const ResponseMode = z.enum(['mention', 'helpful', 'lively']);

const Trait = z.number().min(0).max(1);
const Words = z.array(z.string().trim().min(1).max(100)).max(30);

/** The five traits are 0 to 1; whatever is left out stays unsaid. */
export const AgentPersonality = z.strictObject({
  traits: z
    .strictObject({
      extraversion: Trait.optional(),
      agreeableness: Trait.optional(),
      conscientiousness: Trait.optional(),
      neuroticism: Trait.optional(),
      openness: Trait.optional(),
    })
    .optional(),
  communicationStyle: z
    .strictObject({
      formality: z.enum(['casual', 'professional', 'formal']).optional(),
      verbosity: z.enum(['concise', 'moderate', 'verbose']).optional(),
      humor: z.enum(['none', 'subtle', 'frequent']).optional(),
      empathy: z.enum(['low', 'moderate', 'high']).optional(),
    })
    .optional(),
  interests: Words.optional(),
  expertise: Words.optional(),
  limitations: Words.optional(),
});

export const Agent = z.object({
  /** Also the id of the agent's user. */
  id: Id,
  user: User,
  handle: z.string(),
  name: z.string(),
  description: z.string().optional(),
  /** Absent for the built-in agent, which administrators look after. */
  ownerId: Id.optional(),
  llmProvider: LlmProvider,
  /** Empty: the provider's default. */
  modelName: z.string(),
  /** Who would answer now; `scripted` when no key is set for the wish. */
  effectiveProvider: z.enum(['anthropic', 'openai', 'cloudflare', 'scripted']),
  effectiveModel: z.string(),
  /** Why: `asked`, `preferred_by_auto`, `no_key_for_<provider>`, `no_provider_configured`. */
  providerReason: z.string(),
  /** Only for its owner and administrators. */
  systemPrompt: z.string().optional(),
  personality: AgentPersonality,
  /** Names of enabled tools. */
  capabilities: z.array(z.string()),
  memoryEnabled: z.boolean(),
  isActive: z.boolean(),
  /** When it speaks without being addressed. */
  responseMode: ResponseMode,
  /** When it may speak first; only for its owner and administrators. */
  proactive: ProactiveSettings.optional(),
  /** Of its settings; grows with each change. */
  revision: z.number().int(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Agent = z.infer<typeof Agent>;

const settings = {
  description: z.string().trim().max(1000).nullable().optional(),
  llmProvider: LlmProvider.optional(),
  modelName: z
    .string()
    .trim()
    .max(200)
    .regex(/^[\w@./:-]*$/, 'has only letters, digits and @ . / : _ -')
    .optional(),
  systemPrompt: z.string().max(16_000, 'has at most 16000 characters').optional(),
  personality: AgentPersonality.optional(),
  capabilities: z.array(z.string().min(1).max(64)).max(100).optional(),
  memoryEnabled: z.boolean().optional(),
  responseMode: ResponseMode.optional(),
  /** Taken as a whole: what is left out of it gets its default. */
  proactive: ProactiveSettings.optional(),
};

const agent = { agentId: Id };
const tag = 'Agents';

export const listAgents = defineOperation({
  name: 'agents.list',
  summary: 'My agents; with scope=all every agent of the server (administrators)',
  tag,
  rest: { method: 'get', path: '/api/agents' },
  socket: 'list_agents',
  input: z.object({ ...Page, scope: z.enum(['mine', 'all']).default('mine') }),
  output: z.object({ data: z.array(Agent), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const createAgent = defineOperation({
  name: 'agents.create',
  summary: 'Create an agent; I become its owner',
  description:
    'Its handle is made from its name unless given. Without capabilities it gets the tools that only look, compute or remember; the others are given by name.',
  tag,
  rest: { method: 'post', path: '/api/agents', status: 201 },
  socket: 'create_agent',
  input: z.strictObject({ name: DisplayName, handle: z.string().min(1).max(32).optional(), ...settings }),
  output: Agent,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'agents.create', points: 60, seconds: 60 },
});

export const getAgent = defineOperation({
  name: 'agents.get',
  summary: 'One agent; its instructions only for its owner',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId' },
  socket: 'get_agent',
  input: z.object(agent),
  output: Agent,
  permission: 'signed_in',
  effect: 'read',
});

export const updateAgent = defineOperation({
  name: 'agents.update',
  summary: 'Change an agent (its owner, or an administrator); what is left out stays',
  tag,
  rest: { method: 'put', path: '/api/agents/:agentId' },
  socket: 'update_agent',
  input: z.strictObject({ ...agent, name: DisplayName.optional(), ...settings }),
  output: Agent,
  permission: 'signed_in',
  effect: 'reversible',
});

export const activateAgent = defineOperation({
  name: 'agents.activate',
  summary: 'Switch an agent on or off; switching off stops what it is doing',
  tag,
  rest: { method: 'post', path: '/api/agents/:agentId/activate' },
  socket: 'activate_agent',
  input: z.strictObject({ ...agent, active: z.boolean() }),
  output: Agent,
  permission: 'signed_in',
  effect: 'reversible',
});

export const cloneAgent = defineOperation({
  name: 'agents.clone',
  summary: 'Make an agent with the settings of another (its owner, or an administrator); I become its owner',
  description:
    'Instructions, model, personality, tools and the limits on them are copied; memories, rooms, feedback and knowledge are not. Tools that are not mine to give are left out.',
  tag,
  rest: { method: 'post', path: '/api/agents/:agentId/clone', status: 201 },
  socket: 'clone_agent',
  input: z.strictObject({
    ...agent,
    /** By default the name with a number behind it. */
    name: DisplayName.optional(),
    handle: z.string().min(1).max(32).optional(),
  }),
  output: Agent,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'agents.create', points: 60, seconds: 60 },
});

export const deleteAgent = defineOperation({
  name: 'agents.delete',
  summary: 'Delete an agent: it stops, leaves every room, and its handle becomes free',
  tag,
  rest: { method: 'delete', path: '/api/agents/:agentId' },
  socket: 'delete_agent',
  input: z.object(agent),
  output: z.object({ deleted: z.literal(true) }),
  permission: 'signed_in',
  effect: 'irreversible',
});

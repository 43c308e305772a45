// Tables of agents' profiles, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';
import type { ProactiveSettings } from '../proactive/contract.ts';
import type { Personality } from '../prompts/prompts.ts';

export interface AiAgentsTable {
  /** The id of the agent's user. */
  id: string;
  tenantId: string;
  name: string;
  description: string | null;
  /** The human who answers for it; null for the built-in agent, which administrators look after. */
  createdBy: string | null;
  llmProvider: 'anthropic' | 'openai' | 'cloudflare' | 'scripted' | 'auto';
  /** Empty: the provider's default. */
  modelName: string;
  systemPrompt: string;
  personality: ColumnType<Personality, string | undefined, string>;
  /** Names of enabled tools. */
  capabilities: ColumnType<string[], string | undefined, string>;
  memoryEnabled: Generated<boolean>;
  isActive: Generated<boolean>;
  responseMode: ColumnType<
    'mention' | 'helpful' | 'lively',
    'mention' | 'helpful' | 'lively' | undefined,
    'mention' | 'helpful' | 'lively'
  >;
  /** As it was set; `ProactiveSettings` fills in the rest. */
  proactive: ColumnType<Partial<ProactiveSettings>, string | undefined, string>;
  /** The state of its settings that counts, in `agent_revisions`. */
  revision: Generated<number>;
  createdAt: Generated<Date>;
  updatedAt: Generated<Date>;
  deletedAt: Date | null;
}

/** Memberships of agents, kept in step with `memberships` in the same transaction. */
export interface AgentRoomsTable {
  roomId: string;
  agentId: string;
  tenantId: string;
  /** How much feedback moves the score of speaking unasked. */
  readiness: Generated<number>;
  /** An owner or admin of the room brought it, or a person opened the direct room. */
  invitedByAdmin: Generated<boolean>;
  /** Who put it there. */
  broughtBy: string | null;
}

export interface ProfilesTables {
  aiAgents: AiAgentsTable;
  agentRooms: AgentRoomsTable;
}

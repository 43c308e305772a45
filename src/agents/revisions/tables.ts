// Table of the states that agents' settings had, as Kysely sees it.
import type { ColumnType, Generated } from 'kysely';
import type { ProactiveSettings } from '../proactive/contract.ts';
import type { Personality } from '../prompts/prompts.ts';

/** What makes an agent answer as it does. Whether it is switched on is no part of it. */
export interface Settings {
  name: string;
  description: string | null;
  llmProvider: 'anthropic' | 'openai' | 'cloudflare' | 'scripted' | 'auto';
  modelName: string;
  systemPrompt: string;
  personality: Personality;
  /** Names of enabled tools. */
  capabilities: string[];
  memoryEnabled: boolean;
  responseMode: 'mention' | 'helpful' | 'lively';
  /** Absent in revisions that are older than it. */
  proactive?: Partial<ProactiveSettings>;
}

/** Never changed, never deleted. */
export interface AgentRevisionsTable {
  agentId: string;
  revision: number;
  tenantId: string;
  settings: ColumnType<Settings, string, never>;
  /** Null where the server itself changed it. */
  byId: string | null;
  createdAt: Generated<Date>;
}

export interface RevisionsTables {
  agentRevisions: AgentRevisionsTable;
}

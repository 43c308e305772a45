// What goes into a prompt and what comes out: the door of this folder. Other folders import only this file.
import type { LlmMessage, LlmTrigger } from '../llm/llm.ts';
import type { Personality } from './personality.ts';

export { assemblePrompt } from './assemble.ts';
export { type Personality, replyTokens } from './personality.ts';
export { lastTrigger } from './sections.ts';

export interface PromptProfile {
  name: string;
  handle: string;
  description?: string;
  /** The owner's own instructions. */
  systemPrompt?: string;
  personality?: Personality;
}

export interface PromptMember {
  name: string;
  handle: string;
  kind: 'human' | 'agent';
}

export interface PromptMemory {
  content: string;
  /** Best first wins: memories beyond the cap are the last ones. */
  kind?: string;
  /** When it was learnt, ISO 8601. */
  at?: string;
}

export interface PromptPassage {
  title: string;
  text: string;
}

export interface PromptHistoryMessage {
  authorName: string;
  /** True for the agent's own earlier messages. */
  own: boolean;
  text: string;
  /** ISO 8601. */
  at?: string;
}

export interface PromptInput {
  profile: PromptProfile;
  room: { name: string; kind: string; topic?: string };
  members: readonly PromptMember[];
  memories: readonly PromptMemory[];
  /** Of what its owner gave it to know, best first. */
  knowledge?: readonly PromptPassage[];
  /** Oldest first, without the trigger. */
  history: readonly PromptHistoryMessage[];
  trigger: LlmTrigger & { at?: string };
  /** Nobody has addressed the agent: the trigger is what it may speak about first. */
  unasked?: boolean;
  /** ISO 8601, if the agent should know the time without asking. */
  now?: string;
  /** Tokens for system and messages together; tool definitions and the answer are not in it. */
  budgetTokens: number;
}

export interface AssembledPrompt {
  system: string;
  messages: LlmMessage[];
  /** For LlmRequest.trigger. */
  trigger: LlmTrigger;
  report: PromptReport;
}

export interface PromptReport {
  estimatedTokens: number;
  historyKept: number;
  historyDropped: number;
  memoriesKept: number;
  memoriesDropped: number;
}

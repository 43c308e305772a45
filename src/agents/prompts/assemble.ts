// Builds the prompt of a turn from typed parts within a token budget. Trusted text goes to the system text; everything others wrote
// goes into data sections. Must never drop the trigger, and must never let outside text leave its section.
import { estimateTokens, type LlmMessage, MESSAGE_OVERHEAD_TOKENS } from '../llm/llm.ts';
import { describePersonality } from './personality.ts';
import type {
  AssembledPrompt,
  PromptHistoryMessage,
  PromptInput,
  PromptMember,
  PromptMemory,
  PromptPassage,
} from './prompts.ts';
import {
  capText,
  cleanText,
  renderItem,
  renderSection,
  renderSections,
  type Section,
  type SectionItem,
} from './sections.ts';
import { fillTemplate } from './templates.ts';

/** Characters, per text. */
const CAPS = {
  name: 80,
  topic: 500,
  memory: 600,
  passage: 1500,
  message: 4000,
  trigger: 16_000,
  description: 1000,
  instructions: 16_000,
};
const MAX_MEMBERS = 40;
const MAX_MEMORIES = 20;
/** From whom a trigger is that nobody wrote. */
const NOBODY = 'nobody';
/** Of what the system text and the trigger leave. */
const MEMORY_SHARE = 0.35;
const KNOWLEDGE_SHARE = 0.35;
const MEMBER_SHARE = 0.2;

/**
 * System text and trigger always go in; then members, then memories and knowledge in the order given, then history, newest first, each within
 * its share, so that history is trimmed oldest first. A budget too small for the trigger is exceeded rather than the trigger cut.
 */
export function assemblePrompt(input: PromptInput): AssembledPrompt {
  const system = systemText(input);
  const trigger = {
    text: capText(cleanText(input.trigger.text), CAPS.trigger),
    authorName: input.unasked === true ? NOBODY : capName(input.trigger.authorName),
    ...(input.unasked === true ? { unasked: true } : {}),
  };
  const room = roomSection(input.room);
  const triggerSection: Section = {
    name: 'trigger',
    items: [item({ from: trigger.authorName, at: input.trigger.at }, trigger.text)],
  };
  let left =
    input.budgetTokens - estimateTokens(system) - cost(room) - cost(triggerSection) - MESSAGE_OVERHEAD_TOKENS;

  const members = take(input.members.slice(0, MAX_MEMBERS).map(memberItem), left * MEMBER_SHARE);
  left -= members.tokens;
  const memories = take(input.memories.slice(0, MAX_MEMORIES).map(memoryItem), left * MEMORY_SHARE);
  left -= memories.tokens;
  const knowledge = take((input.knowledge ?? []).map(passageItem), left * KNOWLEDGE_SHARE);
  left -= knowledge.tokens;
  const recent = input.history.map(historyItem).reverse();
  const history = take(recent, left, true);
  const kept = input.history.slice(input.history.length - history.items.length);

  const last: Section[] = [room];
  if (members.items.length > 0) last.push({ name: 'members', items: members.items });
  if (memories.items.length > 0) last.push({ name: 'memories', items: memories.items });
  if (knowledge.items.length > 0) last.push({ name: 'knowledge', items: knowledge.items });
  const messages = toTurns(kept, last, triggerSection);
  return {
    system,
    messages,
    trigger,
    report: {
      estimatedTokens:
        estimateTokens(system) + messages.reduce((sum, message) => sum + turnTokens(message), 0),
      historyKept: kept.length,
      historyDropped: input.history.length - kept.length,
      memoriesKept: memories.items.length,
      memoriesDropped: input.memories.length - memories.items.length,
    },
  };
}

/**
 * Own messages become assistant turns and what lies between them user turns of history; a leading own message stays history,
 * because the first turn must be the user's. The last user turn also holds room, members, memories and trigger.
 */
function toTurns(
  history: readonly PromptHistoryMessage[],
  context: Section[],
  trigger: Section,
): LlmMessage[] {
  const messages: LlmMessage[] = [];
  let pending: SectionItem[] = [];
  for (const message of history) {
    const text = capText(cleanText(message.text), CAPS.message);
    const last = messages.at(-1);
    if (!message.own || text.trim() === '' || (pending.length === 0 && messages.length === 0)) {
      pending.push(historyItem(message));
    } else if (pending.length === 0 && last?.role === 'assistant') {
      last.content.push({ type: 'text', text: `\n\n${text}` });
    } else {
      messages.push(userTurn([{ name: 'history', items: pending }]));
      pending = [];
      messages.push({ role: 'assistant', content: [{ type: 'text', text }] });
    }
  }
  const sections =
    pending.length > 0
      ? [...context, { name: 'history' as const, items: pending }, trigger]
      : [...context, trigger];
  messages.push(userTurn(sections));
  return messages;
}

function userTurn(sections: Section[]): LlmMessage {
  return { role: 'user', content: [{ type: 'text', text: renderSections(sections) }] };
}

function systemText({ profile, now, unasked = false }: PromptInput): string {
  const instructions = capText(cleanText(profile.systemPrompt ?? ''), CAPS.instructions).trim();
  return fillTemplate('system', {
    name: oneLine(profile.name),
    handle: oneLine(profile.handle),
    description: capText(cleanText(profile.description ?? ''), CAPS.description).trim(),
    personality: profile.personality ? cleanText(describePersonality(profile.personality)) : '',
    instructions: instructions === '' ? '' : `Your owner's instructions:\n${instructions}`,
    unasked: unasked ? fillTemplate('unasked', {}) : '',
    now: now === undefined ? '' : `- It is now ${oneLine(now)}.`,
  });
}

function roomSection(room: PromptInput['room']): Section {
  return {
    name: 'room',
    items: [
      item({ name: capName(room.name), kind: room.kind }, capText(cleanText(room.topic ?? ''), CAPS.topic)),
    ],
  };
}

const memberItem = (member: PromptMember): SectionItem =>
  item({ handle: capName(member.handle), kind: member.kind }, capName(member.name));

const memoryItem = (memory: PromptMemory): SectionItem =>
  item({ kind: memory.kind, at: memory.at }, capText(cleanText(memory.content), CAPS.memory));

const passageItem = (passage: PromptPassage): SectionItem =>
  item({ title: capName(passage.title) }, capText(cleanText(passage.text), CAPS.passage));

function historyItem(message: PromptHistoryMessage): SectionItem {
  const attributes = {
    from: capName(message.authorName),
    own: message.own ? 'true' : undefined,
    at: message.at,
  };
  return item(attributes, capText(cleanText(message.text), CAPS.message));
}

function item(attributes: Record<string, string | undefined>, text: string): SectionItem {
  const given = Object.entries(attributes).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { attributes: Object.fromEntries(given), text };
}

const capName = (name: string): string => capText(cleanText(name), CAPS.name);
const oneLine = (text: string): string => capName(text).replace(/\s+/g, ' ').trim();

const cost = (section: Section): number => estimateTokens(renderSection(section)) + 1;

function turnTokens(message: LlmMessage): number {
  const text = message.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  return estimateTokens(text) + MESSAGE_OVERHEAD_TOKENS;
}

/** What opening a section, or a turn with one, may cost at most. */
const WRAPPER_TOKENS = 24;

/** The first items that fit. `wrapped`: each may need a turn and a section of its own, as between the agent's own messages. */
function take(
  items: SectionItem[],
  budget: number,
  wrapped = false,
): { items: SectionItem[]; tokens: number } {
  const taken: SectionItem[] = [];
  let tokens = wrapped ? 0 : WRAPPER_TOKENS;
  for (const candidate of items) {
    const price = estimateTokens(renderItem(candidate)) + 1 + (wrapped ? WRAPPER_TOKENS : 0);
    if (tokens + price > budget) break;
    taken.push(candidate);
    tokens += price;
  }
  return { items: taken, tokens: taken.length === 0 ? 0 : tokens };
}

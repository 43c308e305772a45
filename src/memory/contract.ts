// The wire of memories: what an agent remembers, for whoever answers for the agent.
import { z } from 'zod';
import { defineOperation } from '../core/contract.ts';
import { Id, Page, Timestamp } from '../server/identity/contract.ts';

export const MemoryTypeName = z.enum(['conversation', 'fact', 'preference', 'skill']);

/** How one comes by it: what happened, what is so, how things are done, who is what to whom. */
export const MemoryKindName = z.enum(['episodic', 'semantic', 'procedural', 'social']);

export const Memory = z.object({
  id: Id,
  agentId: Id,
  memoryType: MemoryTypeName,
  /** The family it belongs to: by its type, unless somebody said otherwise. */
  kind: MemoryKindName,
  /** What it is made of: a turn cites a message, a fact turns, an episode, a card of a person and a note facts. */
  layer: z.enum(['turn', 'fact', 'episode', 'relationship', 'note']),
  content: z.string(),
  /** 0 to 1. */
  importanceScore: z.number(),
  context: z.record(z.string(), z.unknown()),
  /** Where and from whom it came. */
  source: z.object({
    roomId: Id.optional(),
    messageId: Id.optional(),
    runId: Id.optional(),
    speakerId: Id.optional(),
    /** Whom it is about. */
    subjectId: Id.optional(),
    /** Memories it was made from. */
    memoryIds: z.array(Id),
  }),
  /** Who may be told: everyone, or those who were and are in the room it comes from. */
  audience: z.enum(['everyone', 'room']),
  /** Where its word comes from; what is quarantined is not used until its owner or somebody else confirms it. */
  trust: z.enum(['owner', 'told', 'extracted', 'quarantined']),
  consent: z.enum(['explicit', 'granted']),
  state: z.enum(['active', 'cold', 'archived']),
  pinned: z.boolean(),
  /** Lies sealed in the database. */
  sensitive: z.boolean(),
  validFrom: Timestamp.optional(),
  /** Until when it was true; absent while it is. */
  validTo: Timestamp.optional(),
  supersededBy: Id.optional(),
  dueAt: Timestamp.optional(),
  /** When it was said. */
  occurredAt: Timestamp,
  createdAt: Timestamp,
  updatedAt: Timestamp,
  accessedAt: Timestamp,
  accessCount: z.number().int(),
});
export type Memory = z.infer<typeof Memory>;

/** Characters of one memory. */
export const MAX_MEMORY_CHARS = 4000;

const Content = z.string().trim().min(1, 'needs at least one character').max(MAX_MEMORY_CHARS);
const Context = z
  .record(z.string().max(64), z.unknown())
  .refine((value) => JSON.stringify(value).length <= 4096, 'has at most 4096 characters as JSON');
const fields = {
  memoryType: MemoryTypeName.optional(),
  kind: MemoryKindName.optional(),
  importanceScore: z.number().min(0).max(1).optional(),
  context: Context.optional(),
  /** Sealed in the database; found out from the words when left out. */
  sensitive: z.boolean().optional(),
  /** Never fades. */
  pinned: z.boolean().optional(),
};
const agent = { agentId: Id };
const tag = 'Memory';

export const listMemories = defineOperation({
  name: 'memories.list',
  summary: 'What an agent remembers, oldest first (its owner, or an administrator)',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/memories' },
  socket: 'list_memories',
  input: z.object({
    ...agent,
    ...Page,
    memoryType: MemoryTypeName.optional(),
    kind: MemoryKindName.optional(),
  }),
  output: z.object({ data: z.array(Memory), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const addMemory = defineOperation({
  name: 'memories.add',
  summary: 'Give an agent a memory; one it has already is answered as it is',
  tag,
  rest: { method: 'post', path: '/api/agents/:agentId/memories', status: 201 },
  socket: 'add_memory',
  input: z.strictObject({ ...agent, content: Content, ...fields }),
  output: Memory,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'memories.write', points: 600, seconds: 60 },
});

export const updateMemory = defineOperation({
  name: 'memories.update',
  summary: 'Correct a memory',
  tag,
  rest: { method: 'put', path: '/api/memories/:memoryId' },
  socket: 'update_memory',
  input: z.strictObject({
    memoryId: Id,
    content: Content.optional(),
    ...fields,
    /** Lets a memory out of quarantine. */
    confirmed: z.literal(true).optional(),
  }),
  output: Memory,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'memories.write', points: 600, seconds: 60 },
});

export const deleteMemory = defineOperation({
  name: 'memories.delete',
  summary: 'Make an agent forget a memory',
  tag,
  rest: { method: 'delete', path: '/api/memories/:memoryId' },
  socket: 'delete_memory',
  input: z.object({ memoryId: Id }),
  output: z.object({ deleted: z.literal(true) }),
  permission: 'signed_in',
  effect: 'irreversible',
});

/** Why a memory is not in an answer. */
const WithheldReason = z.enum([
  'audience',
  'quarantined',
  'superseded',
  'other_type',
  'other_kind',
  'other_time',
  'below_threshold',
  'over_limit',
  'restated',
  'source_gone',
]);

/** How a memory came by its score. */
const Scores = z.object({
  channels: z.record(z.string(), z.object({ raw: z.number().optional(), z: z.number(), part: z.number() })),
  recency: z.number(),
  importance: z.number(),
  /** What alone would have let it in; `asker`: the asker wants it of every answer. */
  admittedBy: z.array(z.string()),
});

export const searchMemories = defineOperation({
  name: 'memories.search',
  summary: "Search an agent's memories by words and meaning, with the scores that admitted each",
  tag,
  rest: { method: 'post', path: '/api/agents/:agentId/memories/search' },
  socket: 'search_memories',
  input: z.strictObject({
    ...agent,
    query: z.string().trim().min(1).max(1000),
    memoryTypes: z.array(MemoryTypeName).max(4).optional(),
    kinds: z.array(MemoryKindName).max(4).optional(),
    limit: z.coerce.number().int().min(1).max(50).default(10),
    /** Cosine below which meaning alone admits nothing. */
    minSimilarity: z.number().min(0).max(1).optional(),
    /** When it was said. */
    timeRange: z.strictObject({ from: Timestamp.optional(), to: Timestamp.optional() }).optional(),
    /** Finds what an answer in this room could use: only what all who read there may know. */
    readersOf: Id.optional(),
    /** With the scores of each search, and why other memories are not in the answer. */
    explain: z.boolean().default(false),
  }),
  output: z.object({
    data: z.array(
      z.object({
        memory: Memory,
        /** Cosine, -1 to 1; absent when only words matched. */
        similarity: z.number().optional(),
        relevanceScore: z.number(),
        admittedBy: z.array(z.string()),
        explain: Scores.optional(),
      }),
    ),
    /** True when there were candidates and none was good enough. */
    abstained: z.boolean(),
    /** At most 200. */
    withheld: z
      .array(
        z.object({
          id: Id,
          reason: WithheldReason,
        }),
      )
      .optional(),
  }),
  permission: 'signed_in',
  effect: 'read',
});

export const explainRecall = defineOperation({
  name: 'memories.explain',
  summary:
    'What an answer would recall and why, and why not the rest (its owner, or an administrator; of a room, who sees it)',
  tag,
  rest: { method: 'post', path: '/api/agents/:agentId/memories/explain' },
  socket: 'explain_recall',
  input: z.strictObject({
    ...agent,
    /** What would be asked. */
    query: z.string().trim().min(1).max(1000),
    /** Where it would be answered: only what all who read there may know. */
    roomId: Id.optional(),
    /** Who would ask. */
    askerId: Id.optional(),
    limit: z.coerce.number().int().min(1).max(50).default(8),
  }),
  output: z.object({
    /** True when there were candidates and none was good enough. */
    abstained: z.boolean(),
    /** What is recalled, best first, then what is withheld, nearest first; at most 200 of the latter. */
    data: z.array(
      z.object({
        memory: Memory,
        verdict: z.enum(['recalled', 'withheld']),
        reason: WithheldReason.optional(),
        /** Absent for what may not be used at all: it is not looked at. */
        score: z.number().optional(),
        explain: Scores.optional(),
      }),
    ),
    /** How many are withheld, by reason, all of them. */
    withheld: z.record(z.string(), z.number().int()),
  }),
  permission: 'signed_in',
  effect: 'read',
});

export const listQuarantined = defineOperation({
  name: 'memories.list_quarantined',
  summary:
    'What an agent has from tools, pages and other agents and does not use until it is confirmed (its owner, or an administrator)',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/memories/quarantine' },
  socket: 'list_quarantined_memories',
  input: z.object({ ...agent, ...Page }),
  output: z.object({
    data: z.array(
      z.object({
        memory: Memory,
        /** Whose word it is: `tools`, or `agents:` and the id of who answers for them. Two of them confirm it. */
        sources: z.array(z.string()),
      }),
    ),
    nextCursor: z.string().optional(),
  }),
  permission: 'signed_in',
  effect: 'read',
});

export const confirmMemory = defineOperation({
  name: 'memories.confirm',
  summary:
    "Let a memory out of quarantine; deleting it is the other answer (its agent's owner, or an administrator)",
  tag,
  rest: { method: 'post', path: '/api/memories/:memoryId/confirm' },
  socket: 'confirm_memory',
  input: z.object({ memoryId: Id }),
  output: Memory,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'memories.write', points: 600, seconds: 60 },
});

export const MemoryConsent = z.object({
  /** `none`: only what he asks to be remembered is kept. */
  status: z.enum(['none', 'granted', 'refused']),
  updatedAt: Timestamp.optional(),
});
export type MemoryConsent = z.infer<typeof MemoryConsent>;

/** What was done, in numbers only. */
export const MemoryReceipt = z.object({
  id: Id,
  agentId: Id,
  action: z.enum(['forget', 'correct', 'consent']),
  counts: z.record(z.string(), z.number()),
  createdAt: Timestamp,
});
export type MemoryReceipt = z.infer<typeof MemoryReceipt>;

export const aboutMe = defineOperation({
  name: 'memories.about_me',
  summary: 'What an agent knows from you, and about you where you may know it',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/memories/about-me' },
  socket: 'what_you_know',
  input: z.object(agent),
  output: z.object({ data: z.array(Memory) }),
  permission: 'signed_in',
  effect: 'read',
});

export const forgetMe = defineOperation({
  name: 'memories.forget_me',
  summary: 'Make an agent forget all you told it and all about you, with everything made from it',
  tag,
  rest: { method: 'delete', path: '/api/agents/:agentId/memories/about-me' },
  socket: 'forget_me',
  input: z.object(agent),
  output: MemoryReceipt,
  permission: 'signed_in',
  effect: 'irreversible',
});

export const correctMemory = defineOperation({
  name: 'memories.correct',
  summary: 'Correct what an agent remembers from you',
  tag,
  rest: { method: 'put', path: '/api/agents/:agentId/memories/about-me/:memoryId' },
  socket: 'correct_memory',
  input: z.strictObject({ ...agent, memoryId: Id, content: Content }),
  output: z.object({ memory: Memory, receipt: MemoryReceipt }),
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'memories.write', points: 600, seconds: 60 },
});

export const getConsent = defineOperation({
  name: 'memories.get_consent',
  summary: 'Whether an agent may keep what you say without being asked to',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/memories/consent' },
  socket: 'get_memory_consent',
  input: z.object(agent),
  output: MemoryConsent,
  permission: 'signed_in',
  effect: 'read',
});

export const setConsent = defineOperation({
  name: 'memories.set_consent',
  summary: 'Allow an agent to keep what you say, or forbid it and erase what it kept that way',
  tag,
  rest: { method: 'put', path: '/api/agents/:agentId/memories/consent' },
  socket: 'set_memory_consent',
  input: z.strictObject({ ...agent, status: z.enum(['granted', 'refused']) }),
  output: MemoryConsent.extend({ receipt: MemoryReceipt }),
  permission: 'signed_in',
  effect: 'reversible',
});

export const listReceipts = defineOperation({
  name: 'memories.list_receipts',
  summary: 'Receipts of what an agent forgot, corrected or was allowed at your word, newest first',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/memories/receipts' },
  socket: 'list_memory_receipts',
  input: z.object(agent),
  output: z.object({ data: z.array(MemoryReceipt) }),
  permission: 'signed_in',
  effect: 'read',
});

export const reviewMemories = defineOperation({
  name: 'memories.review',
  summary:
    'Let memories fade as they do every day, or only say what would happen (its owner, or an administrator)',
  tag,
  rest: { method: 'post', path: '/api/agents/:agentId/memories/review' },
  socket: 'review_memories',
  input: z.strictObject({ ...agent, dryRun: z.boolean().default(true) }),
  output: z.object({
    dryRun: z.boolean(),
    counts: z.object({
      kept: z.number().int(),
      cold: z.number().int(),
      archived: z.number().int(),
      deleted: z.number().int(),
    }),
    /** At most 200. */
    changes: z.array(
      z.object({
        id: Id,
        from: z.string(),
        to: z.enum(['active', 'cold', 'archived', 'deleted']),
        /** 0 to 1; below 0.2 a memory is cold, below 0.05 and past retention archived. */
        strength: z.number(),
      }),
    ),
  }),
  permission: 'signed_in',
  effect: 'irreversible',
});

export const setRetention = defineOperation({
  name: 'memories.set_retention',
  summary:
    'After how many days faded memories are deleted; null keeps them archived (its owner, or an administrator)',
  tag,
  rest: { method: 'put', path: '/api/agents/:agentId/memories/retention' },
  socket: 'set_memory_retention',
  input: z.strictObject({ ...agent, retentionDays: z.number().int().min(1).max(3650).nullable() }),
  output: z.object({ retentionDays: z.number().int().nullable() }),
  permission: 'signed_in',
  effect: 'reversible',
});

export const rotateMemoryKeys = defineOperation({
  name: 'memories.rotate_keys',
  summary: 'Seal sensitive memories under new keys and destroy the old ones (its owner, or an administrator)',
  tag,
  rest: { method: 'post', path: '/api/agents/:agentId/memories/rotate-keys' },
  socket: 'rotate_memory_keys',
  input: z.object(agent),
  output: z.object({ keys: z.number().int(), memories: z.number().int() }),
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'memories.rotate', points: 6, seconds: 60 },
});

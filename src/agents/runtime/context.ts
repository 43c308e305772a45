// What a run's prompt is made from, read under the agent's own scope: it sees what a member sees and no more.
// Must never read beyond the trigger, so that a resumed run builds the same prompt.
import type { Scope } from '../../core/scope.ts';
import type { Memory, MemoryHolder, MemoryService } from '../../memory/service.ts';
import type { Message } from '../../server/messages/contract.ts';
import type { MessagesService } from '../../server/messages/service.ts';
import type { RoomsService } from '../../server/rooms/service.ts';
import type { AgentRow } from '../profiles/service.ts';
import { type AssembledPrompt, assemblePrompt } from '../prompts/prompts.ts';
import type { PassageRef, TrainingService } from '../training/service.ts';

export interface ContextDeps {
  rooms: RoomsService;
  messages: MessagesService;
  memory: MemoryService;
  training: Pick<TrainingService, 'recall' | 'passages'>;
}

/** Where a run takes place: what its agent sees of the room up to the message that began it. */
export interface Scene {
  room: Awaited<ReturnType<RoomsService['sight']>>['row'];
  members: Awaited<ReturnType<RoomsService['sight']>>['members'];
  trigger: Message;
  /** Before the trigger, oldest first. */
  history: Message[];
}

export interface ContextInput {
  agent: AgentRow;
  scene: Scene;
  memoryIds: readonly string[];
  /** Those of these ids, where they were chosen just now. */
  memories?: readonly Memory[] | undefined;
  passages: readonly PassageRef[];
  /** ISO 8601. */
  now: string;
  /** How often it was too long for a model; each time it gets a third of what it had. */
  shrunk?: number | undefined;
}

const HISTORY = 40;
const MEMBERS = 40;
const MEMORIES = 8;
const PASSAGES = 3;
/** System text and messages together; tool definitions and the answer come on top. */
const BUDGET_TOKENS = 8000;

export type Context = ReturnType<typeof createContext>;

export function createContext({ rooms, messages, memory, training }: ContextDeps) {
  return {
    /**
     * @param given a trigger that stands nowhere in the room
     * @throws AppError not_found when the agent may not see it any more
     */
    async scene(
      scope: Scope,
      { roomId, triggerMessageId }: { roomId: string; triggerMessageId: string },
      given?: Message,
    ): Promise<Scene> {
      const upToIt = async () => {
        if (given === undefined)
          return messages.leadingTo(scope, { roomId, messageId: triggerMessageId, limit: HISTORY });
        const { data } = await messages.list(scope, { roomId, before: given.seq, limit: HISTORY });
        return { message: given, before: data };
      };
      const [{ row: room, members }, { message: trigger, before }] = await Promise.all([
        rooms.sight(scope, roomId, MEMBERS),
        upToIt(),
      ]);
      return { room, members, trigger, history: before };
    },

    /** The memories that bear on a message, best first. */
    async recall(holder: MemoryHolder, trigger: Message, signal: AbortSignal): Promise<Memory[]> {
      const query = `${trigger.author.name}: ${trigger.body}`.slice(0, 1000);
      const readers = { roomId: trigger.roomId };
      const askerId = trigger.author.id;
      const { items } = await memory.recall(holder, query, { limit: MEMORIES, readers, askerId, signal });
      return items.map((item) => item.memory);
    },

    /** Passages of what it was trained with that bear on a message. */
    knowledge: (holder: MemoryHolder, trigger: Message, signal: AbortSignal): Promise<PassageRef[]> =>
      training.recall(holder, trigger.body, PASSAGES, signal),

    async prompt({
      agent,
      scene: { room, members, trigger, history },
      memoryIds,
      memories: chosen,
      passages,
      now,
      shrunk = 0,
    }: ContextInput): Promise<AssembledPrompt> {
      const holder = { tenantId: agent.tenantId, agentId: agent.id };
      // Asked again where they were chosen a while ago: someone may have come into the room since.
      const memories =
        chosen ??
        (memoryIds.length === 0 ? [] : await memory.byIds(holder, [...memoryIds], { roomId: room.id }));
      return assemblePrompt({
        profile: {
          name: agent.name,
          handle: agent.handle,
          ...(agent.description === null ? {} : { description: agent.description }),
          systemPrompt: agent.systemPrompt,
          personality: agent.personality,
        },
        room: { name: room.name, kind: room.kind, ...(room.topic === null ? {} : { topic: room.topic }) },
        members: members.map(({ user }) => ({ name: user.name, handle: user.handle, kind: user.kind })),
        memories: memories.map(({ content, memoryType, createdAt }) => ({
          content,
          kind: memoryType,
          at: createdAt,
        })),
        knowledge: (passages.length === 0 ? [] : await training.passages(holder, passages)).map(
          ({ title, content }) => ({
            title,
            text: content,
          }),
        ),
        history: history
          .filter((message) => message.deletedAt === undefined && message.body.trim() !== '')
          .map((message) => ({
            authorName: message.author.name,
            own: message.author.id === agent.id,
            text: message.body,
            at: message.createdAt,
          })),
        trigger: { text: trigger.body, authorName: trigger.author.name, at: trigger.createdAt },
        // Only the server makes such messages.
        unasked: trigger.kind === 'system' && trigger.metadata.opening !== undefined,
        now,
        budgetTokens: Math.floor(BUDGET_TOKENS / 3 ** shrunk),
      });
    },
  };
}

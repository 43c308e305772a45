// Conversations with agents: one is begun by writing to the agent alone; each is summed up by a job after every answer, from the
// words of those who let the agent remember. Must never show a room's words to anyone who is not in it.
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { JobDef, Jobs } from '../../core/jobs.ts';
import type { Scope } from '../../core/scope.ts';
import type { Message } from '../../server/messages/contract.ts';
import type { MessageSent } from '../../server/messages/service.ts';
import type { Conversation, chat, listConversations } from './contract.ts';
import * as repo from './repository.ts';
import type { Cited } from './tables.ts';

export type ConversationsService = ReturnType<typeof createConversations>;

export interface ConversationsDeps {
  database: Database;
  events: Events;
  jobs: Jobs;
  profiles: {
    requireAgent(scope: Scope, agentId: string): Promise<{ createdBy: string | null }>;
    answersFor(scope: Scope, agent: { createdBy: string | null }): boolean;
  };
  openDirect(scope: Scope, userIds: string[]): Promise<{ id: string }>;
  messages: {
    send(scope: Scope, input: { roomId: string; body: string; id?: string | undefined }): Promise<Message>;
    get(scope: Scope, id: string): Promise<Message>;
  };
  /** What the floor controller decided about a message, and the answer that it will have. */
  answerTo(
    tenantId: string,
    agentId: string,
    message: { id: string; roomId: string },
  ): Promise<{ reason: string; runId?: string; replyMessageId?: string }>;
  /** The sentences that say most of a text, in their order. */
  keySentences(text: string, count: number): string[];
}

const JOB = 'agents.conversation';
const SUMMARY_MESSAGES = 100;
const SUMMARY_SENTENCES = 5;
/** People of one conversation whose dealings with the agent are kept. */
const MOST_PEOPLE = 100;

export function createConversations(deps: ConversationsDeps) {
  const { database, events, jobs, profiles, messages } = deps;
  const { db } = database;

  /** A job for each of these places; it may as well run twice. */
  const noteLater = (tx: Tx, places: repo.Place[]): Promise<void> =>
    jobs.enqueue<repo.Place>(tx, { name: JOB }, places);

  events.on<MessageSent>('message.sent', async (tx, sent) => {
    const places = new Map<string, repo.Place>();
    for (const { tenantId, message } of sent) {
      if (message.kind !== 'agent') continue;
      const { roomId, author } = message;
      places.set(`${author.id}:${roomId}`, { tenantId, agentId: author.id, roomId });
    }
    if (places.size > 0) await noteLater(tx, [...places.values()]);
  });

  function sumUp(said: { id: string; body: string }[]): Cited[] {
    const chosen = deps.keySentences(said.map(({ body }) => body).join('\n'), SUMMARY_SENTENCES);
    const cited: Cited[] = [];
    let at = 0;
    for (const sentence of chosen) {
      // In the order of the text; what stands twice is cited where it stands first.
      const index = said.findIndex(({ body }, i) => i >= at && body.includes(sentence));
      const message = said[index];
      if (message === undefined) continue;
      at = index;
      const from = message.body.indexOf(sentence);
      cited.push({ messageId: message.id, from, to: from + sentence.length });
    }
    return cited;
  }

  const job: JobDef<repo.Place> = {
    name: JOB,
    retryLimit: 3,
    expireInSeconds: 60,
    concurrency: 1,
    direct: true,
    handle: (place) =>
      database.transaction(async (tx) => {
        const { answers, lastId, lastAt } = await repo.countAnswers(tx, place);
        if (answers === 0) return;
        await repo.save(tx, {
          ...place,
          id: newId(),
          messageCount: answers * 2,
          lastMessageId: lastId,
          lastMessageAt: lastAt,
          relationships: await repo.readRelationships(tx, place, MOST_PEOPLE),
          summary: sumUp(await repo.listAllowed(tx, place, SUMMARY_MESSAGES)),
        });
      }),
  };

  async function view(
    scope: Scope,
    row: repo.ConversationRow & { roomName: string; visible: boolean },
    answersFor: boolean,
  ): Promise<Conversation> {
    const relationships = Object.entries(row.relationshipData)
      .filter(([userId]) => answersFor || userId === scope.user.id)
      .map(([userId, known]) => ({ userId, ...known }));
    const plain = {
      id: row.id,
      agentId: row.agentId,
      roomId: row.roomId,
      ...(row.lastMessageAt === null ? {} : { lastMessageAt: row.lastMessageAt.toISOString() }),
      messageCount: row.messageCount,
      relationships,
    };
    if (!row.visible) return plain;
    const bodies = await repo.readCited(db, scope.tenantId, {
      agentId: row.agentId,
      messageIds: row.conversationSummary.map(({ messageId }) => messageId),
      since: row.updatedAt,
    });
    const summary = row.conversationSummary
      .flatMap(({ messageId, from, to }) => bodies.get(messageId)?.slice(from, to) ?? [])
      .join(' ');
    const lastMessage =
      row.lastMessageId === null ? undefined : await messages.get(scope, row.lastMessageId).catch(orNothing);
    return {
      ...plain,
      roomName: row.roomName,
      ...(summary === '' ? {} : { summary }),
      ...(lastMessage === undefined ? {} : { lastMessage }),
    };
  }

  return {
    job,
    noteLater,

    async chat(scope: Scope, { agentId, message: body, id }: InputOf<typeof chat>) {
      await profiles.requireAgent(scope, agentId);
      const room = await deps.openDirect(scope, [agentId]);
      const message = await messages.send(scope, { roomId: room.id, body, id });
      const { reason, runId, replyMessageId } = await deps.answerTo(scope.tenantId, agentId, message);
      if (runId === undefined || replyMessageId === undefined) return { message, silentBecause: reason };
      const { roomId } = message;
      return { message, reply: { runId, messageId: replyMessageId, roomId, topic: `room:${roomId}` } };
    },

    async list(scope: Scope, { agentId, limit, cursor }: InputOf<typeof listConversations>) {
      const agent = await profiles.requireAgent(scope, agentId);
      const answersFor = profiles.answersFor(scope, agent);
      const rows = await repo.list(db, scope.tenantId, agentId, {
        viewerId: scope.user.id,
        onlyTheirs: !answersFor,
        beforeId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const data: Conversation[] = [];
      for (const row of rows.slice(0, limit)) data.push(await view(scope, row, answersFor));
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },
  };
}

function orNothing(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'not_found') return undefined;
  throw error;
}

// What people think of an agent's answers, and what follows: how readily it speaks in that room and how strong its memories are move
// within bounds; its settings change only when those who answer for it accept a suggestion.
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { Message } from '../../server/messages/contract.ts';
import type { Agent } from '../profiles/contract.ts';
import type { agentFeedback, decideSuggestion, Feedback, listFeedback, Suggestion } from './contract.ts';
import { changeFor, readinessFrom, type SuggestionKind, suggestionsFrom } from './learning.ts';
import * as repo from './repository.ts';

export type FeedbackService = ReturnType<typeof createFeedback>;

export interface FeedbackDeps {
  database: Database;
  getMessage(scope: Scope, id: string): Promise<Message>;
  requireMember(scope: Scope, roomId: string): Promise<unknown>;
  /** Throws unless the caller answers for the agent. */
  requireOwned(scope: Scope, agentId: string): Promise<unknown>;
  getAgent(scope: Scope, agentId: string): Promise<Agent>;
  /** @param within in the same transaction */
  updateAgent(
    scope: Scope,
    change: { agentId: string } & Partial<Pick<Agent, 'personality' | 'responseMode'>>,
    within: (tx: Tx) => Promise<void>,
  ): Promise<Agent>;
  /** Memories that a run was given. */
  memoriesOf(tenantId: string, runId: string): Promise<string[]>;
  /** Makes memories stronger or weaker, inside `tx`. */
  weigh(tx: Tx, holder: { tenantId: string; agentId: string }, ids: string[], by: number): Promise<void>;
  /** What is kept of the conversation is counted anew. */
  noteLater(tx: Tx, places: { tenantId: string; agentId: string; roomId: string }[]): Promise<void>;
}

/** How much one person's word moves the importance of a memory. */
const MEMORY_STEP = 0.05;
const KINDS: SuggestionKind[] = ['shorter', 'longer', 'speak_less', 'kinder', 'teach'];

const suggestionNotFound = () =>
  notFound('suggestion_not_found', 'There is no such suggestion, or it is not about an agent of yours.');

export function createFeedback(deps: FeedbackDeps) {
  const { database, requireOwned } = deps;
  const { db } = database;

  async function suggest(tx: Tx, holder: { tenantId: string; agentId: string }): Promise<void> {
    for (const kind of KINDS) {
      const complaints = await repo.listComplaints(tx, holder, kind);
      const found = suggestionsFrom(complaints).find((suggestion) => suggestion.kind === kind);
      if (found !== undefined) await repo.putSuggestion(tx, { ...holder, ...found, id: newId() });
    }
  }

  return {
    async give(scope: Scope, { messageId, rating, comment }: InputOf<typeof agentFeedback>) {
      const message = await deps.getMessage(scope, messageId);
      await deps.requireMember(scope, message.roomId);
      if (scope.user.kind !== 'human')
        throw new AppError('forbidden', 'humans_only', 'Only people give feedback.');
      if (message.kind !== 'agent' || message.run === undefined)
        throw new AppError('invalid', 'not_an_answer', 'messageId: is no answer of an agent.');
      const { tenantId } = scope;
      const { roomId, author } = message;
      const holder = { tenantId, agentId: author.id };
      const memoryIds = await deps.memoriesOf(tenantId, message.run.id);
      await database.transaction(async (tx) => {
        await repo.lockAgent(tx, holder);
        const before = await repo.find(tx, tenantId, messageId, scope.user.id);
        if (rating === 0) await repo.remove(tx, tenantId, messageId, scope.user.id);
        else
          await repo.put(tx, {
            ...holder,
            messageId,
            roomId,
            userId: scope.user.id,
            rating,
            comment: comment ?? null,
            memoryIds,
          });
        const moved = rating - (before?.rating ?? 0);
        if (moved !== 0) {
          await deps.weigh(tx, holder, before?.memoryIds ?? memoryIds, moved * MEMORY_STEP);
          const opinions = await repo.listOpinions(tx, holder, roomId);
          await repo.setReadiness(tx, holder, roomId, readinessFrom(opinions));
          await deps.noteLater(tx, [{ ...holder, roomId }]);
        }
        if (rating < 0 && comment !== undefined) await suggest(tx, holder);
      });
      return { messageId, agentId: author.id, rating };
    },

    async list(scope: Scope, { agentId, limit, cursor }: InputOf<typeof listFeedback>) {
      await requireOwned(scope, agentId);
      const holder = { tenantId: scope.tenantId, agentId };
      const [messageId = '', userId = ''] = (cursor ?? '').split(':');
      const rows = await repo.list(db, holder, {
        before: isUuid(messageId) && isUuid(userId) ? { messageId, userId } : undefined,
        limit: limit + 1,
      });
      const { liked, disliked } = await repo.count(db, holder);
      const data = rows.slice(0, limit).map(toFeedback);
      const last = data.at(-1);
      return {
        liked,
        disliked,
        ...(liked + disliked === 0 ? {} : { satisfaction: liked / (liked + disliked) }),
        readiness: await repo.listReadiness(db, holder),
        data,
        ...(rows.length > limit && last !== undefined
          ? { nextCursor: `${last.messageId}:${last.userId}` }
          : {}),
      };
    },

    async suggestions(scope: Scope, agentId: string): Promise<{ data: Suggestion[] }> {
      await requireOwned(scope, agentId);
      const agent = await deps.getAgent(scope, agentId);
      const rows = await repo.listSuggestions(db, { tenantId: scope.tenantId, agentId });
      return { data: rows.map((row) => toSuggestion(row, agent)) };
    },

    async decide(
      scope: Scope,
      { suggestionId, accept }: InputOf<typeof decideSuggestion>,
    ): Promise<Suggestion> {
      const { tenantId } = scope;
      const row = await repo.findSuggestion(db, tenantId, suggestionId);
      if (row === undefined) throw suggestionNotFound();
      const { agentId } = row;
      await requireOwned(scope, agentId).catch((error: unknown) => {
        throw error instanceof AppError && error.code !== 'unavailable' ? suggestionNotFound() : error;
      });
      if (scope.user.kind !== 'human')
        throw new AppError('forbidden', 'humans_only', 'Only a person decides on suggestions.');
      const agent = await deps.getAgent(scope, agentId);
      const settle = async (tx: Tx) => {
        const status = accept ? ('accepted' as const) : ('dismissed' as const);
        if (!(await repo.decide(tx, tenantId, suggestionId, { status, decidedBy: scope.user.id })))
          throw new AppError('conflict', 'decided', 'This suggestion was decided on before.');
      };
      const change = accept ? changeFor(row.kind as SuggestionKind, agent) : {};
      if (Object.keys(change).length === 0) await database.transaction(settle);
      else await deps.updateAgent(scope, { agentId, ...change }, settle);
      const decided = (await repo.findSuggestion(db, tenantId, suggestionId)) ?? row;
      return toSuggestion(decided, agent);
    },
  };
}

const toFeedback = (row: repo.FeedbackRow): Feedback => ({
  messageId: row.messageId,
  agentId: row.agentId,
  roomId: row.roomId,
  userId: row.userId,
  rating: row.rating,
  ...(row.comment === null ? {} : { comment: row.comment }),
  updatedAt: row.updatedAt.toISOString(),
});

const toSuggestion = (row: repo.SuggestionRow, agent: Agent): Suggestion => ({
  id: row.id,
  agentId: row.agentId,
  kind: row.kind as SuggestionKind,
  votes: row.votes,
  change: changeFor(row.kind as SuggestionKind, agent),
  status: row.status,
  createdAt: row.createdAt.toISOString(),
  ...(row.decidedAt === null ? {} : { decidedAt: row.decidedAt.toISOString() }),
});

// What an agent's owner gave it to know: articles, found by any of a question's words. Whoever may talk to the agent may be told
// what they say. Only the owner changes them; the agent itself may search.
import type { InputOf } from '../../core/contract.ts';
import type { Database } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import { isUuid } from '../../server/identity/service.ts';
import type * as c from './contract.ts';
import * as repo from './repository.ts';
import { full, reused } from './service.ts';
import { toArticle } from './view.ts';

export type KnowledgeService = ReturnType<typeof createKnowledge>;

const MOST_ARTICLES = 1000;
const articleNotFound = () => notFound('article_not_found', 'There is no such article, or it is not yours.');

export function createKnowledge(deps: {
  database: Database;
  /** Throws unless the caller answers for the agent. */
  requireOwned(scope: Scope, agentId: string): Promise<unknown>;
  /** Passages of what the agent was trained with, best first. */
  trained(
    holder: { tenantId: string; agentId: string },
    query: string,
    limit: number,
  ): Promise<{ documentId: string; title: string; passage: string; score: number }[]>;
}) {
  const { database, requireOwned } = deps;
  const { db } = database;

  return {
    async list(scope: Scope, { agentId, limit, cursor }: InputOf<typeof c.listKnowledge>) {
      await requireOwned(scope, agentId);
      const rows = await repo.listArticles(db, scope.tenantId, agentId, {
        afterId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const data = rows.slice(0, limit).map(toArticle);
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    async add(scope: Scope, input: InputOf<typeof c.addKnowledge>): Promise<c.Article> {
      const { tenantId } = scope;
      const { agentId, title, body, id = newId() } = input;
      await requireOwned(scope, agentId);
      return database.transaction(async (tx) => {
        if ((await repo.countIn(tx, 'knowledgeArticles', tenantId, { agentId })) >= MOST_ARTICLES)
          throw full('articles', MOST_ARTICLES);
        const made = { id, tenantId, agentId, title, body, createdBy: scope.user.id };
        const row = await repo.insertArticle(tx, made);
        if (row !== undefined) return toArticle(row);
        const there = await repo.findArticle(tx, tenantId, id);
        if (there?.agentId !== agentId || there.body !== body) throw reused();
        return toArticle(there);
      });
    },

    async remove(scope: Scope, id: string): Promise<void> {
      const row = await repo.findArticle(db, scope.tenantId, id);
      if (row === undefined) throw articleNotFound();
      await requireOwned(scope, row.agentId).catch((error: unknown) => {
        throw error instanceof AppError && error.code !== 'unavailable' ? articleNotFound() : error;
      });
      await database.transaction((tx) => repo.remove(tx, 'knowledgeArticles', scope.tenantId, id));
    },

    async search(scope: Scope, { agentId, query, limit }: InputOf<typeof c.searchKnowledge>) {
      if (scope.user.id !== agentId) await requireOwned(scope, agentId);
      const rows = await repo.searchArticles(db, scope.tenantId, agentId, query, limit);
      const trained = await deps.trained({ tenantId: scope.tenantId, agentId }, query, limit);
      const articles = rows.map(({ id, ...row }) => ({ articleId: id, ...row }));
      return { data: inTurn<(typeof articles)[number] | (typeof trained)[number]>(articles, trained, limit) };
    },
  };
}

/** Best of each first: their scores are of different kinds. */
function inTurn<T>(some: readonly T[], others: readonly T[], limit: number): T[] {
  const mixed: T[] = [];
  for (let i = 0; i < Math.max(some.length, others.length); i++)
    for (const one of [some[i], others[i]]) if (one !== undefined) mixed.push(one);
  return mixed.slice(0, limit);
}

// Search over messages: what a member of a room may read there, and nothing else. The statement that finds is the one that checks
// membership, and the one that reads the texts checks it again.
import type { Database } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import type { Scope } from '../../core/scope.ts';
import { type IdentityService, isUuid } from '../identity/service.ts';
import type { MessagesService } from '../messages/service.ts';
import type { SearchLanguage } from '../settings/contract.ts';
import type { SettingsChanged } from '../settings/service.ts';
import type { Found } from './contract.ts';
import { highlightsIn } from './highlights.ts';
import type { Indexer } from './indexer.ts';
import { parseQuery } from './query.ts';
import * as repo from './repository.ts';
import { queryOf } from './words.ts';

export type SearchService = ReturnType<typeof createSearchService>;

/** Steps of the index that one search waits for. */
const MOST_STEPS = 10;

export function createSearchService(deps: {
  database: Database;
  events: Events;
  identity: IdentityService;
  messages: MessagesService;
  indexer: Indexer;
}) {
  const { database, events, identity, messages, indexer } = deps;
  const { db } = database;

  // Stems belong to a language.
  events.on<SettingsChanged>('room_settings.changed', async (tx, changes) => {
    for (const { roomId, before, after } of changes)
      if (before.language !== after.language) await repo.resetMark(tx, roomId);
  });

  async function authors(scope: Scope, handles: string[]): Promise<string[]> {
    const ids: string[] = [];
    for (const handle of handles) {
      const user =
        handle.toLowerCase() === 'me' ? scope.user : await identity.findByHandle(scope.tenantId, handle);
      if (user === undefined)
        throw new AppError('invalid', 'unknown_person', `from:${handle} names nobody; write from:@handle.`);
      ids.push(user.id);
    }
    return ids;
  }

  async function rooms(scope: Scope, keys: string[]): Promise<string[]> {
    if (keys.length === 0) return [];
    const ids = keys.filter(isUuid).map((key) => key.toLowerCase());
    const slugs = keys.filter((key) => !isUuid(key));
    const found = await repo.findMyRooms(db, scope.tenantId, scope.user.id, ids, slugs);
    for (const key of keys) {
      if (!found.some(({ id, slug }) => id === key.toLowerCase() || slug === key))
        throw new AppError(
          'invalid',
          'unknown_room',
          `in:${key} is no room of yours; write in: with the id or the slug of a room you are in.`,
        );
    }
    return found.map(({ id }) => id);
  }

  return {
    async messages(
      scope: Scope,
      input: { q: string; order: 'newest' | 'relevance'; limit: number; cursor?: string | undefined },
    ): Promise<{ data: Found[]; nextCursor?: string; indexing: boolean }> {
      const query = parseQuery(input.q);
      const after = input.cursor === undefined ? undefined : placeOf(input.cursor);
      const [authorIds, roomIds] = [await authors(scope, query.from), await rooms(scope, query.in)];
      const { tenantId } = scope;
      const userId = scope.user.id;
      const lagging = await repo.listLaggingOf(db, tenantId, userId, roomIds);
      const complete = await indexer.catchUp(lagging, MOST_STEPS);
      const languages: SearchLanguage[] =
        query.terms.length === 0 ? [] : await repo.listLanguagesOf(db, tenantId, userId);
      const criteria: repo.Criteria = {
        tenantId,
        userId,
        words: queryOf(query.terms, languages),
        authorIds,
        roomIds,
        before: query.before,
        after: query.after,
        link: query.has.includes('link'),
        mention: query.has.includes('mention'),
        file: query.has.includes('file'),
        image: query.has.includes('image'),
        byAgent: query.is.includes('agent'),
        inThread: query.is.includes('thread'),
      };
      const places = await repo.search(db, criteria, { order: input.order, after, limit: input.limit });
      const page = places.slice(0, input.limit);
      const found = new Map(
        (
          await messages.readable(
            scope,
            page.map(({ id }) => id),
          )
        ).map((message) => [message.id, message]),
      );
      const data = page.flatMap(({ id }): Found[] => {
        const message = found.get(id);
        // Gone, or out of reach, since it was found.
        if (message === undefined) return [];
        return [{ message, highlights: highlightsIn(message.body, query.terms, languages) }];
      });
      const last = page.at(-1);
      return {
        data,
        ...(places.length > page.length && last !== undefined ? { nextCursor: cursorOf(last) } : {}),
        indexing: !complete,
      };
    },
  };
}

const cursorOf = ({ rank, createdAt, id }: repo.Place): string =>
  Buffer.from(JSON.stringify([rank, createdAt, id])).toString('base64url');

function placeOf(cursor: string): repo.Place {
  try {
    const [rank, createdAt, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (
      Number.isInteger(rank) &&
      Math.abs(rank as number) < 2 ** 31 &&
      typeof createdAt === 'string' &&
      !Number.isNaN(new Date(createdAt).getTime()) &&
      typeof id === 'string' &&
      isUuid(id)
    )
      return { rank: rank as number, createdAt, id };
  } catch {
    // Not one of ours.
  }
  throw new AppError('invalid', 'invalid_input', 'cursor: use the nextCursor of the page before.');
}

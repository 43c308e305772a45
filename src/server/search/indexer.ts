// Keeps the words of messages by reading the rooms' logs, which tell every send, edit and deletion in order: the send path does
// nothing for it, and what was missed is made up for. Must never hold up a send: it works in small steps and rests between them.
import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../core/db/database.ts';
import type { Logger } from '../../core/logger.ts';
import { createRounds } from '../../core/rounds.ts';
import type { SettingsService } from '../settings/service.ts';
import * as repo from './repository.ts';
import { vectorOf } from './words.ts';

export type Indexer = ReturnType<typeof createIndexer>;

/** Entries that one transaction reads: some milliseconds on the embedded database. */
const STEP = 200;
/** Rooms that one look over all of them finds. */
const MOST_ROOMS = 50;
/** Between two looks, in ms; a search brings its own rooms up to date before it answers. */
const LOOK_EVERY_MS = 10_000;
/** Rests for this many times as long as a step took. */
const REST_FACTOR = 3;
const LINK = /\bhttps?:\/\/[^\s<>]+/i;

export function createIndexer(deps: {
  database: Database;
  clock: Clock;
  logger: Logger;
  settings: SettingsService;
}) {
  const { database, clock, logger, settings } = deps;
  const rounds = createRounds({
    clock,
    logger,
    everyMs: LOOK_EVERY_MS,
    failed: 'search could not be brought up to date',
    atOnce: true,
    run: look,
  });

  /** Reads on by one step. Answers whether there may be more. */
  async function step(room: repo.Lag, wait: boolean): Promise<boolean> {
    return database.transaction(async (tx) => {
      const mark = await repo.lockMark(tx, room, wait);
      if (mark === undefined) return false;
      const entries = await repo.listEntries(tx, room.roomId, mark, STEP);
      const last = entries.at(-1);
      if (last === undefined) return false;
      const { language } = await settings.of(tx, room.tenantId, room.roomId);
      const present = new Map(entries.map((entry) => [entry.messageId, entry]));
      const rows: repo.WordsRow[] = [];
      const gone: string[] = [];
      for (const [messageId, { authorId, body, createdAt, deletedAt }] of present) {
        if (messageId === null) continue;
        if (deletedAt !== null || authorId === null || body === null || createdAt === null)
          gone.push(messageId);
        else
          rows.push({
            messageId,
            authorId,
            hasLink: LINK.test(body),
            createdAt,
            words: vectorOf(body, language),
          });
      }
      await repo.putWords(tx, room, rows);
      await repo.dropWords(tx, gone);
      await repo.setMark(tx, room.roomId, last.seq);
      return entries.length === STEP;
    });
  }

  async function look(signal: AbortSignal): Promise<void> {
    for (;;) {
      const rooms = await repo.listLagging(database.db, MOST_ROOMS);
      let more = rooms.length === MOST_ROOMS;
      for (const room of rooms) {
        if (signal.aborted) return;
        const started = clock.elapsed();
        if (await step(room, false)) more = true;
        await clock.sleep((clock.elapsed() - started) * REST_FACTOR, signal);
      }
      if (!more) return;
    }
  }

  return {
    /**
     * Brings rooms up to date, in at most this many steps.
     * @returns whether they are
     */
    async catchUp(rooms: repo.Lag[], mostSteps: number): Promise<boolean> {
      let left = mostSteps;
      for (const room of rooms) {
        do {
          if (left-- === 0) return false;
        } while (await step(room, true));
      }
      return true;
    },

    start: rounds.start,
    stop: rounds.stop,
  };
}

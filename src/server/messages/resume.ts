// What a client missed of a room's log: after its place, or afresh where the log cannot tell. Rights are for the caller to have read.
import { createBatcher } from '../../core/batcher.ts';
import type { Database } from '../../core/db/database.ts';
import type { LogEvent } from './contract.ts';
import { type MessageLog, roomTopic } from './log.ts';
import { fitting, fittingLast } from './pages.ts';

/** Log entries of one page of a resume. */
const EVENTS_PAGE = 500;
/** Entries a join without `afterSeq` answers. */
const NEWEST = 50;
/** Joins whose missed entries are read together. */
const MAX_JOINS = 500;

/** Up to where a client has seen a room, and in which life of the database. */
export interface Place {
  afterSeq?: number | undefined;
  epoch?: string | undefined;
}

/** The log after a place, up to the room's newest entry of that moment. */
interface Missed {
  events: LogEvent[];
  lastSeq: number;
  hasMore: boolean;
  resync: boolean;
  epoch: string;
}

export function createResume(deps: {
  database: Pick<Database, 'kind'>;
  log: MessageLog;
  epoch: () => Promise<string>;
}) {
  const { database, log } = deps;
  const missed = createBatcher({
    run: readMissed,
    parallel: database.kind === 'pglite' ? 1 : 2,
    maxBatch: MAX_JOINS,
  });

  /** Those who come from the same place are given the same answer: it is not to be changed. */
  async function readMissed(places: (Place & { roomId: string })[]): Promise<Missed[]> {
    const lastSeqs = await log.lastSeqs([...new Set(places.map((p) => roomTopic(p.roomId)))]);
    const answers = new Map<string, Promise<Missed>>();
    return Promise.all(
      places.map(({ roomId, afterSeq, epoch }) => {
        const name = `${roomId}:${afterSeq ?? ''}:${epoch ?? ''}`;
        const lastSeq = lastSeqs.get(roomTopic(roomId)) ?? 0;
        const known = answers.get(name);
        if (known !== undefined) return known;
        const answer =
          afterSeq === undefined
            ? newest(roomId, lastSeq, false)
            : page(roomId, lastSeq, { afterSeq, epoch }, EVENTS_PAGE);
        answers.set(name, answer);
        return answer;
      }),
    );
  }

  async function newest(roomId: string, lastSeq: number, resync: boolean): Promise<Missed> {
    const events = fittingLast(await log.read(roomId, lastSeq - NEWEST, lastSeq, NEWEST));
    return { events, lastSeq, hasMore: false, resync, epoch: await deps.epoch() };
  }

  async function page(
    roomId: string,
    lastSeq: number,
    from: Place & { afterSeq: number },
    limit: number,
  ): Promise<Missed> {
    const epoch = await deps.epoch();
    // Ahead of the log, or from another life of the database: what the client has is not what happened here.
    if (from.afterSeq > lastSeq || (from.epoch !== undefined && from.epoch !== epoch))
      return newest(roomId, lastSeq, true);
    const events = fitting(await log.read(roomId, from.afterSeq, lastSeq, limit));
    return { events, lastSeq, hasMore: (events.at(-1)?.seq ?? lastSeq) < lastSeq, resync: false, epoch };
  }

  return {
    page,
    /** Entries a joining client missed, up to the room's newest entry at this moment. */
    missed: (roomId: string, place: Place): Promise<Missed> => missed({ roomId, ...place }),
  };
}

// Commits sends in groups: whatever waits when a transaction ends goes into the next one, so a lone message never
// waits and a crowd shares its commits (invariants P1, P2, P4). Must never answer a send before its commit.
import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../core/db/database.ts';
import { untimed } from '../../core/db/deadline.ts';
import { AppError, isUnavailable } from '../../core/errors.ts';
import type { Metrics } from '../../core/metrics.ts';
import type { Pace } from '../../core/pace.ts';
import type { Tracer } from '../../core/tracing.ts';
import { type Commit, MAX_WAIT_MS } from './commit.ts';
import type { Message } from './contract.ts';
import { roomTopic } from './log.ts';
import type { Send, Waiting } from './sends.ts';

export interface Writer {
  send(send: Send): Promise<Message>;
  /** Resolves when nothing waits or is being committed. */
  idle(): Promise<void>;
  /** Messages that wait or are being committed. */
  waiting(): number;
}

const MAX_BATCH = 256;
/** Sends that may wait on this node; more are refused with `unavailable`. */
const MAX_WAITING = 20_000;
const LATE_CHECK_MS = 100;

export function createWriter(deps: {
  database: Pick<Database, 'kind'>;
  commit: Commit;
  clock: Clock;
  metrics: Metrics;
  tracer: Tracer;
  pace: Pace;
}): Writer {
  const { database, commit: store, clock, metrics, tracer, pace } = deps;
  /** Sends waiting, by room; a room whose batch is being committed keeps its newcomers here. */
  const waiting = new Map<string, Waiting[]>();
  const busy = new Set<string>();
  const slots = database.kind === 'pglite' ? 1 : 3;
  let committing = 0;
  let scheduled = false;
  let resting: NodeJS.Timeout | undefined;
  let total = 0;
  let whenIdle: (() => void)[] = [];
  /** All that wait or are being committed, oldest first. */
  const open = new Set<Waiting>();
  let watching: NodeJS.Timeout | undefined;

  /** Tells those who have waited too long to try again: under the same id, so it does not matter if the commit succeeds. */
  function refuseLate(): void {
    const now = clock.elapsed();
    for (const w of open) {
      if (w.deadline > now) break;
      open.delete(w);
      w.over = true;
      w.reject(tooSlow());
    }
    if (open.size > 0) return;
    clearInterval(watching);
    watching = undefined;
  }

  /** Pumps once this turn's input is read: sends of one turn of the loop share a commit. */
  function schedule(): void {
    if (scheduled || waiting.size === 0) return;
    scheduled = true;
    setImmediate(untimed, pump);
  }

  function pump(): void {
    scheduled = false;
    clearTimeout(resting);
    while (committing < slots) {
      const { batch, restMs } = takeBatch();
      if (batch.length === 0) {
        if (restMs > 0) resting = setTimeout(schedule, restMs);
        break;
      }
      committing++;
      const rooms = new Set(batch.map((w) => w.send.roomId));
      for (const room of rooms) busy.add(room);
      void commitOrIsolate(batch).finally(() => {
        committing--;
        total -= batch.length;
        for (const w of batch) open.delete(w);
        for (const room of rooms) busy.delete(room);
        // Whatever came in while this batch was written out to its members joins the next one.
        schedule();
        if (total === 0) {
          for (const resolve of whenIdle) resolve();
          whenIdle = [];
        }
      });
    }
  }

  /** @returns restMs: how long the room rests that may go first, of those passed over */
  function takeBatch(): { batch: Waiting[]; restMs: number } {
    const batch: Waiting[] = [];
    let restMs = 0;
    for (const [roomId, queue] of waiting) {
      if (busy.has(roomId)) continue;
      // While a large room takes a breath, more sends gather for its next commit.
      const rest = queue.length >= MAX_BATCH ? 0 : pace.rest(roomTopic(roomId));
      if (rest > 0) {
        restMs = restMs === 0 ? rest : Math.min(restMs, rest);
        continue;
      }
      const room = MAX_BATCH - batch.length;
      if (queue.length <= room) {
        batch.push(...queue);
        waiting.delete(roomId);
      } else {
        batch.push(...queue.splice(0, room));
      }
      if (batch.length >= MAX_BATCH) break;
    }
    return { batch, restMs };
  }

  /** Commits a batch; if it fails as a whole, tries each room and then each send alone, so that one cannot hurt others. */
  async function commitOrIsolate(batch: Waiting[]): Promise<void> {
    let parts: Waiting[][];
    try {
      const locked = await commit(batch);
      // Rooms that another node holds are waited for one by one.
      parts = Object.values(Object.groupBy(locked, (w) => w.send.roomId)) as Waiting[][];
      if (parts.length === 0) return;
      await Promise.all(parts.map((part) => commitAlone(part)));
    } catch (error) {
      if (hurtsAll(error) || (batch.length === 1 && !isTakenId(error))) {
        for (const w of batch) w.reject(error);
        return;
      }
      for (const w of batch) await commitAlone([w]);
    }
  }

  async function commitAlone(part: Waiting[]): Promise<void> {
    try {
      await commit(part, true);
    } catch (error) {
      if (part.length === 1 || hurtsAll(error)) for (const w of part) w.reject(error);
      else for (const w of part) await commitAlone([w]);
    }
  }

  /**
   * One transaction for the batch. Answers the sends whose rooms were locked by another node.
   * @param wait wait for locked rooms instead of leaving them out
   */
  async function commit(all: Waiting[], wait = false): Promise<Waiting[]> {
    const batch = all.filter((w) => !w.over);
    if (batch.length === 0) return [];
    const links = batch.flatMap((w) => (w.span === undefined ? [] : [w.span]));
    const attributes = { 'db.system.name': 'postgresql', 'parley.batch_messages': batch.length };
    const done = metrics.commitSeconds.startTimer();
    try {
      return await tracer.withSpan('commit', attributes, () => store(batch, wait), { root: true, links });
    } finally {
      done();
    }
  }

  return {
    send(send) {
      if (total >= MAX_WAITING) {
        return Promise.reject(
          new AppError(
            'unavailable',
            'overloaded',
            'Too many messages are waiting to be stored; try again shortly.',
            { retryAfterMs: 1000 },
          ),
        );
      }
      return new Promise((resolve, reject) => {
        total++;
        const queue = waiting.get(send.roomId);
        const span = tracer.current();
        const deadline = clock.elapsed() + MAX_WAIT_MS;
        const entry: Waiting = { send, resolve, reject, span, deadline, over: false };
        open.add(entry);
        watching ??= setInterval(refuseLate, LATE_CHECK_MS).unref();
        if (queue === undefined) waiting.set(send.roomId, [entry]);
        else queue.push(entry);
        if (committing < slots) schedule();
      });
    },
    waiting: () => total,
    idle: () => (total === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve))),
  };
}

/** Another room's writer committed the same id meanwhile; the next look at it answers in words. */
const isTakenId = (error: unknown): boolean => (error as { code?: unknown }).code === '23505';

const tooSlow = () =>
  new AppError(
    'unavailable',
    'database_unavailable',
    'The message could not be stored in time; try again shortly, under the same id.',
    { retryAfterMs: 1000 },
  );

/** The database, or the room, would refuse each of the batch alone as well. Deadlocks and the like are of one send. */
const hurtsAll = (error: unknown): boolean =>
  !(error instanceof AppError) &&
  isUnavailable(error) &&
  !['40001', '40P01'].includes(String((error as { code?: unknown }).code));

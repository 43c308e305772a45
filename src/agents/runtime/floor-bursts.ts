// Waits for the end of a burst: one timer for each pending turn, moved by newer messages and by typing. What waits is a row;
// the timers may die with their process, then the sweep begins the turn at its last moment. Must never begin a turn twice.
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { windowEnd } from './floor-plan.ts';
import type { Typing } from './floor-typing.ts';

export interface Window {
  runId: string;
  /** Which message of the burst this is: a timer for an older one does nothing. */
  burst: number;
  roomId: string;
  /** Whose burst it is. */
  askerId: string;
  windowMs: number;
  /** Since its first message, as the database counts, in ms. */
  openForMs: number;
}

export interface Bursts {
  /** A pending turn was opened or got a newer message. */
  open(window: Window): void;
  /** The turn begins without a wait. */
  forget(runId: string): void;
  /** Ends every wait now. @returns how many there were */
  closeAll(): Promise<number>;
  stop(): Promise<void>;
}

interface Open {
  window: Window;
  opened: number;
  newest: number;
  timer: AbortController;
}

export function createBursts(deps: {
  clock: Pick<Clock, 'elapsed' | 'sleep'>;
  logger: Logger;
  typing: Typing;
  /** Lets the turn begin, if that message is still its newest. */
  begin(runId: string, burst: number): Promise<void>;
}): Bursts {
  const { clock, logger, typing } = deps;
  const open = new Map<string, Open>();
  const beginning = new Set<Promise<void>>();

  function close({ window: { runId, burst } }: Open): void {
    open.get(runId)?.timer.abort();
    open.delete(runId);
    const done = deps
      .begin(runId, burst)
      .catch((error: unknown) =>
        logger.warn({ err: error, runId }, 'a turn could not begin yet; it is swept up'),
      );
    beginning.add(done);
    void done.finally(() => beginning.delete(done));
  }

  function arm(entry: Open): void {
    entry.timer.abort();
    const timer = new AbortController();
    entry.timer = timer;
    const { roomId, askerId, windowMs } = entry.window;
    const typingUntil = typing.until(roomId, askerId);
    const { opened, newest } = entry;
    const end = windowEnd({ opened, newest, windowMs, typingUntil });
    clock.sleep(Math.max(0, end - clock.elapsed()), timer.signal).then(
      () => {
        if (open.get(entry.window.runId) === entry) close(entry);
      },
      () => undefined,
    );
  }

  typing.onChange((roomId, userId) => {
    for (const entry of open.values())
      if (entry.window.roomId === roomId && entry.window.askerId === userId) arm(entry);
  });

  return {
    open(window) {
      const now = clock.elapsed();
      const known = open.get(window.runId);
      known?.timer.abort();
      // Another node may have opened it; what this one saw itself it knows better than the database does.
      const opened = known?.opened ?? now - window.openForMs;
      const entry: Open = { window, opened, newest: now, timer: new AbortController() };
      typing.attend(window.roomId);
      open.set(window.runId, entry);
      arm(entry);
    },
    forget(runId) {
      open.get(runId)?.timer.abort();
      open.delete(runId);
    },
    async closeAll() {
      const count = open.size + beginning.size;
      for (const entry of [...open.values()]) close(entry);
      await Promise.all(beginning);
      return count;
    },
    async stop() {
      for (const { timer } of open.values()) timer.abort();
      open.clear();
      await Promise.all(beginning);
    },
  };
}

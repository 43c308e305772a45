// Jobs that begin at once, on the node that stored them: no look at the queue lies between the commit and the work. What is stored
// is the fallback, and is removed when it is not needed any more. Must never work on more of a name at once than its slots.
import type { AnyJobDef } from './jobs.ts';
import type { Logger } from './logger.ts';

interface Given {
  id: string;
  data: object;
}

interface Queue {
  def: AnyJobDef;
  free: number;
  /** Commits of this node that wait for a slot, oldest first. */
  waiting: Given[];
  /** Jobs taken from the store that wait for one. */
  doors: (() => void)[];
  /** Stored jobs that are not needed any more. */
  done: string[];
  removing: boolean;
}

/** Jobs whose work is done are removed together, so long after the first of them, in ms. */
const REMOVE_AFTER_MS = 250;
const MOST_REMOVED = 500;
/** Commits that wait here; more are left to the store. */
const MOST_WAITING = 10_000;

export function createDirect(deps: {
  logger: Logger;
  stopping: AbortSignal;
  remove(name: string, ids: string[]): Promise<unknown>;
  /** Stores a job anew whose worker failed after it had been taken out. */
  again(name: string, data: object): Promise<unknown>;
}) {
  const { logger, stopping } = deps;
  const queues = new Map<string, Queue>();
  const open = new Set<Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;

  function release(name: string, queue: Queue): void {
    const door = queue.doors.shift();
    if (door !== undefined) return door();
    const next = queue.waiting.shift();
    if (next === undefined) queue.free++;
    else begin(name, queue, next);
  }

  function begin(name: string, queue: Queue, given: Given): void {
    const work = run(name, queue, given).finally(() => {
      open.delete(work);
      release(name, queue);
    });
    open.add(work);
  }

  async function run(name: string, queue: Queue, { id, data }: Given): Promise<void> {
    let taken = false;
    const forget = () => {
      if (!taken) removeSoon(name, queue, id);
      taken = true;
    };
    try {
      await queue.def.handle(data, { signal: stopping, attempt: 1, taken: forget });
      forget();
    } catch (error) {
      if (stopping.aborted) return;
      logger.warn({ err: error, job: name, attempt: 1 }, 'a job failed');
      // Not taken, the stored one begins when its head start is over.
      if (taken)
        await deps
          .again(name, data)
          .catch((err: unknown) => logger.warn({ err, job: name }, 'a job could not be stored again'));
    }
  }

  function removeSoon(name: string, queue: Queue, id: string): void {
    queue.done.push(id);
    if (queue.removing) return;
    queue.removing = true;
    const timer = setTimeout(() => {
      timers.delete(timer);
      void remove(name, queue);
    }, REMOVE_AFTER_MS);
    timers.add(timer);
  }

  async function remove(name: string, queue: Queue): Promise<void> {
    queue.removing = false;
    while (queue.done.length > 0) {
      const ids = queue.done.splice(0, MOST_REMOVED);
      // Left over, they wake a worker that finds nothing to do.
      await deps
        .remove(name, ids)
        .catch((err: unknown) => logger.warn({ err, job: name }, 'jobs that are done could not be removed'));
    }
  }

  return {
    add(def: AnyJobDef): void {
      queues.set(def.name, { def, free: def.concurrency, waiting: [], doors: [], done: [], removing: false });
    },

    has: (name: string): boolean => !stopped && queues.has(name),

    /** Slots that nobody uses; as many as you like for what is not direct. */
    free: (name: string): number => queues.get(name)?.free ?? Number.POSITIVE_INFINITY,

    /** Begins a job that was just committed, after what else follows from the commit. */
    give(name: string, id: string, data: object): void {
      const queue = queues.get(name);
      if (queue === undefined || stopped) return;
      if (queue.free === 0) {
        if (queue.waiting.length < MOST_WAITING) queue.waiting.push({ id, data });
        return;
      }
      queue.free--;
      const work = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        open.delete(work);
        begin(name, queue, { id, data });
      });
      open.add(work);
    },

    /** Takes a slot for a job from the store. @returns how to give it back */
    async enter(name: string): Promise<() => void> {
      const queue = queues.get(name);
      if (queue === undefined) return () => undefined;
      if (queue.free > 0) queue.free--;
      else await new Promise<void>((resolve) => queue.doors.push(resolve));
      return () => release(name, queue);
    },

    running: (): number => open.size,

    /** Lets what has begun end, up to `timeoutMs`; what waits is left to the store. */
    async stop(timeoutMs: number): Promise<void> {
      stopped = true;
      for (const queue of queues.values()) queue.waiting = [];
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, timeoutMs);
      });
      while (open.size > 0) {
        const over = Promise.all(open).then(() => true);
        if ((await Promise.race([over, limit])) !== true) break;
      }
      clearTimeout(timer);
      for (const pending of timers) clearTimeout(pending);
      await Promise.all([...queues].map(([name, queue]) => remove(name, queue)));
    },
  };
}

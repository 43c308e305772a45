// Answers calls of one turn of the loop, and those that come while an earlier batch is under way, by one look for all of
// them. What a call is answered was read after the call, never before it; and no call waits longer than it would alone.
import { inTime, untimed } from './db/deadline.ts';
import { isUnavailable } from './errors.ts';

export interface BatcherOptions<K, V> {
  /** @returns as many answers, in the order of the keys; a throw refuses them all */
  run(keys: K[]): Promise<V[]>;
  /** Batches under way at once; more calls gather meanwhile. */
  parallel: number;
  maxBatch: number;
}

export function createBatcher<K, V>({ run, parallel, maxBatch }: BatcherOptions<K, V>) {
  let waiting: { key: K; resolve(value: V): void; reject(error: unknown): void }[] = [];
  let running = 0;
  let scheduled = false;

  function schedule(): void {
    if (scheduled || running >= parallel || waiting.length === 0) return;
    scheduled = true;
    setImmediate(untimed, take);
  }

  function take(): void {
    scheduled = false;
    const batch = waiting.slice(0, maxBatch);
    waiting = waiting.slice(maxBatch);
    running++;
    inTime(() => run(batch.map((w) => w.key)))
      .then(
        (values) => {
          for (const [i, w] of batch.entries()) w.resolve(values[i] as V);
        },
        (error: unknown) => {
          // Those who gathered meanwhile have waited as long, for the same database.
          const late = isUnavailable(error) ? waiting : [];
          if (late.length > 0) waiting = [];
          for (const w of [...batch, ...late]) w.reject(error);
        },
      )
      .finally(() => {
        running--;
        schedule();
      });
    schedule();
  }

  return (key: K): Promise<V> =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      schedule();
    });
}

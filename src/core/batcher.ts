// Answers calls of one turn of the loop, and those that come while an earlier batch is under way, by one look for all of
// them. What a call is answered was read after the call: never before it.

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
    setImmediate(() => {
      scheduled = false;
      const batch = waiting.slice(0, maxBatch);
      waiting = waiting.slice(maxBatch);
      running++;
      run(batch.map((w) => w.key))
        .then(
          (values) => {
            for (const [i, w] of batch.entries()) w.resolve(values[i] as V);
          },
          (error: unknown) => {
            for (const w of batch) w.reject(error);
          },
        )
        .finally(() => {
          running--;
          schedule();
        });
      schedule();
    });
  }

  return (key: K): Promise<V> =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      schedule();
    });
}

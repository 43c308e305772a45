// Sends my read mark: only forward, one call at a time, skipping what a later one covers.
import type { CallOptions } from './api.ts';

export interface ReadMarker {
  /** Resolves once the server knows this seq or a later one. */
  mark(seq: number, options?: CallOptions): Promise<void>;
}

export function createReadMarker(send: (seq: number, options?: CallOptions) => Promise<number>): ReadMarker {
  let confirmed = -1;
  let wanted = -1;
  let running: Promise<void> | undefined;

  async function run(options?: CallOptions): Promise<void> {
    while (confirmed < wanted) {
      const seq = wanted;
      confirmed = Math.max(seq, await send(seq, options));
    }
  }

  return {
    mark(seq, options) {
      if (seq <= confirmed) return Promise.resolve();
      wanted = Math.max(wanted, seq);
      running ??= run(options)
        .catch((error: unknown) => {
          wanted = confirmed;
          throw error;
        })
        .finally(() => {
          running = undefined;
        });
      return running;
    },
  };
}

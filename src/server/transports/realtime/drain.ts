// Says goodbye to every connection of a node, spread over a window so that they do not all come back at once.
// Must wait for the goodbyes to be answered: a connection cut before its close frame was read looks like a crash.
import type { Clock } from '../../../core/clock.ts';

export interface Drain {
  clock: Clock;
  /** The goodbyes are spread over this, in ms. */
  windowMs: number;
}

/** Longest wait for those who do not answer, after the last goodbye. */
const ANSWER_LIMIT_MS = 2000;
const STEP_MS = 50;

/** @param goodbye closes one connection; resolves when it has ended */
export async function spread<T>(
  connections: T[],
  goodbye: (connection: T) => Promise<void>,
  { clock, windowMs }: Drain,
): Promise<void> {
  if (connections.length === 0) return;
  const step = windowMs / connections.length;
  const ends: Promise<void>[] = [];
  let next = 0;
  for (const [i, connection] of connections.entries()) {
    ends.push(goodbye(connection));
    if (i * step < next) continue;
    await clock.sleep(Math.min(STEP_MS, windowMs));
    next = i * step + STEP_MS;
  }
  const patience = new AbortController();
  await Promise.race([
    Promise.all(ends),
    clock.sleep(ANSWER_LIMIT_MS, patience.signal).catch(() => undefined),
  ]);
  patience.abort();
}

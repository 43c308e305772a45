// Counts what keeps a process busy, so that a test that leaves a connection, a server or a timer behind fails.

const WATCHED = ['TCPSocketWrap', 'TCPServerWrap', 'Timeout'] as const;
/** Sockets that were closed a moment ago are still counted. */
const PATIENCE_MS = 3000;

export type Busy = Record<(typeof WATCHED)[number], number>;

export function countBusy(): Busy {
  const active = process.getActiveResourcesInfo();
  return Object.fromEntries(
    WATCHED.map((kind) => [kind, active.filter((name) => name === kind).length]),
  ) as Busy;
}

/** @throws Error naming the kinds of which there are more than before */
export async function assertNoLeaks(before: Busy): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    // The pause itself is a timer, so it is over before the count.
    await new Promise((resolve) => setTimeout(resolve, 5));
    const now = countBusy();
    const more = WATCHED.filter((kind) => now[kind] > before[kind]);
    if (more.length === 0) return;
    if (performance.now() > end) {
      const list = more.map((kind) => `${kind}: ${before[kind]} before, ${now[kind]} after`);
      throw new Error(`Something was left open. ${list.join('; ')}.`);
    }
  }
}

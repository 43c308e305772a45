// Waits for a condition with a deadline. Must never be replaced by a fixed sleep: a slow machine would make it a lie.

export const POLL_MS = 10;

/** @throws Error naming what did not come to pass */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 30_000,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Not within ${limitMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

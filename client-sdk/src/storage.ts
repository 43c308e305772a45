// What is kept over a reload, in whatever storage there is. Must never fail because storage is full or forbidden.

/** Storage may be full or forbidden; then things live as long as the page. */
export function quietly(run: () => void): void {
  try {
    run();
  } catch {
    // nothing to do about it
  }
}

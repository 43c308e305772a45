// Which part of the loaded messages is in the page: a window that follows the reader, so that a long history stays light.
// Pure; the list owns the scrolling.

export interface Range {
  start: number;
  /** Exclusive. */
  end: number;
}

/** Rows added at a time when the reader nears an edge. */
export const STEP = 60;
/** Most rows in the page at once. */
export const MOST = 240;

/** The newest rows. */
export const newest = (count: number): Range => ({ start: Math.max(0, count - STEP * 2), end: count });

/** Grows towards older rows; lets go of the newest if there are too many. */
export function growUp(range: Range): Range {
  const start = Math.max(0, range.start - STEP);
  return { start, end: Math.min(range.end, start + MOST) };
}

/** Grows towards newer rows; lets go of the oldest if there are too many. */
export function growDown(range: Range, count: number): Range {
  const end = Math.min(count, range.end + STEP);
  return { start: Math.max(range.start, end - MOST), end };
}

/**
 * The same rows after the list changed: found again by the id of the first one.
 * @param wasAtEnd the window reached the newest row before; then it still does
 */
export function afterChange(
  range: Range,
  firstId: string | undefined,
  ids: readonly string[],
  wasAtEnd: boolean,
): Range {
  const start = firstId === undefined ? -1 : ids.indexOf(firstId);
  if (start === -1) return newest(ids.length);
  return { start, end: wasAtEnd ? ids.length : Math.min(ids.length, start + range.end - range.start) };
}

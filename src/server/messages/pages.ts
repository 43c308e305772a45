// Cuts pages to what a connection may have queued: a page of long messages must not make its reader count as one who
// does not read. Pure.
import type { Message } from './contract.ts';

/** Characters of JSON in one page. */
const PAGE_CHARS = 512 * 1024;

/** The items from the front that fit into one page; at least one. */
export function fitting<T>(items: T[], limit = PAGE_CHARS): T[] {
  let chars = 0;
  const over = items.findIndex((item) => {
    chars += JSON.stringify(item).length;
    return chars > limit;
  });
  return over < 0 ? items : items.slice(0, Math.max(1, over));
}

/** The same from the end. */
export const fittingLast = <T>(items: T[], limit = PAGE_CHARS): T[] =>
  fitting(items.toReversed(), limit).reverse();

/** The same on both sides of a seq, half a page each. */
export function fittingAround(messages: Message[], seq: number): Message[] {
  const newer = messages.findIndex((message) => message.seq > seq);
  const split = newer < 0 ? messages.length : newer;
  return [
    ...fittingLast(messages.slice(0, split), PAGE_CHARS / 2),
    ...fitting(messages.slice(split), PAGE_CHARS / 2),
  ];
}

// Messages of one room ordered by seq: find, insert, replace by a newer state. Pure.
// Must never let an older state of a message replace a newer one.
import type { Message } from './wire.ts';

/** Place of the first message with at least this seq. */
export function placeOf(list: readonly Message[], seq: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as Message).seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function findBySeq(list: readonly Message[], seq: number): Message | undefined {
  const found = list[placeOf(list, seq)];
  return found?.seq === seq ? found : undefined;
}

/** The state to show when two are known. A tombstone wins; then the version; then the one that came last. */
export function newer(known: Message, incoming: Message): Message {
  if (known.deletedAt !== undefined && incoming.deletedAt === undefined) return known;
  return incoming.version < known.version ? known : incoming;
}

/** Puts a message into `list` (changed in place) where its seq says. True if the list changed. */
export function put(list: Message[], incoming: Message): boolean {
  const place = placeOf(list, incoming.seq);
  const known = list[place];
  if (known?.seq !== incoming.seq) {
    list.splice(place, 0, incoming);
    return true;
  }
  const winner = newer(known, incoming);
  list[place] = winner;
  return winner !== known;
}

// What an entry does to messages that are there already: another text, a tombstone, reactions, a pin, an author’s new name. Pure.
// Must never let an older state of a message replace a newer one.
import { profileIn, withAuthor } from './authors.ts';
import { newer, placeOf } from './message-list.ts';
import { applySatellite, keepMine, targetOf } from './satellites.ts';
import type { LogEvent, Message } from './wire.ts';

/** The seq of the message that an entry is about; undefined for new messages and entries about something else. */
export function changedSeq(entry: LogEvent): number | undefined {
  const { message } = entry.payload;
  return targetOf(entry) ?? (isMessage(message) ? message.seq : undefined);
}

/** Whether messages that are there may be others after an entry. */
export const mayChange = (entry: LogEvent): boolean =>
  changedSeq(entry) !== undefined || profileIn(entry) !== undefined;

/** The message after an entry that is about it. */
export const changedMessage = (message: Message, entry: LogEvent, myId: string | undefined): Message =>
  targetOf(entry) === undefined
    ? newer(message, keepMine(message, entry.payload.message as Message))
    : applySatellite(message, entry, myId);

/** A list by seq after these entries; the same one when none is about it. */
export function withChanges(
  list: readonly Message[],
  entries: readonly LogEvent[],
  myId: string | undefined,
): readonly Message[] {
  let next = list;
  for (const entry of entries) {
    const profile = profileIn(entry);
    if (profile !== undefined) {
      next = withAuthor(next, profile);
      continue;
    }
    const seq = changedSeq(entry);
    const place = seq === undefined ? -1 : placeOf(next, seq);
    const found = next[place];
    if (found === undefined || found.seq !== seq) continue;
    next = next.with(place, changedMessage(found, entry, myId));
  }
  return next;
}

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && 'seq' in value && 'author' in value;

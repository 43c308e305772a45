// What the server in memory keeps for one person: an inbox, saved messages, drafts.
// Must never be taken for the server's specification; that is its contract.
import type { Message, Notification } from '../wire.ts';

export interface FakePerson {
  /** Oldest first. */
  readonly inbox: Notification[];
  readonly saved: Map<string, { note: string; savedAt: string }>;
  /** Room → draft. */
  readonly drafts: Map<string, { body: string; updatedAt: string }>;
}

export const createFakePerson = (): FakePerson => ({ inbox: [], saved: new Map(), drafts: new Map() });

export function notify(person: FakePerson, id: string, message: Message, at: string): Notification {
  const one: Notification = {
    id,
    place: (person.inbox.at(-1)?.place ?? 0) + 1,
    kind: 'mention',
    roomId: message.roomId,
    message,
    subject: {},
    createdAt: at,
  };
  person.inbox.push(one);
  return one;
}

export const unreadOf = (person: FakePerson): number =>
  person.inbox.filter((one) => one.readAt === undefined).length;

export function setRead(
  person: FakePerson,
  which: (one: Notification) => boolean,
  readAt: string | undefined,
): void {
  for (const [place, one] of person.inbox.entries()) {
    if (!which(one)) continue;
    const { readAt: _, ...open } = one;
    person.inbox[place] = readAt === undefined ? open : { ...open, readAt: one.readAt ?? readAt };
  }
}

/** The later text wins; the kept one is answered. */
export function setDraft(
  person: FakePerson,
  roomId: string,
  draft: { body: string; updatedAt: string },
): { kept: boolean; draft: { body: string; updatedAt: string } } {
  const known = person.drafts.get(roomId);
  if (known !== undefined && known.updatedAt >= draft.updatedAt) return { kept: false, draft: known };
  person.drafts.set(roomId, draft);
  return { kept: true, draft };
}

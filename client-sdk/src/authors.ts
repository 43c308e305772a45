// Who wrote messages, as the log says they are now: an entry about a member changes the author of theirs. Pure.
import { sameFields } from './store.ts';
import type { LogEvent, Member, Message } from './wire.ts';

type User = Member['user'];

/** The user that an entry shows as they are; undefined for entries that show nobody. */
export const profileIn = ({ type, payload }: LogEvent): User | undefined =>
  type === 'member_updated' || type === 'member_joined' ? (payload.member as Member).user : undefined;

/** The list with their messages under the name and picture they have; the same one when it shows them so already. */
export function withAuthor(list: readonly Message[], user: User): readonly Message[] {
  const isOther = ({ author }: Message) => author.id === user.id && !sameFields<User>(author, user);
  if (!list.some(isOther)) return list;
  return list.map((message) => (isOther(message) ? { ...message, author: user } : message));
}

// Finding the @word being typed and the people it may mean. Pure.
import type { User } from '@parley/client';

export type Mentionable =
  | User
  /** Not one of them, but all who are meant by `@here` or `@all`. */
  | { id: string; handle: 'here' | 'all'; name: string; kind: 'everyone'; reach: number };

/**
 * @param people others of the room
 * @param isHere whether somebody is connected to it now
 */
export function everyoneOf(people: readonly User[], isHere: (userId: string) => boolean): Mentionable[] {
  const humans = people.filter(({ kind }) => kind === 'human');
  const here = humans.filter(({ id }) => isHere(id)).length;
  return [
    { id: 'here', handle: 'here', name: 'Who is here now', kind: 'everyone', reach: here },
    { id: 'all', handle: 'all', name: 'Everyone in the room', kind: 'everyone', reach: humans.length },
  ];
}

export interface MentionQuery {
  /** Place of the `@`. */
  start: number;
  /** Place after what was typed so far. */
  end: number;
  text: string;
}

const MOST = 8;

/** The @word the caret stands in or after, if one is being typed. */
export function findMention(text: string, caret: number): MentionQuery | undefined {
  const before = text.slice(0, caret);
  const match = /(^|[\s([{"'])@([\p{L}\p{N}_.-]{0,40})$/u.exec(before);
  if (match === null) return undefined;
  const typed = match[2] ?? '';
  return { start: caret - typed.length - 1, end: caret, text: typed };
}

/** Members whose handle or name has a word starting with the query; agents first, then people by name, everyone last. */
export function suggest(query: string, people: readonly Mentionable[]): Mentionable[] {
  const wanted = query.toLocaleLowerCase();
  return people
    .filter((user) => matches(user, wanted))
    .sort((a, b) => rank(a, wanted) - rank(b, wanted) || a.name.localeCompare(b.name))
    .slice(0, MOST);
}

function matches(user: Mentionable, wanted: string): boolean {
  return (
    user.handle.toLocaleLowerCase().startsWith(wanted) ||
    user.name
      .toLocaleLowerCase()
      .split(/\s+/u)
      .some((word) => word.startsWith(wanted))
  );
}

function rank(user: Mentionable, wanted: string): number {
  const exact = user.handle.toLocaleLowerCase() === wanted ? 0 : 2;
  return exact + (user.kind === 'agent' ? 0 : user.kind === 'human' ? 1 : 1.5);
}

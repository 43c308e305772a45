// Finds `@handle` in a text, and decides what of it is a mention. Pure: who the handles are, what the author may and how many are
// reached is looked up by the service.
import { AppError } from '../../core/errors.ts';
import { handleKey, MENTION } from '../identity/service.ts';
import type { Mention } from './contract.ts';

export interface FoundHandle {
  /** Folded handles to try, longest first: a trailing dot or hyphen may belong to the sentence. */
  keys: string[];
  offset: number;
  lengths: number[];
}

const MAX_MENTIONS = 50;
/** So many present are named one by one; where there are more, `@here` is `@all`. */
const MOST_PRESENT = 1000;
/** People that are mentioned without being asked whether that is meant. */
const MANY = 20;
const ALL = handleKey('all');
const HERE = handleKey('here');

export function findHandles(body: string): FoundHandle[] {
  if (!body.includes('@')) return [];
  const found: FoundHandle[] = [];
  for (const match of body.matchAll(MENTION)) {
    if (found.length === MAX_MENTIONS) break;
    const whole = match[1] as string;
    const bare = whole.replace(/[.-]+$/, '');
    const candidates = bare === whole || bare === '' ? [whole] : [whole, bare];
    found.push({
      keys: candidates.map(handleKey),
      offset: match.index,
      lengths: candidates.map((c) => c.length + 1),
    });
  }
  return found;
}

/** @param users members of the room by folded handle */
export function resolveMentions(
  found: FoundHandle[],
  users: Map<string, { id: string; kind: 'human' | 'agent' }>,
): Mention[] {
  return found.flatMap(({ keys, offset, lengths }): Mention[] => {
    for (const [i, key] of keys.entries()) {
      const length = lengths[i] as number;
      if (key === ALL || key === HERE) return [{ kind: key === ALL ? 'all' : 'here', offset, length }];
      const user = users.get(key);
      if (user !== undefined)
        return [{ kind: user.kind === 'agent' ? 'agent' : 'user', userId: user.id, offset, length }];
    }
    return [];
  });
}

/** Whether it may be about those who are present: then these have to be known. */
export const namesPresent = (found: FoundHandle[]): boolean => found.some(({ keys }) => keys.includes(HERE));

/** Whether a text may be about everyone in the room: then their number has to be known. */
export const namesEveryone = (found: FoundHandle[]): boolean =>
  found.some(({ keys }) => keys.some((key) => key === ALL || key === HERE));

const toPresent = (mention: Mention, present: readonly string[]): Mention =>
  present.length > MOST_PRESENT ? { ...mention, kind: 'all' } : { ...mention, userIds: [...present] };

const isForEveryone = ({ kind }: Mention): boolean => kind === 'all' || kind === 'here';

export interface Mentioner {
  /** Its words are a model's: nobody can be asked whether they are meant. */
  agent: boolean;
  mayEveryone: boolean;
  confirmed: boolean;
}

/**
 * What of the mentions counts. `@all` and `@here` of who may not are words like any other; a person who reaches very many has to
 * say so.
 * @param others members of the room besides the author; only looked at where `namesEveryone`
 * @param present who else is in the room now; only looked at where `namesPresent`
 * @throws AppError conflict `confirm_mention`
 */
export function allowMentions(
  mentions: Mention[],
  by: Mentioner,
  others: number,
  present: readonly string[] = [],
): Mention[] {
  const allowed = (by.mayEveryone ? mentions : mentions.filter((mention) => !isForEveryone(mention))).map(
    (mention) => (mention.kind === 'here' ? toPresent(mention, present) : mention),
  );
  const reached = allowed.some(({ kind }) => kind === 'all')
    ? others
    : new Set(allowed.flatMap((m) => m.userIds ?? m.userId ?? [])).size;
  if (reached <= MANY || by.confirmed) return allowed;
  if (by.agent) return allowed.filter((mention) => !isForEveryone(mention)).slice(0, MANY);
  throw new AppError(
    'conflict',
    'confirm_mention',
    `This mentions ${reached} members; send it again with confirm: true, or name fewer.`,
    { errors: [{ path: 'confirm', message: String(reached) }] },
  );
}

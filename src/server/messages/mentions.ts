// Finds `@handle` in a text. Pure: who the handles are is looked up by the service.
import { handleKey, MENTION } from '../identity/service.ts';
import type { Mention } from './contract.ts';

export interface FoundHandle {
  /** Folded handles to try, longest first: a trailing dot or hyphen may belong to the sentence. */
  keys: string[];
  offset: number;
  lengths: number[];
}

const MAX_MENTIONS = 50;
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

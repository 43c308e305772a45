// What tools, pages and other agents say waits until the agent's owner confirms it, a person says it himself, or two sources that
// have nothing to do with each other say the same. Pure. Must never let one source confirm itself.
import { wordsOf } from './embed-words.ts';
import type { MemoryTrust } from './tables.ts';

/** Sources that must agree. */
const SOURCES_NEEDED = 2;

interface Waiting {
  trust: MemoryTrust;
  vouchers: readonly string[];
}

/** Everything that comes in through tools is one source: two of them may have read the same page. */
export const TOOLS = 'tools';
/** All agents of one owner are one source. */
export const agentsOf = (ownerId: string | null): string => `agents:${ownerId ?? 'nobody'}`;

/** What changes for something in quarantine when it is said again. */
export function vouched(
  known: Waiting,
  said: { trust: MemoryTrust; voucher?: string | undefined },
): { trust?: MemoryTrust; vouchers?: string[] } {
  if (known.trust !== 'quarantined') return {};
  if (said.trust !== 'quarantined') return { trust: said.trust };
  if (said.voucher === undefined || known.vouchers.includes(said.voucher)) return {};
  const vouchers = [...known.vouchers, said.voucher];
  return vouchers.length >= SOURCES_NEEDED ? { vouchers, trust: 'told' } : { vouchers };
}

const NEGATION = new Set(['not', 'no', 'never', 'without', 'nor', 'none', 'cannot', 't']);

/** Whether two sentences hold the same words, in any order and form; a number, a name or a "not" more makes another sentence. */
export function saysTheSame(a: string, b: string): boolean {
  const [x, y] = [keysOf(a), keysOf(b)];
  return x.length > 0 && x.join(' ') === y.join(' ');
}

const keysOf = (text: string): string[] =>
  wordsOf(text)
    .filter(({ stop, surface }) => !stop || NEGATION.has(surface))
    .map(({ key }) => key)
    .sort();

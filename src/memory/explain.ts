// What a recall used and left out, told to whoever answers for the agent. Pure. Must never be shown to a run or to a room.
import type { OutputOf } from '../core/contract.ts';
import type { explainRecall, Memory } from './contract.ts';
import type { HeldMemory } from './index-store.ts';
import type { Ranked } from './rank.ts';
import type { Found } from './recall.ts';
import { toMemory } from './view.ts';

/** Memories that are said to be withheld. */
const MOST_WITHHELD = 200;

export function explained({
  items,
  abstained,
  withheld,
  memories,
  explain,
}: Pick<Found, 'abstained' | 'withheld' | 'memories' | 'explain'> & {
  items: readonly { memory: Memory; ranked: Ranked }[];
}): OutputOf<typeof explainRecall> {
  const counts: Record<string, number> = {};
  for (const { reason } of withheld) counts[reason] = (counts[reason] ?? 0) + 1;
  const left = withheld
    .map(({ id, reason }) => ({ held: memories.get(id), reason, ranked: explain(id) }))
    .filter((one): one is typeof one & { held: HeldMemory } => one.held !== undefined)
    .sort((a, b) => scoreOf(b.ranked) - scoreOf(a.ranked));
  return {
    abstained,
    withheld: counts,
    data: [
      ...items.map(({ memory, ranked }) => ({
        memory,
        verdict: 'recalled' as const,
        score: ranked.score,
        explain: ranked.explain,
      })),
      ...left.slice(0, MOST_WITHHELD).map(({ held, reason, ranked }) => ({
        memory: toMemory(held.row, held.words),
        verdict: 'withheld' as const,
        reason,
        ...(ranked === undefined ? {} : { score: ranked.score, explain: ranked.explain }),
      })),
    ],
  };
}

const scoreOf = (ranked: Ranked | undefined): number => ranked?.score ?? Number.NEGATIVE_INFINITY;

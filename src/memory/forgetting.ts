// How memories fade: strength halves with time, slower for what is used and what matters. Pure. Fading only moves a memory out of
// use; what is pinned, dated ahead or the only ground of something still open never fades.
import type { MemoryKind, MemoryState } from './tables.ts';

export interface Fading {
  kind: MemoryKind;
  importance: number;
  pinned: boolean;
  uses: number;
  /** When it was last used or said, whichever is later. */
  usedAt: Date;
  createdAt: Date;
  dueAt: Date | null;
  state: MemoryState;
  /** Whether something dated ahead was made from it alone. */
  holdsOpen: boolean;
}

export interface Verdict {
  strength: number;
  to: MemoryState | 'deleted';
}

const DAY_MS = 86_400_000;
/** In days; what one knows how to do does not fade. */
const HALF_LIFE: Record<MemoryKind, number> = {
  episodic: 30,
  social: 180,
  semantic: 365,
  procedural: Number.POSITIVE_INFINITY,
};
const COLD_BELOW = 0.2;
const ARCHIVED_BELOW = 0.05;
/** Youngest age at which anything is archived, where the owner says nothing. */
export const DEFAULT_RETENTION_DAYS = 90;

/** @param retentionDays the owner's; what is archived and older than that is then deleted */
export function fade(memory: Fading, now: Date, retentionDays: number | null): Verdict {
  const days = Math.max(0, now.getTime() - memory.usedAt.getTime()) / DAY_MS;
  const halfLife = HALF_LIFE[memory.kind] * (1 + Math.log(1 + memory.uses)) * (0.5 + memory.importance);
  const strength = halfLife === Number.POSITIVE_INFINITY ? 1 : 0.5 ** (days / halfLife);
  const kept = memory.pinned || memory.holdsOpen || (memory.dueAt !== null && memory.dueAt > now);
  if (kept) return { strength, to: 'active' };
  const age = (now.getTime() - memory.createdAt.getTime()) / DAY_MS;
  const past = age > (retentionDays ?? DEFAULT_RETENTION_DAYS);
  if (past && retentionDays !== null && memory.state === 'archived') return { strength, to: 'deleted' };
  if (past && strength < ARCHIVED_BELOW) return { strength, to: 'archived' };
  if (strength < COLD_BELOW) return { strength, to: memory.state === 'archived' ? 'archived' : 'cold' };
  return { strength, to: 'active' };
}

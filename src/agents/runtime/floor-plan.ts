// What becomes of a message that an agent is to answer, given what the agent has under way in the room: a turn of its own, now
// or later, or a part of another turn. Pure. Must never let anybody but its asker change a turn.
import type { Lane } from './lanes.ts';
import type { SpeakReason } from './turn-taking.ts';

/** What a message does that concerns an agent at work: it waits, joins the turn, begins it anew, or is left alone. */
export type Interruption = 'queue' | 'merge' | 'restart' | 'ignore';

/** A turn that has not begun and takes up newer messages. */
export interface Pending {
  id: string;
  askerId: string;
  reason: string;
}

/** A turn that waits for nothing but its time, or is worked on. */
export interface UnderWay {
  id: string;
  askerId: string;
  /** Times it was begun anew. */
  generation: number;
}

export interface Standing {
  pending?: Pending | undefined;
  /** Oldest first. */
  underWay: readonly UnderWay[];
}

export type Plan =
  /** A turn of its own; `after` goes first. */
  | { do: 'begin'; after?: string | undefined }
  /** A turn that waits for more of the burst. */
  | { do: 'gather'; after?: string | undefined }
  /** The pending turn answers this message now. */
  | { do: 'join'; run: string; atOnce: boolean }
  /** The pending turn answers an older message, and this one with it. */
  | { do: 'cover'; run: string }
  | { do: 'merge'; run: string }
  | { do: 'restart'; run: string }
  | { do: 'ignore' };

export interface Asked {
  reason: SpeakReason;
  authorId: string;
  byPerson: boolean;
  /** Nothing more needs to be waited for. */
  asks: boolean;
  lane: Lane;
}

/** Times a turn may be begun anew; then what comes waits. */
export const MAX_RESTARTS = 3;

export function planTurn(asked: Asked, mode: Interruption, { pending, underWay }: Standing): Plan {
  const { authorId } = asked;
  // A task that nobody waits for keeps nobody waiting.
  if (asked.lane === 'background') return { do: 'begin' };
  const last = underWay.at(-1);
  if (mode === 'ignore' && last !== undefined) return { do: 'ignore' };
  let asks = asked.asks;
  if (pending !== undefined) {
    if (pending.askerId === authorId) return { do: 'join', run: pending.id, atOnce: asks };
    const isUnasked = pending.reason === 'score';
    if (asked.reason === 'score')
      return isUnasked ? { do: 'join', run: pending.id, atOnce: false } : { do: 'cover', run: pending.id };
    if (isUnasked && !asks) return { do: 'join', run: pending.id, atOnce: false };
    // Whoever addresses it himself has an answer of his own, and only one turn gathers.
    asks = true;
  }
  // The turn of another is not changed by what he did not say.
  const own = asked.byPerson ? underWay.findLast(({ askerId }) => askerId === authorId) : undefined;
  if (own !== undefined && mode === 'merge') return { do: 'merge', run: own.id };
  if (own !== undefined && mode === 'restart' && own.generation < MAX_RESTARTS)
    return { do: 'restart', run: own.id };
  // Asked outright, nobody waits for a turn that only gathers.
  return { do: asks ? 'begin' : 'gather', after: last?.id };
}

/** A call or a greeting: what is wanted comes next. */
const PRELUDE = /^[^\p{L}\p{N}]*(hi|hello|hey|hiya|yo|good (morning|afternoon|evening))?[^\p{L}\p{N}]*$/iu;

/** Whether a message says what its author wants, so that nothing more is waited for. */
export function doesAsk(body: string, reason: SpeakReason): boolean {
  if (reason === 'score' || reason === 'follow_up') return false;
  if (reason === 'invoked') return true;
  const words = body.replace(/@[\p{L}\p{N}\p{M}_.-]+/gu, ' ').trim();
  if (reason === 'direct_room') return words.includes('?');
  return !PRELUDE.test(words);
}

const LEAST_MS = 600;
const MOST_MS = 6000;
const DIRECT_LEAST_MS = 300;
const DIRECT_MOST_MS = 1500;
/** After the first message of a burst nothing more is waited for. */
export const BURST_MS = 10_000;
/** A longer pause is not one within a burst. */
const LONGEST_GAP_MS = 60_000;

/**
 * How long more of a burst is waited for after its newest message, in ms.
 * @param times of the sender's last messages, in ms, oldest first
 */
export function windowOf(times: readonly number[], direct: boolean): number {
  const gaps = times.slice(1).map((at, i) => at - (times[i] as number));
  const within = gaps.filter((gap) => gap >= 0 && gap <= LONGEST_GAP_MS);
  const mean = within.length === 0 ? 0 : within.reduce((sum, gap) => sum + gap, 0) / within.length;
  const [least, most] = direct ? [DIRECT_LEAST_MS, DIRECT_MOST_MS] : [LEAST_MS, MOST_MS];
  return Math.round(Math.min(most, Math.max(least, 1.2 * mean)));
}

/** When the wait for more is over. All on one clock, in ms. */
export const windowEnd = (at: { opened: number; newest: number; windowMs: number; typingUntil: number }) =>
  Math.min(at.opened + BURST_MS, Math.max(at.newest + at.windowMs, at.typingUntil));

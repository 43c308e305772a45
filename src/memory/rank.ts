// Ranks memories by fusing the scores of several searches. Pure: no clock, no database, no model.
// Must never rank by position in a list, and must never let age or importance outweigh relevance.

/** Raw scores, higher is better, each in its search's own unit. A search that did not find the item is left out. */
export interface Candidate {
  id: string;
  channels: Readonly<Record<string, number>>;
  /** 0..1, 1 is now. */
  recency?: number;
  /** 0..1. */
  importance?: number;
}

export interface Channel {
  weight: number;
  /** A raw score of at least this much admits an item by itself; undefined: this search never does. */
  admitAt?: number;
  /** Asked before this search alone admits an item: its score may only come near to what it stands for. */
  confirm?: (id: string) => boolean;
}

export interface RankOptions {
  channels: Readonly<Record<string, Channel>>;
  limit: number;
  /** Held to 0..0.1. Default 0. */
  recencyWeight?: number;
  /** Held to 0..0.1. Default 0.05. */
  importanceWeight?: number;
}

export interface ChannelScore {
  raw: number | undefined;
  z: number;
  /** What the channel adds to the score. */
  part: number;
}

export interface Ranked {
  id: string;
  score: number;
  explain: {
    channels: Record<string, ChannelScore>;
    recency: number;
    importance: number;
    /** The searches whose raw score admitted the item. */
    admittedBy: string[];
  };
}

export interface Ranking {
  items: Ranked[];
  /** True when candidates were there and none was good enough to be used. */
  abstained: boolean;
  rejected: { id: string; reason: 'below_threshold' | 'over_limit' }[];
  /** How any of the candidates came by its score. */
  explain(id: string): Ranked | undefined;
}

/**
 * Weights tuned on half of the questions of three of LoCoMo's dialogues (`npm run bench:recall`). Only `coverage`, the share of the
 * question's words that are there, and `vector`, a cosine, can tell by themselves whether anything fits at all. What meaning weighs
 * depends on who embeds.
 */
export const DEFAULT_CHANNELS = {
  coverage: { weight: 0, admitAt: 0.15 },
  text: { weight: 1 },
  session: { weight: 0.8 },
  speaker: { weight: 1.5 },
  facts: { weight: 0.4 },
} as const satisfies Record<string, Channel>;

const MAX_SIDE_WEIGHT = 0.1;
const NONE: string[] = [];

/**
 * Z-score sum: each channel's scores are standardised over the candidates it found (population deviation; all equal gives 0, not found
 * gives the channel's lowest), weighted, and added up. Score fusion keeps how much better one hit is than the next, which
 * reciprocal-rank fusion throws away (Bruch et al., An Analysis of Fusion Functions for Hybrid Retrieval, TOIS 2023).
 * Admission is separate and absolute, by raw scores, since a z-score is high for the best of a bad lot. Ties break by id.
 */
export function rank(candidates: readonly Candidate[], options: RankOptions): Ranking {
  const weighed = Object.entries(options.channels).map(([name, channel]) => {
    const raws = new Float64Array(candidates.length);
    for (let i = 0; i < raws.length; i++) raws[i] = rawScore(candidates[i] as Candidate, name);
    return { ...channel, name, raws, stats: describe(raws) };
  });
  const recencyWeight = sideWeight(options.recencyWeight ?? 0);
  const importanceWeight = sideWeight(options.importanceWeight ?? 0.05);
  const bars = weighed.filter(({ admitAt }) => admitAt !== undefined);
  /** The searches that admit an item; a score that only comes near is asked about where no other one does. */
  function admitters(i: number): string[] {
    if (!bars.some(({ admitAt, raws }) => (raws[i] as number) >= (admitAt as number))) return NONE;
    const found = bars.filter(({ admitAt, raws }) => (raws[i] as number) >= (admitAt as number));
    const { id } = candidates[i] as Candidate;
    const sure = found.some(({ confirm }) => confirm === undefined);
    return found.flatMap(({ name, confirm }) => (sure || confirm?.(id) ? [name] : []));
  }
  const scores = new Float64Array(candidates.length);
  for (const { weight, raws, stats } of weighed)
    for (let i = 0; i < scores.length; i++)
      scores[i] = (scores[i] as number) + weight * zOf(stats, raws[i] as number);
  const admitted: { i: number; id: string; score: number }[] = [];
  const rejected: Ranking['rejected'] = [];
  for (let i = 0; i < candidates.length; i++) {
    const { id, recency, importance } = candidates[i] as Candidate;
    const score = (scores[i] as number) + recencyWeight * unit(recency) + importanceWeight * unit(importance);
    if (admitters(i).length > 0) admitted.push({ i, id, score });
    else rejected.push({ id, reason: 'below_threshold' });
  }
  admitted.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  for (const { id } of admitted.slice(options.limit)) rejected.push({ id, reason: 'over_limit' });

  let places: Map<string, number> | undefined;
  function explained(i: number): Ranked {
    const candidate = candidates[i] as Candidate;
    const recency = recencyWeight * unit(candidate.recency);
    const importance = importanceWeight * unit(candidate.importance);
    let score = recency + importance;
    const channels: Record<string, ChannelScore> = {};
    for (const { name, weight, raws, stats } of weighed) {
      const raw = raws[i] as number;
      const z = zOf(stats, raw);
      channels[name] = { raw: Number.isNaN(raw) ? undefined : raw, z, part: weight * z };
      score += weight * z;
    }
    return { id: candidate.id, score, explain: { channels, recency, importance, admittedBy: admitters(i) } };
  }

  return {
    items: admitted.slice(0, options.limit).map(({ i }) => explained(i)),
    abstained: admitted.length === 0 && candidates.length > 0,
    rejected,
    explain(id) {
      places ??= new Map(candidates.map((candidate, i) => [candidate.id, i]));
      const i = places.get(id);
      return i === undefined ? undefined : explained(i);
    },
  };
}

interface Stats {
  found: number;
  mean: number;
  lowest: number;
  /** 0 where all hits are alike. */
  deviation: number;
}

/** Misses are NaN. */
function describe(raws: Float64Array): Stats {
  let found = 0;
  let sum = 0;
  let lowest = Number.POSITIVE_INFINITY;
  for (const raw of raws) {
    if (Number.isNaN(raw)) continue;
    found++;
    sum += raw;
    if (raw < lowest) lowest = raw;
  }
  const mean = sum / Math.max(1, found);
  let square = 0;
  for (const raw of raws) if (!Number.isNaN(raw)) square += (raw - mean) ** 2;
  const deviation = Math.sqrt(square / Math.max(1, found));
  return { found, mean, lowest, deviation: deviation <= 1e-12 * Math.max(1, Math.abs(mean)) ? 0 : deviation };
}

function zOf({ found, mean, lowest, deviation }: Stats, raw: number): number {
  if (found === 0) return 0;
  // All hits alike tell nothing apart among themselves, but still stand above a miss.
  if (deviation === 0) return Number.isNaN(raw) ? -1 : 0;
  return ((Number.isNaN(raw) ? lowest : raw) - mean) / deviation;
}

function rawScore(candidate: Candidate, name: string): number {
  const raw = candidate.channels[name];
  return raw !== undefined && Number.isFinite(raw) ? raw : Number.NaN;
}

const unit = (value: number | undefined): number => Math.min(1, Math.max(0, value ?? 0)) || 0;
const sideWeight = (value: number): number => Math.min(MAX_SIDE_WEIGHT, Math.max(0, value)) || 0;

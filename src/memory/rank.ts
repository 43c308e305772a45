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
}

/**
 * Weights tuned on half of the questions of three of LoCoMo's dialogues (`npm run bench:recall`). Only `coverage`, the share of the
 * question's words that are there, and `vector`, a cosine, can tell by themselves whether anything fits at all.
 */
export const DEFAULT_CHANNELS: Readonly<Record<string, Channel>> = {
  text: { weight: 1 },
  vector: { weight: 0.4, admitAt: 0.25 },
  session: { weight: 0.8 },
  speaker: { weight: 1.5 },
  facts: { weight: 0.4 },
  factMeaning: { weight: 0.4 },
  coverage: { weight: 0, admitAt: 0.15 },
};

const MAX_SIDE_WEIGHT = 0.1;

/**
 * Z-score sum: each channel's scores are standardised over the candidates it found (population deviation; all equal gives 0, not found
 * gives the channel's lowest), weighted, and added up. Score fusion keeps how much better one hit is than the next, which
 * reciprocal-rank fusion throws away (Bruch et al., An Analysis of Fusion Functions for Hybrid Retrieval, TOIS 2023).
 * Admission is separate and absolute, by raw scores, since a z-score is high for the best of a bad lot. Ties break by id.
 */
export function rank(candidates: readonly Candidate[], options: RankOptions): Ranking {
  const names = Object.keys(options.channels);
  const stats = new Map(names.map((name) => [name, describe(candidates, name)]));
  const recencyWeight = sideWeight(options.recencyWeight ?? 0);
  const importanceWeight = sideWeight(options.importanceWeight ?? 0.05);
  const admitted: { candidate: Candidate; score: number }[] = [];
  const rejected: Ranking['rejected'] = [];
  const weighed = names.map((name) => ({
    name,
    ...(options.channels[name] as Channel),
    stats: stats.get(name) as Stats,
  }));
  for (const candidate of candidates) {
    let score = recencyWeight * unit(candidate.recency) + importanceWeight * unit(candidate.importance);
    let fits = false;
    for (const { name, weight, admitAt, stats } of weighed) {
      const raw = rawScore(candidate, name);
      score += weight * stats.z(raw);
      fits ||= raw !== undefined && admitAt !== undefined && raw >= admitAt;
    }
    if (fits) admitted.push({ candidate, score });
    else rejected.push({ id: candidate.id, reason: 'below_threshold' });
  }
  admitted.sort((a, b) => b.score - a.score || (a.candidate.id < b.candidate.id ? -1 : 1));
  for (const { candidate } of admitted.slice(options.limit))
    rejected.push({ id: candidate.id, reason: 'over_limit' });

  function explain(candidate: Candidate): Ranked['explain'] {
    const channels: Record<string, ChannelScore> = {};
    const admittedBy: string[] = [];
    for (const { name, weight, admitAt, stats } of weighed) {
      const raw = rawScore(candidate, name);
      const z = stats.z(raw);
      channels[name] = { raw, z, part: weight * z };
      if (raw !== undefined && admitAt !== undefined && raw >= admitAt) admittedBy.push(name);
    }
    const recency = recencyWeight * unit(candidate.recency);
    const importance = importanceWeight * unit(candidate.importance);
    return { channels, recency, importance, admittedBy };
  }

  return {
    items: admitted
      .slice(0, options.limit)
      .map(({ candidate, score }) => ({ id: candidate.id, score, explain: explain(candidate) })),
    abstained: admitted.length === 0 && candidates.length > 0,
    rejected,
  };
}

interface Stats {
  z(raw: number | undefined): number;
}

function describe(candidates: readonly Candidate[], name: string): Stats {
  const found = candidates.map((candidate) => rawScore(candidate, name)).filter((raw) => raw !== undefined);
  if (found.length === 0) return { z: () => 0 };
  const mean = found.reduce((sum, raw) => sum + raw, 0) / found.length;
  const deviation = Math.sqrt(found.reduce((sum, raw) => sum + (raw - mean) ** 2, 0) / found.length);
  const lowest = found.reduce((low, raw) => Math.min(low, raw), Number.POSITIVE_INFINITY);
  if (deviation <= 1e-12 * Math.max(1, Math.abs(mean))) {
    // All hits alike tell nothing apart among themselves, but still stand above a miss.
    return { z: (raw) => (raw === undefined ? -1 : 0) };
  }
  return { z: (raw) => ((raw ?? lowest) - mean) / deviation };
}

function rawScore(candidate: Candidate, name: string): number | undefined {
  const raw = Object.hasOwn(candidate.channels, name) ? candidate.channels[name] : undefined;
  return raw !== undefined && Number.isFinite(raw) ? raw : undefined;
}

const unit = (value: number | undefined): number => Math.min(1, Math.max(0, value ?? 0)) || 0;
const sideWeight = (value: number): number => Math.min(MAX_SIDE_WEIGHT, Math.max(0, value)) || 0;

// Reads what /metrics answers, and takes rates and quantiles from two readings. Pure.

export interface Reading {
  /** Milliseconds of the page's clock. */
  at: number;
  /** By name of the series, each with its labels. */
  series: Map<string, { labels: Record<string, string>; value: number }[]>;
}

const LINE = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/i;
const LABEL = /([a-z_]\w*)="((?:[^"\\]|\\.)*)"/gi;

export function parse(text: string, at: number): Reading {
  const series: Reading['series'] = new Map();
  for (const line of text.split('\n')) {
    const [, name, labels = '', number] = LINE.exec(line) ?? [];
    if (name === undefined || number === undefined) continue;
    const found = { labels: labelsOf(labels), value: Number(number) };
    const list = series.get(name);
    if (list === undefined) series.set(name, [found]);
    else list.push(found);
  }
  return { at, series };
}

const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(LABEL)].map(([, key, value]) => [key, value]));

type Fits = (labels: Record<string, string>) => boolean;

export function sum({ series }: Reading, name: string, fits: Fits = () => true): number {
  let total = 0;
  for (const { labels, value } of series.get(name) ?? []) if (fits(labels)) total += value;
  return total;
}

/** How much a counter grows a second. Not below zero: a server that began anew counts from nothing. */
export function rate(now: Reading, before: Reading, name: string, fits?: Fits): number {
  const seconds = (now.at - before.at) / 1000;
  return seconds <= 0 ? 0 : Math.max(0, sum(now, name, fits) - sum(before, name, fits)) / seconds;
}

/** Of what was measured between two readings of a histogram, in its unit; undefined where nothing was. */
export function quantile(now: Reading, before: Reading, name: string, share: number): number | undefined {
  const counts = new Map<number, number>();
  const add = (reading: Reading, sign: 1 | -1) => {
    for (const { labels, value } of reading.series.get(`${name}_bucket`) ?? []) {
      const le = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le);
      counts.set(le, (counts.get(le) ?? 0) + sign * value);
    }
  };
  add(now, 1);
  add(before, -1);
  const buckets = [...counts].sort(([a], [b]) => a - b);
  const all = buckets.at(-1)?.[1] ?? 0;
  if (all <= 0) return undefined;
  const wanted = all * share;
  let [below, under] = [0, 0];
  for (const [le, count] of buckets) {
    if (count >= wanted) {
      if (le === Number.POSITIVE_INFINITY) return below;
      return below + (le - below) * ((wanted - under) / Math.max(count - under, 1));
    }
    [below, under] = [le, count];
  }
  return below;
}

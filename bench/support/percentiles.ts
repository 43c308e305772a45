// Percentiles of samples in ms. Pure.

export interface Latency {
  p50: number;
  p99: number;
  samples: number;
}

export function latencyOf(samples: number[]): Latency | undefined {
  if (samples.length === 0) return undefined;
  const sorted = Float64Array.from(samples).sort();
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
  return { p50: at(0.5), p99: at(0.99), samples: sorted.length };
}

// The whole client over a network that loses, repeats, reorders and delays: in the end it shows what the server has.
// `SEEDS=1000 npx vitest run client-sdk/tests/lossy.test.ts` takes as many seeds, `SEED=17` that one alone.
import { describe, expect, it } from 'vitest';
import { runSeed, type Tally } from './lossy.ts';

const { SEED, SEEDS = '60' } = process.env;
const seeds = SEED === undefined ? Array.from({ length: Number(SEEDS) }, (_, i) => i + 1) : [Number(SEED)];

describe('client over a lossy network', () => {
  it('I1 I2 I7 I8 I12 I13 I14 I21 I22 I23 I25 I26 I29 I31 I32 I33 I36 ends with the state of the server, every message sent exactly once and in order', async () => {
    const total: Tally = { sent: 0, logged: 0, entries: 0, faults: 0, calls: 0, steps: 0, ran: 0 };
    const broken: string[] = [];
    const started = performance.now();
    for (const seed of seeds) {
      try {
        const tally = await runSeed(seed);
        for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key];
      } catch (error) {
        broken.push(`SEED=${seed}: ${error instanceof Error ? error.message : String(error)}`);
        if (SEED !== undefined) throw error;
      }
    }
    if (process.env.SEEDS !== undefined)
      console.log({ seeds: seeds.length, ...total, ms: Math.round(performance.now() - started) });
    expect(broken).toEqual([]);
    expect(total.faults).toBeGreaterThan(seeds.length);
  }, 1_200_000);
});

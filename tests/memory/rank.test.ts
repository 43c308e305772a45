// Score fusion: what wins, what is admitted, and what the explanation says.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, rank } from '../../src/memory/rank.ts';

const CHANNELS = { text: { weight: 1, admitAt: 0.02 }, vector: { weight: 0.7, admitAt: 0.25 } };
const options = { channels: CHANNELS, limit: 10 };
const order = (candidates: Candidate[], more = {}): string[] =>
  rank(candidates, { ...options, ...more }).items.map((item) => item.id);

describe('rank', () => {
  it('puts what both searches like first', () => {
    expect(
      order([
        { id: 'text', channels: { text: 0.5, vector: 0.26 } },
        { id: 'both', channels: { text: 0.5, vector: 0.8 } },
        { id: 'neither', channels: { text: 0.1, vector: 0.26 } },
      ]),
    ).toEqual(['both', 'text', 'neither']);
  });

  it('keeps how far apart scores are, unlike rank fusion', () => {
    // By ranks a and b are mirror images and tie; by scores a wins far ahead in text and loses by a hair in vector.
    const items = rank(
      [
        { id: 'b', channels: { text: 0.1, vector: 0.61 } },
        { id: 'a', channels: { text: 0.9, vector: 0.6 } },
        { id: 'c', channels: { text: 0.09, vector: 0.3 } },
      ],
      { channels: { text: { weight: 1, admitAt: 0.02 }, vector: { weight: 1, admitAt: 0.25 } }, limit: 3 },
    ).items;
    expect(items.map((item) => item.id)).toEqual(['a', 'b', 'c']);
    expect((items[0]?.score ?? 0) - (items[1]?.score ?? 0)).toBeGreaterThan(1.5);
  });

  it('abstains when even the best is poor, however high its z-score', () => {
    const ranking = rank(
      [
        { id: 'a', channels: { vector: 0.2 } },
        { id: 'b', channels: { vector: 0.01 } },
      ],
      options,
    );
    expect(ranking).toMatchObject({ items: [], abstained: true });
    expect(ranking.rejected).toEqual([
      { id: 'a', reason: 'below_threshold' },
      { id: 'b', reason: 'below_threshold' },
    ]);
    expect(rank([], options).abstained).toBe(false);
  });

  it('admits what one search is sure of although the other missed it, and says so', () => {
    const [item] = rank([{ id: 'a', channels: { text: 0.4 } }], options).items;
    expect(item?.explain.admittedBy).toEqual(['text']);
    expect(item?.explain.channels.vector).toEqual({ raw: undefined, z: 0, part: 0 });
  });

  it('asks whether a near score holds only where nothing else admits, and believes the answer', () => {
    const asked: string[] = [];
    const { items, rejected } = rank(
      [
        { id: 'both', channels: { text: 0.4, vector: 0.5 } },
        { id: 'chance', channels: { vector: 0.4 } },
        { id: 'alike', channels: { vector: 0.3 } },
        { id: 'far', channels: { vector: 0.1 } },
      ],
      {
        channels: {
          text: { weight: 1, admitAt: 0.02 },
          vector: { weight: 1, admitAt: 0.25, confirm: (id) => asked.push(id) > 0 && id === 'alike' },
        },
        limit: 10,
      },
    );
    expect(items.map(({ id, explain }) => [id, explain.admittedBy])).toEqual([
      ['both', ['text', 'vector']],
      ['alike', ['vector']],
    ]);
    expect(rejected.map(({ id }) => id)).toEqual(['chance', 'far']);
    expect(new Set(asked)).toEqual(new Set(['chance', 'alike']));
  });

  it('puts a hit above a miss when all hits are alike', () => {
    expect(
      order([
        { id: 'a-miss', channels: { vector: 0.3 } },
        { id: 'b-hit', channels: { text: 0.3, vector: 0.3 } },
        { id: 'c-hit', channels: { text: 0.3, vector: 0.3 } },
      ]),
    ).toEqual(['b-hit', 'c-hit', 'a-miss']);
  });

  it('never lets recency or importance outweigh relevance, whatever weight is asked for', () => {
    expect(
      order(
        [
          { id: 'new', channels: { text: 0.1, vector: 0.3 }, recency: 1, importance: 1 },
          { id: 'relevant', channels: { text: 0.3, vector: 0.6 }, recency: 0, importance: 0 },
        ],
        { recencyWeight: 50, importanceWeight: 50 },
      ),
    ).toEqual(['relevant', 'new']);
    expect(
      order(
        [
          { id: 'a-old', channels: { text: 0.3 }, recency: 0 },
          { id: 'b-new', channels: { text: 0.3 }, recency: 1 },
        ],
        { recencyWeight: 0.1 },
      ),
    ).toEqual(['b-new', 'a-old']);
  });

  it('cuts at the limit and names what was cut', () => {
    const ranking = rank(
      ['a', 'b', 'c'].map((id, i) => ({ id, channels: { text: 0.9 - i / 10 } })),
      { ...options, limit: 2 },
    );
    expect(ranking.items.map((item) => item.id)).toEqual(['a', 'b']);
    expect(ranking.rejected).toEqual([{ id: 'c', reason: 'over_limit' }]);
  });

  it('explains every score in full, in any order of the candidates, and ignores scores that are no numbers', () => {
    const score = fc.oneof(fc.double({ min: -5, max: 5, noNaN: true }), fc.constant(Number.NaN));
    const candidate = fc.record({
      text: score,
      vector: score,
      recency: fc.double(),
      importance: fc.double(),
    });
    fc.assert(
      fc.property(
        fc.array(candidate, { maxLength: 20 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rows, recencyWeight) => {
          const candidates = rows.map(({ text, vector, recency, importance }, i) => ({
            id: String(i).padStart(3, '0'),
            channels: { text, vector },
            recency,
            importance,
          }));
          const settings = { ...options, recencyWeight };
          const ranking = rank(candidates, settings);
          for (const { score: total, explain } of ranking.items) {
            const parts = Object.values(explain.channels).reduce((sum, channel) => sum + channel.part, 0);
            expect(total).toBeCloseTo(parts + explain.recency + explain.importance, 9);
            expect(explain.admittedBy.length).toBeGreaterThan(0);
          }
          expect(ranking.items.length + ranking.rejected.length).toBe(candidates.length);
          const reversed = rank([...candidates].reverse(), settings).items;
          // Sums in another order differ in the last bit, so scores are compared, not ties.
          reversed.forEach((item, i) => {
            expect(item.score).toBeCloseTo(ranking.items[i]?.score ?? Number.NaN, 9);
          });
        },
      ),
    );
  });
});

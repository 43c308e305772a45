// What is streamed is what is sent: however a model cuts its text, the deltas add up to the final body.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Delta, Draft } from '../../src/agents/runtime/draft.ts';
import type { Clock } from '../../src/core/clock.ts';

function setup(maxBytes = 16_384) {
  let now = 0;
  const wakers: { at: number; wake: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    date: () => new Date(now),
    elapsed: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        wakers.push({ at: now + ms, wake: resolve });
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
  };
  const deltas: Delta[] = [];
  const draft = new Draft({ clock, maxBytes, emit: (delta) => deltas.push(delta) });
  const pass = async (ms: number) => {
    now += ms;
    for (const { at, wake } of wakers) if (at <= now) wake();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const shown = () => deltas.reduce((text, { at, text: more }) => text.slice(0, at) + more, '');
  return { draft, deltas, shown, pass };
}

const words = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(' ', '\n', 'word', '\u0000', '\ud83d', '\ude00', '\ud83d\ude00', 'é'),
  ),
  { maxLength: 30 },
);

describe('Draft', () => {
  it('shows exactly its text, and a well-formed text without white space at its ends', () => {
    fc.assert(
      fc.property(words, (pieces) => {
        const { draft, shown, deltas } = setup();
        for (const piece of pieces) draft.append(piece);
        draft.flush();
        expect(shown()).toBe(draft.text);
        expect(draft.text.isWellFormed()).toBe(true);
        expect(draft.text).toBe(draft.text.trim());
        expect(draft.text).not.toContain('\u0000');
        let end = 0;
        for (const { at, text } of deltas) {
          expect(at).toBe(end);
          end = at + text.length;
        }
      }),
    );
  });

  it('comes to the same text however it was cut, live or resumed', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 4 }), (calls) => {
        const live = setup().draft;
        for (const pieces of calls) {
          live.break();
          for (const piece of pieces) live.append(piece);
        }
        const resumed = setup().draft;
        resumed.restart(calls.map((pieces) => pieces.join('')));
        expect(resumed.text).toBe(live.text);
      }),
    );
  });

  it('never grows beyond its bytes and never cuts a character', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 40 }), (pieces, max) => {
        const { draft, shown } = setup(max);
        for (const piece of pieces) draft.append(piece);
        draft.flush();
        expect(Buffer.byteLength(draft.text)).toBeLessThanOrEqual(max);
        expect(draft.text.isWellFormed()).toBe(true);
        expect(shown()).toBe(draft.text);
      }),
    );
  });

  it('sends at most twenty deltas a second', async () => {
    const { draft, deltas, pass, shown } = setup();
    for (let i = 0; i < 200; i++) {
      draft.append(`w${i} `);
      await pass(5);
    }
    draft.flush();
    expect(deltas.length).toBeLessThanOrEqual(22);
    expect(deltas.length).toBeGreaterThan(15);
    expect(shown()).toBe(draft.text);
  });

  it('starts over at 0 for readers who have the text of a call that broke off', () => {
    const { draft, shown, deltas } = setup();
    draft.restart(['Let me see.']);
    draft.break();
    draft.append('It is 39');
    draft.restart(['Let me see.']);
    draft.break();
    draft.append('It is 391.');
    draft.flush();
    expect(deltas.filter((delta) => delta.at === 0)).toHaveLength(2);
    expect(shown()).toBe('Let me see.\n\nIt is 391.');
  });
});

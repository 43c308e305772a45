// Deltas of an agent's text: any order and repetition gives the text, and never a hole.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDelta,
  dropStale,
  endRun,
  STREAM_ENDED_MS,
  STREAM_STALE_MS,
  type Streams,
} from '../src/streams.ts';

const ids = { roomId: 'r', agentId: 'a', runId: 'run', messageId: 'm' };
const delta = (at: number, text: string, runId = 'run') => ({ ...ids, runId, at, text });
const textOf = (streams: Streams) => streams.m?.shown.text;

describe('streams', () => {
  it('I9 shows a prefix of the text at every moment, and all of it once every delta came', () => {
    const deltas = fc.array(fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }), {
      minLength: 1,
      maxLength: 15,
    });
    fc.assert(
      fc.property(deltas, fc.infiniteStream(fc.nat()), (parts, picks) => {
        const whole = parts.join('');
        // First piece first: a text that is told anew from 0 with other words is a restart, not a repetition.
        let at = 0;
        const all = parts.map((text) => {
          const one = delta(at, text);
          at += text.length;
          return one;
        });
        const bag = [...all, ...all];
        let streams: Streams = {};
        while (bag.length > 0) {
          const [one] = bag.splice((picks.next().value as number) % bag.length, 1);
          streams = addDelta(streams, one as (typeof all)[number], 0);
          expect(whole.startsWith(textOf(streams) as string)).toBe(true);
        }
        expect(textOf(streams)).toBe(whole);
        expect(streams.m?.ahead.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('I9 takes only the new part of a delta that overlaps, and the same object when there is none', () => {
    const first = addDelta({}, delta(0, 'Hello'), 0);
    expect(addDelta(first, delta(1, 'ell'), 0)).toBe(first);
    expect(textOf(addDelta(first, delta(3, 'lo there'), 0))).toBe('Hello there');
  });

  it('I10 begins anew for another run, and for a run that writes other words from 0', () => {
    const first = addDelta({}, delta(0, 'Hello'), 0);
    expect(textOf(addDelta(first, delta(0, 'Good'), 0))).toBe('Good');
    expect(textOf(addDelta(first, delta(0, 'Hel', 'other'), 0))).toBe('Hel');
  });

  it('I10 lets go of a stream that nobody continues, sooner when its run has ended', () => {
    const open = addDelta({}, delta(0, 'Hello'), 0);
    expect(dropStale(open, STREAM_STALE_MS - 1)).toBe(open);
    expect(dropStale(open, STREAM_STALE_MS)).toEqual({});
    const ended = endRun(open, 'run', 'error', 1000);
    expect(ended.m?.shown.ended).toBe('error');
    expect(dropStale(ended, 1000 + STREAM_ENDED_MS)).toEqual({});
  });
});

// The wrappers around a model: what is repeated, what is given up on, what is counted.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withDeadline } from '../../../src/agents/llm/deadline.ts';
import { generate, type LlmEvent } from '../../../src/agents/llm/llm.ts';
import { LlmError } from '../../../src/agents/llm/llm-error.ts';
import { type MeterRecord, withMeter } from '../../../src/agents/llm/meter.ts';
import { withRetry } from '../../../src/agents/llm/retry.ts';
import { wrapLlm } from '../../../src/agents/llm/wrap.ts';
import { fakeTime } from './fake-time.ts';
import { collect, done, playing, request } from './support.ts';

const text = (words: string): LlmEvent => ({ type: 'text', text: words });
const overloaded = () => new LlmError('overloaded', 'Busy.');
const forever = new Promise<never>(() => undefined);

describe('retry', () => {
  it('tries three times in all, waiting longer each time, and throws the last error', async () => {
    const time = fakeTime({ instant: true });
    const llm = playing([overloaded()], [overloaded()], [new LlmError('unavailable', 'Gone.')], [done]);
    const retried = withRetry(llm, { sleep: time.sleep, random: () => 0.5 });
    await expect(generate(retried, request('x'))).rejects.toMatchObject({
      kind: 'unavailable',
      partial: false,
    });
    expect(llm.calls).toHaveLength(3);
    expect(time.waits).toEqual([375, 750]);
  });

  it('keeps the jitter between half of the wait and the whole', () => {
    fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 0.999, noNaN: true }), async (random) => {
        const time = fakeTime({ instant: true });
        const llm = playing([overloaded()], [overloaded()], [done]);
        await generate(
          withRetry(llm, { sleep: time.sleep, random: () => random, baseMs: 100 }),
          request('x'),
        );
        time.waits.forEach((wait, i) => {
          expect(wait).toBeGreaterThanOrEqual(50 * 2 ** i);
          expect(wait).toBeLessThan(100 * 2 ** i);
        });
      }),
    );
  });

  it('does not ask again a server that wants a longer wait than 30 s', async () => {
    const time = fakeTime({ instant: true });
    const llm = playing([new LlmError('rate_limited', 'Slow.', { retryAfterMs: 30_001 })], [done]);
    const retried = withRetry(llm, { sleep: time.sleep, random: () => 0 });
    await expect(generate(retried, request('x'))).rejects.toMatchObject({ kind: 'rate_limited' });
    expect(time.waits).toEqual([]);
  });

  it('counts down what several calls may try together', async () => {
    const time = fakeTime({ instant: true });
    const llm = playing([overloaded()], [overloaded()], [overloaded()], [overloaded()]);
    const attempts = { left: 3, made: 0 };
    const retried = () =>
      generate(withRetry(llm, { sleep: time.sleep, random: () => 0, attempts }), request('x'));
    await expect(retried()).rejects.toMatchObject({ kind: 'overloaded' });
    expect([llm.calls.length, attempts]).toEqual([3, { left: 0, made: 3 }]);
  });

  it.each(['auth', 'bad_request', 'cancelled'] as const)('does not repeat after %s', async (kind) => {
    const llm = playing([new LlmError(kind, 'No.')], [done]);
    const retried = withRetry(llm, { sleep: fakeTime().sleep, random: () => 0 });
    await expect(generate(retried, request('x'))).rejects.toMatchObject({ kind });
    expect(llm.calls).toHaveLength(1);
  });

  it.each([
    ['text', text('so')],
    ['a tool call', { type: 'tool_call', id: '1', name: 'send', args: {} } as LlmEvent],
  ])('never repeats once it has yielded %s', async (_, event) => {
    const llm = playing([event, overloaded()], [done]);
    const retried = withRetry(llm, { sleep: fakeTime().sleep, random: () => 0 });
    await expect(generate(retried, request('x'))).rejects.toMatchObject({
      kind: 'overloaded',
      partial: true,
    });
    expect(llm.calls).toHaveLength(1);
  });

  it('stops waiting when it is cancelled', async () => {
    const time = fakeTime();
    const control = new AbortController();
    const llm = playing([overloaded()], [done]);
    const pending = generate(
      withRetry(llm, { sleep: time.sleep, random: () => 0 }),
      request('x', { signal: control.signal }),
    );
    const outcome = expect(pending).rejects.toMatchObject({ kind: 'cancelled' });
    await time.advance(0);
    control.abort();
    await outcome;
    expect(llm.calls).toHaveLength(1);
  });
});

describe('deadline', () => {
  it('gives up after silence, also after text, and cancels the call', async () => {
    const time = fakeTime();
    const llm = playing([text('one'), forever]);
    const seen: LlmEvent[] = [];
    const pending = (async () => {
      for await (const event of withDeadline(llm, { sleep: time.sleep }).stream(request('x')))
        seen.push(event);
    })();
    const outcome = expect(pending).rejects.toMatchObject({
      kind: 'timeout',
      retryable: true,
      partial: true,
    });
    await time.advance(29_999);
    expect(llm.calls[0]?.signal.aborted).toBe(false);
    await time.advance(30_000);
    await outcome;
    expect(seen).toEqual([text('one')]);
    expect(llm.calls[0]?.signal.aborted).toBe(true);
    expect(time.pending()).toBe(0);
  });

  it('starts the idle clock anew with every event, and the total clock never', async () => {
    const time = fakeTime();
    const release: (() => void)[] = [];
    const llm = {
      provider: 'slow',
      async *stream(): AsyncGenerator<LlmEvent> {
        for (let i = 0; ; i++) {
          await new Promise<void>((resolve) => release.push(resolve));
          yield text(String(i));
        }
      },
    };
    let count = 0;
    const pending = (async () => {
      for await (const _ of withDeadline(llm, { sleep: time.sleep, idleMs: 100, totalMs: 450 }).stream(
        request('x'),
      ))
        count++;
    })();
    const outcome = expect(pending).rejects.toMatchObject({
      kind: 'timeout',
      retryable: false,
      partial: true,
    });
    for (let i = 0; i < 5; i++) {
      await time.advance(90);
      release.at(-1)?.();
      await time.advance(0);
    }
    await outcome;
    expect(count).toBe(4);
  });

  it('ends at once when cancelled, although the provider does not listen', async () => {
    const time = fakeTime();
    const control = new AbortController();
    const llm = withDeadline(playing([forever]), { sleep: time.sleep });
    const outcome = expect(generate(llm, request('x', { signal: control.signal }))).rejects.toMatchObject({
      kind: 'cancelled',
    });
    await time.advance(1);
    control.abort();
    await outcome;
    expect(time.pending()).toBe(0);
  });

  it('leaves nothing running when the reader leaves early or all goes well', async () => {
    const time = fakeTime();
    const llm = playing([text('a'), text('b'), done], [text('a'), done]);
    for await (const _ of withDeadline(llm, { sleep: time.sleep }).stream(request('x'))) break;
    expect(llm.calls[0]?.signal.aborted).toBe(true);
    expect(await collect(withDeadline(llm, { sleep: time.sleep }).stream(request('x')))).toEqual([
      text('a'),
      done,
    ]);
    expect(time.pending()).toBe(0);
  });
});

describe('meter', () => {
  it('counts calls, tokens, time and money, of failures and of calls left early, too', async () => {
    let now = 0;
    const records: MeterRecord[] = [];
    const llm = playing(
      [text('a'), { ...done, model: 'claude-haiku-4-5-20251001' } as LlmEvent],
      [overloaded()],
      [text('a')],
    );
    const metered = withMeter(llm, {
      elapsed: () => {
        now += 5;
        return now;
      },
      onCall: (record) => records.push(record),
    });
    await generate(metered, request('x'));
    await generate(metered, request('x')).catch(() => undefined);
    for await (const _ of metered.stream(request('x'))) break;
    expect(records.map((record) => record.outcome)).toEqual(['ok', 'overloaded', 'abandoned']);
    expect(records[0]).toMatchObject({ provider: 'played', ms: 10, firstEventMs: 5 });
    expect(records[0]?.costUsd).toBeCloseTo((10 * 1 + 5 * 5) / 1e6, 12);
    expect(records[1]).toMatchObject({ firstEventMs: undefined, costUsd: undefined });
    expect(metered.totals()).toMatchObject({ calls: 3, failures: 2, inputTokens: 10, outputTokens: 5 });
  });
});

describe('all of them', () => {
  it('retries a try that fell silent, without taking the wait for silence, within the total time', async () => {
    const time = fakeTime();
    const llm = playing([forever], [text('back'), done]);
    const wrapped = wrapLlm(llm, {
      sleep: time.sleep,
      random: () => 0,
      elapsed: time.now,
      idleMs: 100,
      totalMs: 1000,
    });
    const pending = generate(wrapped, request('x'));
    await time.advance(100);
    expect(llm.calls).toHaveLength(1);
    await time.advance(250);
    expect((await pending).text).toBe('back');
    expect(wrapped.totals()).toMatchObject({ calls: 2, failures: 1 });
    expect(time.pending()).toBe(0);
  });

  it('does not outlive the total time, however often it may retry', async () => {
    const time = fakeTime();
    const llm = playing([overloaded()], [forever]);
    const wrapped = wrapLlm(llm, { sleep: time.sleep, random: () => 0, elapsed: time.now, totalMs: 1000 });
    const outcome = expect(generate(wrapped, request('x'))).rejects.toMatchObject({
      kind: 'timeout',
      retryable: false,
    });
    await time.advance(0);
    await time.advance(250);
    expect(llm.calls).toHaveLength(2);
    await time.advance(750);
    await outcome;
    expect(llm.calls[1]?.signal.aborted).toBe(true);
    expect(time.pending()).toBe(0);
  });
});

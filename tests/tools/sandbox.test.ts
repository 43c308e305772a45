// What a program in the sandbox may count on: its input, its output, a console, host calls, and the same answer each time.
import { afterAll, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { AppError } from '../../src/core/errors.ts';
import { createSandbox, type SandboxJob } from '../../src/tools/sandbox.ts';

// A thread for each program starts slowly on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const { run, stop } = createSandbox({ clock: systemClock });
afterAll(stop);
/** Time enough on any machine, where time is not the point. */
const sandbox = {
  run: (job: SandboxJob) => run({ ...job, limits: { timeMs: 15_000, ...job.limits } }),
};

async function output(job: SandboxJob) {
  const result = await sandbox.run(job);
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.output;
}

async function failure(job: SandboxJob) {
  const result = await sandbox.run(job);
  if (result.ok) throw new Error(`it returned ${JSON.stringify(result.output)}`);
  return result.error;
}

test('takes input, awaits, and returns JSON', async () => {
  const code = 'const { a, b } = await input; return { sum: a + b, at: new Date(0), none: undefined };';
  expect(await output({ code, input: { a: 1, b: 2 } })).toEqual({ sum: 3, at: '1970-01-01T00:00:00.000Z' });
  expect(await output({ code: '' })).toBeNull();
});

test('runs TypeScript', async () => {
  const code = `interface Point { x: number; y: number }
    const point = input as Point;
    const length = ({ x, y }: Point): number => Math.hypot(x, y);
    return length(point);`;
  expect(await output({ code, language: 'typescript', input: { x: 3, y: 4 } })).toBe(5);
  expect(await failure({ code, input: { x: 3, y: 4 } })).toMatchObject({ code: 'syntax' });
  expect(await failure({ code: 'enum A { B }', language: 'typescript' })).toMatchObject({ code: 'syntax' });
});

test('keeps what is logged, even of a program that fails', async () => {
  const code =
    'console.log("a", 1, { b: [2] }, undefined, null); console.error(new Error("bad")); throw "up";';
  const result = await sandbox.run({ code });
  expect(result).toMatchObject({ ok: false, error: { code: 'threw', message: 'up' } });
  expect(result.logs).toEqual(['a 1 {"b":[2]} undefined null', 'Error: bad']);
});

test('says where it went wrong', async () => {
  expect(await failure({ code: '\n\nnull.x;' })).toMatchObject({
    code: 'threw',
    message: expect.stringMatching(/^TypeError: .*\n\s+at main \(program\.js:3/s),
  });
  expect(await failure({ code: 'return (;' })).toMatchObject({
    code: 'syntax',
    message: expect.stringMatching(/^SyntaxError: /),
  });
});

test('time and chance are the same each time, whatever the zone of the server', async () => {
  const code =
    'return [Date.now(), new Date().toString(), new Date().getTimezoneOffset(), new Date(2026, 6, 1).toISOString(), Math.random(), Math.random()];';
  const now = new Date('2026-03-05T13:07:09.000Z');
  const first = await output({ code, now });
  expect((first as unknown[]).slice(0, 4)).toEqual([
    now.getTime(),
    'Thu Mar 05 2026 13:07:09 GMT+0000',
    0,
    '2026-07-01T00:00:00.000Z',
  ]);
  expect(await output({ code, now })).toEqual(first);
  const other = (await output({ code, now, seed: 2 })) as unknown[];
  expect(other.slice(0, 4)).toEqual((first as unknown[]).slice(0, 4));
  expect(other[4]).not.toBe((first as unknown[])[4]);
});

describe('host calls', () => {
  test('are made at once, answered in any order, and their failures can be caught', async () => {
    const gate = Promise.withResolvers<void>();
    const hostCalls: NonNullable<SandboxJob['hostCalls']> = {
      slow: async () => {
        await gate.promise;
        return 'slow';
      },
      fast: async (input) => {
        gate.resolve();
        return { got: input };
      },
      refuse: async () => {
        throw new AppError('forbidden', 'no', 'You may not.');
      },
      broken: async () => {
        throw new Error('a secret of the server');
      },
    };
    const code = `
      const said = [];
      for (const name of ['refuse', 'broken', 'missing'])
        try { await host[name](); } catch (error) { said.push(error.message); }
      return [await Promise.all([host.slow(), host.fast({ a: 1 })]), said];`;
    expect(await output({ code, hostCalls })).toEqual([
      ['slow', { got: { a: 1 } }],
      ['You may not.', 'broken failed.', 'not a function'],
    ]);
  });

  test('are limited in number and size', async () => {
    let made = 0;
    const hostCalls = {
      count: async () => ++made,
      large: async () => 'x'.repeat(1000),
    };
    const limits = { hostCalls: 3, hostCallChars: 100 };
    const many = 'for (let i = 0; i < 10; i++) await host.count();';
    expect((await failure({ code: many, hostCalls, limits })).message).toMatch(/There may be 3 host calls/);
    expect(made).toBe(3);
    expect((await failure({ code: 'await host.count("x".repeat(200))', hostCalls, limits })).message).toMatch(
      /may have 100 characters/,
    );
    expect((await failure({ code: 'await host.large()', hostCalls, limits })).message).toMatch(/too large/);
    expect(made).toBe(3);
  });

  test('hear when the program is over', async () => {
    const aborted = Promise.withResolvers<void>();
    const hostCalls = {
      wait: (_: unknown, signal: AbortSignal) =>
        new Promise<never>(() => signal.addEventListener('abort', () => aborted.resolve())),
    };
    const result = await sandbox.run({ code: 'await host.wait()', hostCalls, limits: { timeMs: 200 } });
    expect(result).toMatchObject({ ok: false, error: { code: 'timeout' } });
    await aborted.promise;
  });
});

describe('limits', () => {
  test('of code and input', async () => {
    await expect(sandbox.run({ code: 'x'.repeat(100_001) })).rejects.toMatchObject({
      reason: 'code_too_large',
    });
    await expect(sandbox.run({ code: '', input: 'x'.repeat(1_000_001) })).rejects.toMatchObject({
      reason: 'input_too_large',
    });
  });

  test('of output and logs', async () => {
    expect(await failure({ code: 'return "x".repeat(200000)' })).toMatchObject({ code: 'output_too_large' });
    const result = await sandbox.run({
      code: 'for (let i = 0; i < 1000; i++) console.log("x".repeat(i)); return 1;',
      limits: { logChars: 500 },
    });
    expect(result).toMatchObject({ ok: true, output: 1 });
    expect(result.logs.join('\n').length).toBeLessThanOrEqual(500);
    expect(result.logs.length).toBeGreaterThan(20);
  });

  test('of what cannot be JSON', async () => {
    expect(await failure({ code: 'const a = {}; a.a = a; return a;' })).toMatchObject({ code: 'threw' });
    expect(await failure({ code: 'return 1n;' })).toMatchObject({ code: 'threw' });
    expect(await output({ code: 'return () => 1;' })).toBeNull();
  });
});

test('more programs than places wait their turn', async () => {
  const one = createSandbox({ clock: systemClock, concurrent: 1 });
  let inside = 0;
  let most = 0;
  const hostCalls = {
    enter: async () => {
      most = Math.max(most, ++inside);
      return null;
    },
    leave: async () => --inside,
  };
  const job = { code: 'await host.enter(); await host.leave(); return input;', hostCalls };
  const results = await Promise.all([1, 2, 3, 4].map((input) => one.run({ ...job, input })));
  expect(results.map((result) => result.ok && result.output)).toEqual([1, 2, 3, 4]);
  expect(most).toBe(1);
  await one.stop();
});

test('a program is ended with its run, and a waiting one never starts', async () => {
  const one = createSandbox({ clock: systemClock, concurrent: 1 });
  const reason = new Error('the run was stopped');
  const [first, second] = [new AbortController(), new AbortController()];
  const entered = Promise.withResolvers<void>();
  let started = 0;
  const hostCalls = {
    enter: async () => {
      started++;
      entered.resolve();
      return null;
    },
  };
  const job = { code: 'await host.enter(); for (;;);', hostCalls };
  const running = one.run({ ...job, signal: first.signal });
  const waiting = one.run({ ...job, signal: second.signal });
  await entered.promise;
  second.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  first.abort(reason);
  await expect(running).rejects.toBe(reason);
  expect(started).toBe(1);
  expect(await one.run({ code: 'return 1' })).toMatchObject({ ok: true, output: 1 });

  const last = one.run(job);
  await one.stop();
  await expect(last).rejects.toMatchObject({ reason: 'stopping' });
  await expect(one.run(job)).rejects.toMatchObject({ reason: 'stopping' });
});

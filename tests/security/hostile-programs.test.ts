// Programs that mean harm: each is ended by its limits, learns nothing of the host, and leaves the next program as if it had
// never run. No time is measured here: a busy machine must not fail a test.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { createSandbox, type SandboxJob, type SandboxResult } from '../../src/tools/sandbox.ts';

// A thread for each program starts slowly on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const sandbox = createSandbox({ clock: systemClock });
afterAll(() => sandbox.stop());

/** For programs that end by themselves, on any machine. */
const AMPLE = { timeMs: 15_000 };
const SHORT = { timeMs: 400 };
const run = (code: string, more: Partial<SandboxJob> = {}) => sandbox.run({ code, limits: AMPLE, ...more });
const outcome = (result: SandboxResult) => (result.ok ? 'ok' : result.error.code);

/** What any program finds, if nothing is left of the one before. */
const CENSUS =
  'return [Object.getOwnPropertyNames(globalThis).sort().join(), Object.keys(Object.prototype).length, [3, 1].sort(), Math.random(), JSON.stringify({ a: 1 }), typeof input];';

describe('is ended', () => {
  const programs: [what: string, code: string, ends: string[]][] = [
    ['an empty loop', 'for (;;);', ['timeout']],
    ['a loop of jobs', 'for (;;) await null;', ['timeout']],
    [
      'jobs that make jobs',
      'const f = () => Promise.resolve().then(f).then(f); f(); await new Promise(() => {});',
      ['timeout', 'out_of_memory'],
    ],
    ['a loop that catches all', 'for (;;) { try { for (;;); } catch {} finally { continue; } }', ['timeout']],
    ['a loop in a getter of the result', 'return { get x() { for (;;); } };', ['timeout']],
    ['a loop in toJSON', 'return { toJSON() { for (;;); } };', ['timeout']],
    [
      'a loop in what it throws',
      'throw { get message() { for (;;); }, toString() { for (;;); } };',
      ['timeout', 'threw'],
    ],
    [
      'a loop in the error it throws',
      'const e = new Error(); Object.defineProperty(e, "message", { get() { for (;;); } }); throw e;',
      ['timeout'],
    ],
    ['a loop in what it logs', 'console.log({ toJSON() { for (;;); } });', ['timeout']],
    [
      'a loop in a proxy that is returned',
      'return new Proxy({}, { ownKeys() { for (;;); }, get() { for (;;); } });',
      ['timeout'],
    ],
    ['backtracking', '/^(?:(?:(?:a*)*)*)*$/.test("a".repeat(5000) + "b");', ['timeout', 'ok']],
    ['a wait', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);', ['threw', 'timeout']],
    ['a promise that never settles', 'await new Promise(() => {});', ['unsettled']],
    ['a thenable that never settles', 'return { then() {} };', ['unsettled']],
    [
      'arrays without end',
      'const a = []; for (;;) a.push(new Uint8Array(1e6));',
      ['out_of_memory', 'crashed'],
    ],
    ['objects without end', 'let a; for (;;) a = { a };', ['out_of_memory', 'timeout', 'crashed', 'threw']],
    ['text without end', 'let s = "x"; for (;;) s += s;', ['out_of_memory', 'threw', 'timeout', 'crashed']],
    [
      'one large buffer',
      'return new ArrayBuffer(2 ** 31 - 1).byteLength;',
      ['out_of_memory', 'threw', 'crashed'],
    ],
    [
      'memory, caught and tried again',
      'const a = []; for (;;) { try { for (;;) a.push("x".repeat(1e6) + a.length); } catch {} }',
      ['timeout', 'out_of_memory', 'crashed'],
    ],
    ['recursion', 'const f = () => f() + 1; return f();', ['threw', 'crashed']],
    [
      'recursion that is caught',
      'const f = () => { try { f(); } finally { f(); } }; f();',
      ['timeout', 'threw', 'crashed'],
    ],
    ['deep JSON', 'return JSON.parse("[".repeat(1e5));', ['threw', 'crashed']],
    [
      'a deep result',
      'let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a;',
      ['threw', 'crashed', 'output_too_large'],
    ],
    ['deep source', `return ${'['.repeat(40_000)}${']'.repeat(40_000)};`, ['syntax', 'threw', 'crashed']],
    ['deep source made later', 'return eval("(".repeat(1e5) + "1" + ")".repeat(1e5));', ['threw', 'crashed']],
    [
      'a chain of proxies',
      'let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); return p.x;',
      ['threw', 'crashed'],
    ],
    ['a large number', 'return String(7n ** 50000000n).length;', ['timeout', 'out_of_memory', 'threw']],
    [
      'a large regular expression',
      'return new RegExp("(".repeat(1e5) + ")".repeat(1e5)).test("");',
      ['threw', 'crashed'],
    ],
    [
      'an array that says it is large',
      'return Array.from({ length: 2 ** 32 - 1 }, () => 0).length;',
      ['timeout', 'out_of_memory', 'threw'],
    ],
    [
      'sorting without end',
      'return new Array(1e7).fill(0).sort(() => { for (;;); });',
      ['timeout', 'out_of_memory'],
    ],
    ['logs without end', 'for (;;) console.log("x".repeat(1000));', ['timeout']],
    ['a log that is too large', 'console.log("x".repeat(2e7)); return 1;', ['ok', 'out_of_memory']],
    ['a message that is too large', 'throw new Error("x".repeat(1e7));', ['threw', 'out_of_memory']],
  ];
  let pristine: SandboxResult;
  beforeAll(async () => {
    pristine = await run(CENSUS);
    expect(outcome(pristine)).toBe('ok');
  });

  // Whatever ends otherwise on an idle machine may run out of time on a busy one.
  test.each(programs)('%s', async (_what, code, ends) => {
    const result = await run(code, { limits: SHORT });
    expect([...ends, 'timeout']).toContain(outcome(result));
    expect(result.logs.join('').length).toBeLessThanOrEqual(20_000);
    if (!result.ok) expect(result.error.message.length).toBeLessThanOrEqual(2100);
    expect({ ...(await run(CENSUS)), durationMs: 0 }).toEqual({ ...pristine, durationMs: 0 });
  });

  test.each([
    ['nested types', `let a: ${'Array<'.repeat(14_000)}number${'>'.repeat(14_000)};`],
    ['nested brackets', `return ${'('.repeat(45_000)}1${')'.repeat(45_000)};`],
  ])('TypeScript of %s', async (_what, code) => {
    const result = await run(code, { language: 'typescript', limits: { timeMs: 3000 } });
    expect(['syntax', 'threw', 'crashed', 'timeout', 'out_of_memory']).toContain(outcome(result));
    expect(await run('return 1')).toMatchObject({ ok: true, output: 1 });
  });
});

describe('finds nothing of the host', () => {
  test.each([
    ['process', 'return typeof process;'],
    ['require', 'return typeof require;'],
    ['fetch', 'return typeof fetch;'],
    ['timers', 'return typeof setTimeout;'],
    ['WebAssembly', 'return typeof WebAssembly;'],
    ['performance', 'return typeof performance;'],
    ['what functions are made of', 'return typeof (async () => {}).constructor("return process")().catch;'],
  ])('%s', async (what, code) => {
    const result = await run(code);
    expect(result).toMatchObject({ ok: true, output: what.startsWith('what') ? 'function' : 'undefined' });
  });

  test.each([
    ['import', 'return await import("node:fs");'],
    ['import of a URL', 'return await import("data:text/javascript,export default 1");'],
    ['process by a constructor', 'return console.log.constructor("return process")();'],
    ['process by the host’s calls', 'return host.call.constructor("return process")();'],
    ['the caller', 'return (function f() { return f.caller; })();'],
  ])('%s', async (_what, code) => {
    expect(outcome(await run(code, { hostCalls: { call: async () => 1 } }))).toBe('threw');
  });

  test('a stack names no path of the server', async () => {
    const result = await run('try { null.x } catch (e) { return e.stack }');
    expect(result).toMatchObject({ ok: true });
    expect(JSON.stringify(result)).not.toMatch(/file:|node_modules|sandbox-worker/);
  });
});

describe('cannot speak for its sandbox', () => {
  test('by breaking out of its function', async () => {
    const code = `} ); JSON.stringify = () => '"forged"'; JSON.parse = () => 'forged'; Promise.prototype.then = () => {};
      Array.prototype.map = Array.prototype.join = () => 'forged'; Object.defineProperty(Object.prototype, 'resolve', { set() {}, get: () => () => {} });
      (async function (input) { console.log('said'); return [input, await host.echo(input)];`;
    const echoed: unknown[] = [];
    const result = await run(code, {
      input: { a: 1 },
      hostCalls: {
        echo: async (input) => {
          echoed.push(input);
          return input;
        },
      },
    });
    expect(echoed).toEqual([{ a: 1 }]);
    expect(result).toMatchObject({ ok: true, output: [{ a: 1 }, { a: 1 }], logs: ['said'] });
  });

  test('by changing what it is given', async () => {
    const code = `try { host.more = 1; } catch {} try { console.log = 1; } catch {}
      return [Object.keys(host), typeof console.log, Object.isFrozen(host), Object.isFrozen(console)];`;
    expect(await run(code, { hostCalls: { a: async () => 1 } })).toMatchObject({
      output: [['a'], 'function', true, true],
    });
  });

  test('by names that every object has', async () => {
    const code =
      'const said = []; for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) { said.push(typeof host[name]); } return said;';
    expect(await run(code, { hostCalls: { a: async () => 1 } })).toMatchObject({
      output: ['undefined', 'undefined', 'undefined', 'undefined'],
    });
  });

  test('input that looks like a prototype stays data', async () => {
    const input = JSON.parse('{"__proto__": {"polluted": true}}');
    const code = 'return [({}).polluted ?? null, Object.keys(input), await host.echo(input)];';
    const result = await run(code, {
      input,
      hostCalls: { echo: async (given) => Object.keys(given as object) },
    });
    expect(result).toMatchObject({ output: [null, ['__proto__'], ['__proto__']] });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

test('programs that fill their memory cost the host no more than they were given, and it comes back', async () => {
  await run('return 1');
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 5);
  const fill = 'const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1));';
  for (let i = 0; i < 5; i++) expect(outcome(await run(fill))).toBe('out_of_memory');
  clearInterval(watch);
  expect((most - before) / 1024 / 1024).toBeLessThan(150);
});

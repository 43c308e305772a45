// Runs programs nobody has read: each in an engine of its own (QuickJS in WebAssembly, of bounded memory), in a thread that can
// be ended at any moment. A program sees its input, a console and the host calls it is given; the time and chance it is told
// are fixed. Must never run such code in this thread, nor answer a program with anything but JSON.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { FromWorker, SandboxError, SandboxLimits, ToWorker, WorkerJob } from './sandbox-protocol.ts';
import type { Json } from './tool.ts';

/** Whatever it throws, the program can catch; only the text of an `AppError` reaches it. */
type HostCall = (input: Json, signal: AbortSignal) => Promise<Json>;

export interface SandboxJob {
  /** The body of an async function: `input` is its parameter, what it returns is the output. */
  code: string;
  language?: 'javascript' | 'typescript';
  input?: Json;
  /** The program calls them as `await host.name(input)`. */
  hostCalls?: Record<string, HostCall>;
  limits?: Partial<SandboxLimits>;
  /** Ends the program; `run` then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** The time the program is told. */
  now?: Date;
  /** The same seed gives the same `Math.random`. */
  seed?: number;
}

export type SandboxResult = { logs: string[]; durationMs: number } & (
  | { ok: true; output: Json }
  | { ok: false; error: SandboxError }
);

export interface Sandbox {
  /** @throws AppError for a job that is too large, or when too many wait */
  run(job: SandboxJob): Promise<SandboxResult>;
  /** Ends every program. */
  stop(): Promise<void>;
}

const SANDBOX_LIMITS: SandboxLimits = {
  timeMs: 5000,
  memoryBytes: 64 * 1024 * 1024,
  codeChars: 100_000,
  inputChars: 1_000_000,
  outputChars: 100_000,
  logChars: 20_000,
  hostCalls: 20,
  hostCallChars: 200_000,
};

/** A program ends itself at its deadline; one that cannot is ended this much later. */
const GRACE_MS = 50;
/** Until a thread has its engine; a thread that is not up by then is given up. */
const START_MS = 20_000;
const MOST_WAITING = 64;
/** Of the thread around the engine. */
const THREAD_LIMITS = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 };

export function createSandbox(deps: { clock: Clock; concurrent?: number }): Sandbox {
  const { clock, concurrent = 2 } = deps;
  const stopping = new AbortController();
  const waiting: (() => void)[] = [];
  const threads = new Set<Promise<unknown>>();
  let free = concurrent;
  let engine: Promise<WebAssembly.Module> | undefined;

  async function run(job: SandboxJob): Promise<SandboxResult> {
    const limits = { ...SANDBOX_LIMITS, ...job.limits };
    const inputText = JSON.stringify(job.input ?? null);
    if (job.code.length > limits.codeChars)
      throw new AppError('too_large', 'code_too_large', `The code may have ${limits.codeChars} characters.`);
    if (inputText.length > limits.inputChars)
      throw new AppError(
        'too_large',
        'input_too_large',
        `The input may have ${limits.inputChars} characters.`,
      );
    const signal = AbortSignal.any([stopping.signal, ...(job.signal === undefined ? [] : [job.signal])]);
    await take(signal);
    try {
      engine ??= compileEngine();
      const thread = runThread(
        {
          engine: await engine,
          code: job.code,
          language: job.language ?? 'javascript',
          inputText,
          hostNames: Object.keys(job.hostCalls ?? {}),
          now: (job.now ?? clock.date()).getTime(),
          seed: job.seed ?? 1,
          limits,
        },
        job.hostCalls ?? {},
        signal,
        clock,
      );
      threads.add(thread);
      return await thread.finally(() => threads.delete(thread));
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  }

  /** A place to run; first come, first served. */
  async function take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (free === 0) {
      if (waiting.length >= MOST_WAITING)
        throw new AppError(
          'unavailable',
          'sandbox_busy',
          'Too many programs wait to run; try again shortly.',
        );
      await new Promise<void>((resolve, reject) => {
        const turn = () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        };
        const giveUp = () => {
          waiting.splice(waiting.indexOf(turn), 1);
          reject(signal.reason);
        };
        waiting.push(turn);
        signal.addEventListener('abort', giveUp, { once: true });
      });
    }
    free--;
  }

  return {
    run,
    async stop() {
      stopping.abort(new AppError('unavailable', 'stopping', 'The server is stopping; try again shortly.'));
      await Promise.allSettled(threads);
    },
  };
}

async function runThread(
  job: WorkerJob,
  hostCalls: Record<string, HostCall>,
  signal: AbortSignal,
  clock: Clock,
): Promise<SandboxResult> {
  const { limits } = job;
  const worker = new Worker(new URL('./sandbox-worker.ts', import.meta.url), {
    workerData: job,
    env: {},
    argv: [],
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: THREAD_LIMITS,
  });
  // What the engine prints when it fails is not read, and must not pile up.
  worker.stdout.resume();
  worker.stderr.resume();

  const over = new AbortController();
  const logs: string[] = [];
  let calls = 0;
  let room = limits.logChars;
  let started = clock.elapsed();
  try {
    const outcome = await new Promise<{ output: Json } | { error: SandboxError }>((resolve, reject) => {
      const fail = (code: SandboxError['code'], message: string) => resolve({ error: { code, message } });
      let timer = setTimeout(() => fail('crashed', 'The sandbox did not start; try again.'), START_MS);
      over.signal.addEventListener('abort', () => clearTimeout(timer));
      const giveUp = () => reject(signal.reason);
      if (signal.aborted) giveUp();
      signal.addEventListener('abort', giveUp, { once: true, signal: over.signal });

      worker.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? fail('out_of_memory', outOfMemory(limits))
          : fail('crashed', 'The program broke its sandbox; write it another way.'),
      );
      worker.on('exit', () => fail('crashed', 'The program ended its sandbox; write it another way.'));
      worker.on('message', (message: FromWorker) => {
        if (over.signal.aborted) return;
        if (message.type === 'started') {
          started = clock.elapsed();
          clearTimeout(timer);
          timer = setTimeout(() => fail('timeout', tooLong(limits)), limits.timeMs + GRACE_MS);
        } else if (message.type === 'log') {
          if (room > 0) logs.push(message.text.slice(0, room));
          room -= message.text.length + 1;
        } else if (message.type === 'call') {
          calls++;
          void answer(message, calls).then((reply) => {
            if (!over.signal.aborted) worker.postMessage(reply);
          });
        } else if (message.type === 'done') {
          const { outputText } = message;
          if (outputText.length > limits.outputChars) fail('output_too_large', 'The result is too large.');
          else resolve({ output: JSON.parse(outputText) as Json });
        } else resolve({ error: inWords(message.error, limits) });
      });
    });
    const durationMs = Math.round(clock.elapsed() - started);
    return 'output' in outcome
      ? { ok: true, output: outcome.output, logs, durationMs }
      : { ok: false, error: outcome.error, logs, durationMs };
  } finally {
    over.abort();
    await worker.terminate();
  }

  async function answer(call: FromWorker & { type: 'call' }, count: number): Promise<ToWorker> {
    const { id, name, inputText } = call;
    const refuse = (text: string): ToWorker => ({ id, ok: false, text });
    if (count > limits.hostCalls) return refuse(`There may be ${limits.hostCalls} host calls.`);
    if (inputText.length > limits.hostCallChars) return refuse('The input of this call is too large.');
    try {
      const fn = Object.hasOwn(hostCalls, name) ? hostCalls[name] : undefined;
      if (fn === undefined) return refuse(`There is no host call named ${name}.`);
      const output = await fn(JSON.parse(inputText) as Json, AbortSignal.any([signal, over.signal]));
      const text = JSON.stringify(output ?? null);
      return text.length > limits.hostCallChars ? refuse('The answer is too large.') : { id, ok: true, text };
    } catch (error) {
      return refuse(error instanceof AppError ? error.message : `${name} failed.`);
    }
  }
}

const tooLong = ({ timeMs }: SandboxLimits): string =>
  `The program was not done after ${timeMs} ms; do less, or less at once.`;
const outOfMemory = ({ memoryBytes }: SandboxLimits): string =>
  `The program needs more than ${Math.floor(memoryBytes / 1024 / 1024)} MiB; keep less in memory.`;

function inWords(error: SandboxError, limits: SandboxLimits): SandboxError {
  if (error.code === 'timeout') return { code: 'timeout', message: tooLong(limits) };
  if (error.code === 'out_of_memory') return { code: 'out_of_memory', message: outOfMemory(limits) };
  if (error.code === 'crashed')
    return { code: 'crashed', message: 'The program broke its sandbox; recurse less deep, or do less.' };
  return error;
}

/** Once for all programs: a module has no state. */
async function compileEngine(): Promise<WebAssembly.Module> {
  const { resolve } = createRequire(import.meta.url);
  return WebAssembly.compile(await readFile(resolve('@jitl/quickjs-wasmfile-release-sync/wasm')));
}

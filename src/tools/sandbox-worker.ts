// The thread in which one program of a sandbox runs, once: a fresh engine whose memory has an end, told a fixed time.
// It talks to the host by messages alone. Must never give the program anything but the prelude's functions.
import { stripTypeScriptTypes } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import baseVariant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
} from 'quickjs-emscripten-core';
import { systemClock } from '../core/clock.ts';
import { PRELUDE } from './sandbox-prelude.ts';
import type { FromWorker, SandboxErrorCode, ToWorker, WorkerJob } from './sandbox-protocol.ts';

const PAGE_BYTES = 64 * 1024;
const FIRST_PAGES = 256;
/** Of the engine's own stack; more can overrun what the engine was built with. */
const STACK_BYTES = 192 * 1024;
/** Pending jobs between two looks at the clock: tiny jobs never reach the engine's own check. */
const JOBS_AT_ONCE = 200;

const job = workerData as WorkerJob;
const { limits } = job;
const port = parentPort;
if (port === null) throw new Error('This file runs as a worker.');
/** Once the host knows how it ended, nothing more is said and the program is not let on. */
let over = false;
const say = (message: FromWorker): void => {
  if (!over) port.postMessage(message);
};
class Ended extends Error {}

await guarded(main);

async function guarded(work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Ended) return;
    const { message } = error as Error;
    const code =
      error instanceof RangeError && /memory|allocation/i.test(message) ? 'out_of_memory' : 'crashed';
    finish({ type: 'failed', error: { code, message } });
  }
}

async function main(): Promise<void> {
  fixTime(job.now);
  const pages = Math.max(FIRST_PAGES, Math.floor(limits.memoryBytes / PAGE_BYTES));
  const wasmMemory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: pages });
  const engine = await newQuickJSWASMModuleFromVariant(
    // Its types say that the default export is within the default export.
    newVariant(baseVariant as unknown as typeof baseVariant.default, {
      wasmModule: job.engine,
      wasmMemory,
    }),
  );
  const runtime = engine.newRuntime();
  runtime.setMaxStackSize(STACK_BYTES);
  const vm = runtime.newContext();
  say({ type: 'started' });
  const deadline = systemClock.elapsed() + limits.timeMs;
  const late = () => systemClock.elapsed() >= deadline;
  runtime.setInterruptHandler(() => over || late());

  let pending = 0;
  // Before a word of the program is read: even its wrapping could be broken out of.
  const isFull = () => wasmMemory.buffer.byteLength >= pages * PAGE_BYTES;
  const { run, settle } = prepare(vm, { onCall: () => pending++, isFull });
  const program = compile(vm);
  must(vm, vm.callFunction(run, vm.undefined, program, vm.newString(job.inputText)));
  port?.on('message', ({ id, ok, text }: ToWorker) =>
    guarded(() => {
      pending--;
      const settled = ok ? vm.true : vm.false;
      must(vm, vm.callFunction(settle, vm.undefined, vm.newNumber(id), settled, vm.newString(text)));
      work();
    }),
  );
  work();

  function work(): void {
    while (!over && runtime.hasPendingJob()) {
      if (late()) fail('timeout');
      const done = runtime.executePendingJobs(JOBS_AT_ONCE);
      if (done.error !== undefined) must(vm, done as { error: QuickJSHandle });
    }
    if (pending > 0) return;
    // An interrupted promise never settles either.
    if (late()) fail('timeout');
    fail('unsettled', 'The program waits for something that never comes; await only host calls.');
  }
}

/** The body of an async function with the parameter `input`, types stripped. */
function compile(vm: QuickJSContext): QuickJSHandle {
  const source = `(async function main(input${job.language === 'typescript' ? ': any' : ''}) {${job.code}\n})`;
  let script = source;
  if (job.language === 'typescript') {
    try {
      script = stripTypeScriptTypes(source);
    } catch (error) {
      fail('syntax', String((error as Error).message));
    }
  }
  const compiled = vm.evalCode(script, 'program.js', { type: 'global', strict: true });
  return must(vm, compiled, 'syntax');
}

function prepare(vm: QuickJSContext, on: { onCall(): void; isFull(): boolean }) {
  const native = vm.newObject();
  const offer = (name: string, fn: (...texts: QuickJSHandle[]) => void) =>
    vm.setProp(
      native,
      name,
      vm.newFunction(name, (...handles) => {
        fn(...handles);
      }),
    );
  const textOf = (handle: QuickJSHandle | undefined) => vm.getString(handle as QuickJSHandle);
  offer('log', (text) => say({ type: 'log', text: textOf(text) }));
  offer('done', (text) => finish({ type: 'done', outputText: textOf(text) }));
  offer('failed', (text) => {
    const message = textOf(text);
    // Without room for an error the engine throws null.
    const full = /^InternalError: out of memory/.test(message) || (message === 'null' && on.isFull());
    const code = full ? 'out_of_memory' : 'threw';
    finish({ type: 'failed', error: { code, message } });
  });
  offer('tooLarge', () => {
    const message = `The result may have ${limits.outputChars} characters; return less.`;
    finish({ type: 'failed', error: { code: 'output_too_large', message } });
  });
  offer('call', (id, name, input) => {
    on.onCall();
    say({
      type: 'call',
      id: vm.getNumber(id as QuickJSHandle),
      name: textOf(name),
      inputText: textOf(input),
    });
  });
  const json = (value: unknown) => must(vm, vm.evalCode(`(${JSON.stringify(value)})`));
  const prelude = must(vm, vm.evalCode(PRELUDE, 'prelude.js'));
  const made = must(
    vm,
    vm.callFunction(prelude, vm.undefined, native, json(limits), json(job.hostNames), vm.newNumber(job.seed)),
  );
  return { run: vm.getProp(made, 'run'), settle: vm.getProp(made, 'settle') };
}

/** The value, or the end of this run: what the engine itself throws cannot be caught by the program. */
function must(
  vm: QuickJSContext,
  result: { error: QuickJSHandle } | { value: QuickJSHandle; error?: undefined },
  otherwise: SandboxErrorCode = 'threw',
): QuickJSHandle {
  if (result.error === undefined) return result.value;
  const name = shortText(vm, vm.getProp(result.error, 'name'));
  const message = shortText(vm, vm.getProp(result.error, 'message'));
  if (name === 'InternalError' && message === 'interrupted') fail('timeout');
  if (name === 'InternalError' && message === 'out of memory') fail('out_of_memory');
  fail(name === 'SyntaxError' ? otherwise : 'threw', `${name}: ${message}`);
}

function shortText(vm: QuickJSContext, handle: QuickJSHandle): string {
  return vm.typeof(handle) === 'string' ? vm.getString(handle).slice(0, 1000) : '';
}

/** Ends the run from outside the program. */
function fail(code: SandboxErrorCode, message = ''): never {
  finish({ type: 'failed', error: { code, message: message.slice(0, 2000) } });
  throw new Ended();
}

function finish(message: FromWorker): void {
  if (over) return;
  say(message);
  over = true;
  port?.close();
}

/** One moment, in UTC, for whatever the engine asks of this thread. */
function fixTime(now: number): void {
  const proto = Date.prototype as unknown as Record<string, unknown>;
  for (const part of ['FullYear', 'Month', 'Date', 'Day', 'Hours', 'Minutes', 'Seconds'])
    proto[`get${part}`] = proto[`getUTC${part}`];
  proto.getTimezoneOffset = () => 0;
  Object.assign(Date, { now: () => now });
}

// What the host and the worker of a sandbox say to each other: JSON as text, and little else. Types only.
// Must never carry a function or an object with behaviour.

declare global {
  /** As much as a sandbox uses; the types of Node lack it. */
  namespace WebAssembly {
    class Module {
      private constructor();
    }
    class Memory {
      readonly buffer: ArrayBuffer;
      constructor(size: { initial: number; maximum: number });
    }
    function compile(bytes: Uint8Array): Promise<Module>;
  }
}

export interface SandboxLimits {
  /** From the first instruction to the answer, waits for host calls included. */
  timeMs: number;
  /** Of the program's memory, in all; at least 24 MiB. */
  memoryBytes: number;
  codeChars: number;
  inputChars: number;
  outputChars: number;
  /** Of all that is written to the console; the rest is left out. */
  logChars: number;
  /** Host calls in all. */
  hostCalls: number;
  /** Of the input of one host call, and of its answer. */
  hostCallChars: number;
}

export type SandboxErrorCode =
  | 'syntax'
  | 'threw'
  | 'timeout'
  | 'out_of_memory'
  | 'unsettled'
  | 'output_too_large'
  | 'crashed';

export interface SandboxError {
  code: SandboxErrorCode;
  message: string;
}

/** Given to the worker as `workerData`. */
export interface WorkerJob {
  engine: WebAssembly.Module;
  code: string;
  language: 'javascript' | 'typescript';
  inputText: string;
  hostNames: string[];
  /** Milliseconds since 1970 that the program is told, always. */
  now: number;
  seed: number;
  limits: SandboxLimits;
}

export type FromWorker =
  | { type: 'started' }
  | { type: 'log'; text: string }
  | { type: 'call'; id: number; name: string; inputText: string }
  | { type: 'done'; outputText: string }
  | { type: 'failed'; error: SandboxError };

export interface ToWorker {
  id: number;
  ok: boolean;
  /** JSON of the answer, or the message of the failure. */
  text: string;
}

// The doors of the server by the name a suite runs under, and what a client of any of them can do.
import type { Problem } from '../../src/core/errors.ts';
import type { JoinReply } from '../../src/server/messages/contract.ts';

export const SOCKET_SURFACES = [
  'socketio over websocket',
  'socketio over polling',
  'phoenix 2.0.0',
  'phoenix 1.0.0',
] as const;
export const SURFACES = ['rest', ...SOCKET_SURFACES] as const;

export type SocketSurface = (typeof SOCKET_SURFACES)[number];
export type Surface = (typeof SURFACES)[number];

/** One event from the server. */
export interface Heard {
  type: string;
  payload: Record<string, unknown>;
  /** The room it came for: its id on Socket.IO, the name it was joined by on Phoenix. */
  room: string;
}

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of the operation that was called
export type Answer = any;

/** The server said no. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.code} ${problem.reason}: ${problem.detail}`);
    this.problem = problem;
  }
}

export interface Caller {
  surface: Surface;
  /** Calls an operation by its socket name, whatever the surface. @throws Refusal */
  call(name: string, input?: object): Promise<Answer>;
  close(): Promise<void>;
}

export interface Listener extends Caller {
  surface: SocketSurface;
  heard: Heard[];
  /** Why the server ended the connection; undefined while it is open. */
  closed(): string | undefined;
  /** @throws Refusal */
  join(room: string, input?: { afterSeq?: number }): Promise<JoinReply>;
  leave(room: string): Promise<void>;
  /** Resolves when the condition holds; looked at after each event and at the end of the connection. */
  until(what: string, condition: () => boolean): Promise<void>;
}

/** The refusal that a call ended in. @throws Error when it did not */
export async function refusalOf(call: Promise<unknown>): Promise<Problem> {
  const answer = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in answer && answer.error instanceof Refusal) return answer.error.problem;
  throw new Error(`Not a refusal: ${JSON.stringify(answer)}`, { cause: 'error' in answer && answer.error });
}

export const PATIENCE_MS = 8000;

/** Waits for conditions on what was heard; whoever records an event calls `look`. */
export function createWatch() {
  const waiting = new Set<() => void>();
  return {
    look(): void {
      for (const check of [...waiting]) check();
    },
    until(what: string, condition: () => boolean): Promise<void> {
      if (condition()) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(check);
          reject(new Error(`Not within ${PATIENCE_MS / 1000} s: ${what}`));
        }, PATIENCE_MS);
        const check = () => {
          if (!condition()) return;
          clearTimeout(timer);
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
      });
    },
  };
}

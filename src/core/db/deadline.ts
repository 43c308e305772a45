// How long the call at hand may still wait for the database. It follows the call through all that it awaits, so that every
// statement gets what is left and is ended when that is over. Must never bind work that the call leaves behind or shares.
import { AsyncLocalStorage } from 'node:async_hooks';
import { AppError } from '../errors.ts';

/** What one call may wait for the database in all. The rest of three seconds is for telling the caller. */
const CALL_MS = 2700;

interface Deadline {
  at: number;
  /** The call was answered: whatever still runs in its name has its own limits. */
  over: boolean;
}

const storage = new AsyncLocalStorage<Deadline | undefined>();

const current = (): Deadline | undefined => {
  const deadline = storage.getStore();
  return deadline?.over === true ? undefined : deadline;
};

/** A call's time. Whoever begins it has to say when the call is over. */
export interface CallTime {
  run<T>(fn: () => T): T;
  over(): void;
}

const PART_OF_ANOTHER: CallTime = { run: (fn) => fn(), over: () => {} };

/** The time of a call; one that is part of another has the other's. */
export function beginCall(): CallTime {
  if (current() !== undefined) return PART_OF_ANOTHER;
  const deadline: Deadline = { at: performance.now() + CALL_MS, over: false };
  return {
    run: (fn) => storage.run(deadline, fn),
    over: () => {
      deadline.over = true;
    },
  };
}

/** Runs a call under a deadline; one that is part of another has the other's. */
export async function inTime<T>(fn: () => Promise<T> | T): Promise<T> {
  const time = beginCall();
  try {
    return await time.run(fn);
  } finally {
    time.over();
  }
}

/** Runs what many calls share, or none waits for, free of the deadline of whoever happened to start it. */
export const untimed = <T>(fn: () => T): T => storage.run(undefined, fn);

/** Undefined outside of calls; not negative. */
export function msLeft(): number | undefined {
  const deadline = current();
  return deadline === undefined ? undefined : Math.max(0, deadline.at - performance.now());
}

/** The same to the caller, whether it was the database, its connections or a lock that took too long. */
export const tooLate = (detail = 'The database did not answer in time; try again shortly.'): AppError =>
  new AppError('unavailable', 'database_unavailable', detail, { retryAfterMs: 1000 });

/** What `promise` becomes, or `refusal` after `ms`; it is then left to itself. */
export function within<T>(promise: Promise<T>, ms: number, refusal: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(refusal()), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

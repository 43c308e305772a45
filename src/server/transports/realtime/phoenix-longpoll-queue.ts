// What waits for a long-poll client, and the poll that waits for it. What a poll was handed is kept until whoever carries it says
// that it was taken; given back, it comes first in the next poll. Must never hand anything out before that is known: order would break.
import type { Clock } from '../../../core/clock.ts';
import { MAX_QUEUED_BYTES } from './wire.ts';

/** The body of an answer, whose own HTTP status is 200. */
export interface PollAnswer {
  status: number;
  token?: string;
  messages?: string[];
}

/** Carries an answer away, and says once whether it was taken. */
export type Deliver = (answer: PollAnswer, settle: (taken: boolean) => void) => void;

export interface PollQueue {
  put(texts: string[]): void;
  /** @returns gives the poll up: what waits stays for the next one */
  poll(deliver: Deliver): () => void;
  /** Ms since the last poll ended; 0 while one waits. */
  idleMs(): number;
  /** Answers the poll that waits with the rest, or with "gone". */
  end(): void;
}

/** A poll with nothing to tell is answered after this long. */
export const WINDOW_MS = 10_000;
/** A client that polls again has taken the answer before, or broken it off: its carrier says so within this time. */
const UNSURE_MS = 2000;

export function createPollQueue(deps: {
  token: string;
  clock: Clock;
  /** The client does not read. */
  onOverflow(): void;
  /** Nobody can say whether the client took what it was handed. */
  onUnsure(): void;
}): PollQueue {
  const { token, clock } = deps;
  const messages: string[] = [];
  let bytes = 0;
  /** Answers the poll that waits. */
  let waiting: (() => void) | undefined;
  /** Handed out, not known to be taken. */
  let handed: string[] | undefined;
  let unsure: NodeJS.Timeout | undefined;
  let polledAt = clock.elapsed();
  let ended = false;

  const isReady = () => ended || (messages.length > 0 && handed === undefined);

  function settle(batch: string[], taken: boolean): void {
    if (handed !== batch) return;
    handed = undefined;
    clearTimeout(unsure);
    if (!taken) {
      messages.unshift(...batch);
      bytes += sizeOf(batch);
    }
    if (isReady()) waiting?.();
  }

  return {
    put(texts) {
      if (ended) return;
      messages.push(...texts);
      bytes += sizeOf(texts);
      if (bytes > MAX_QUEUED_BYTES) return deps.onOverflow();
      if (isReady()) waiting?.();
    },

    poll(deliver) {
      // A newer poll takes the place of an older one.
      waiting?.();
      polledAt = clock.elapsed();
      const timer = setTimeout(finish, WINDOW_MS);
      waiting = finish;
      if (isReady()) queueMicrotask(finish);
      clearTimeout(unsure);
      if (handed !== undefined) unsure = setTimeout(deps.onUnsure, UNSURE_MS);

      function finish(): void {
        if (waiting !== finish) return;
        waiting = undefined;
        clearTimeout(timer);
        polledAt = clock.elapsed();
        const batch = handed === undefined ? messages.splice(0) : [];
        if (batch.length === 0)
          return deliver({ status: ended ? 410 : 204, token, messages: batch }, () => {});
        bytes = 0;
        handed = batch;
        deliver({ status: 200, token, messages: batch }, (taken) => settle(batch, taken));
      }

      return () => {
        clearTimeout(timer);
        if (waiting !== finish) return;
        waiting = undefined;
        polledAt = clock.elapsed();
      };
    },

    idleMs: () => (waiting === undefined ? clock.elapsed() - polledAt : 0),

    end() {
      ended = true;
      clearTimeout(unsure);
      waiting?.();
    },
  };
}

const sizeOf = (texts: string[]): number => texts.reduce((sum, text) => sum + text.length, 0);

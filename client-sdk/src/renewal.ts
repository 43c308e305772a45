// Keeps an open connection open with newer tokens than it was opened with: the server would close it when its first one ends.
// Must never hand over a token twice, nor one to a connection that was opened with it.
import { backoff, RESEND } from './backoff.ts';
import type { Calls } from './calls.ts';
import { type ParleyError, toParleyError } from './error.ts';
import type { Timers } from './ports.ts';

export interface Renewal {
  /** A token that was just fetched, whatever for. */
  fresh(token: string): void;
  /** A socket is being opened with this token. */
  opening(token: string): void;
  /** Calls get through. */
  opened(): void;
  closed(): void;
}

export interface RenewalParts {
  calls: Calls;
  timers: Timers;
  random: () => number;
  /** The server does not take the token for this connection: only a new one will do. */
  refused(error: ParleyError): void;
}

export function createRenewal({ calls, timers, random, refused }: RenewalParts): Renewal {
  let newest: string | undefined;
  /** What the connection has. */
  let given: string | undefined;
  let isOpen = false;
  /** Counts connections: an answer that belongs to an older one says nothing. */
  let connection = 0;
  let busy = false;
  let tries = 0;
  let cancelRetry = () => {};

  function look(): void {
    if (isOpen && !busy && newest !== undefined && newest !== given) void hand(newest);
  }

  async function hand(token: string): Promise<void> {
    const mine = connection;
    cancelRetry();
    busy = true;
    try {
      await calls.call('renew_session', { token }, { now: true });
      if (mine !== connection) return;
      given = token;
      tries = 0;
    } catch (thrown) {
      if (mine !== connection) return;
      const error = toParleyError(thrown);
      if (error.retryable) {
        tries += 1;
        cancelRetry = timers.after(backoff(RESEND, tries, random, error.retryAfterMs), () => {
          busy = false;
          look();
        });
        return;
      }
      // Not tried again. A server that does not know the call closes the connection when its token ends, and all is as ever.
      given = token;
      if (error.code === 'unauthorized' || error.reason === 'not_renewable') return refused(error);
    }
    busy = false;
    look();
  }

  return {
    fresh(token) {
      newest = token;
      look();
    },
    opening(token) {
      given = token;
    },
    opened() {
      isOpen = true;
      look();
    },
    closed() {
      connection += 1;
      isOpen = false;
      busy = false;
      tries = 0;
      cancelRetry();
    },
  };
}

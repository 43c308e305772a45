// Asks /metrics every other second while somebody looks, and keeps the last minutes in the page.
import { ParleyError } from '@parley/client';
import { useEffect, useState } from 'react';
import { parse, type Reading } from './prometheus.ts';

const EVERY_MS = 2000;
const KEPT = 90;
const PATIENCE_MS = 8000;

export interface Readings {
  kept: readonly Reading[];
  status: 'loading' | 'live' | 'locked' | 'failed';
  error?: unknown;
}

let kept: Reading[] = [];
let token = '';

export function useReadings(): Readings & { unlock(token: string): void } {
  const [state, setState] = useState<Readings>({ kept, status: kept.length === 0 ? 'loading' : 'live' });
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new token begins anew
  useEffect(() => {
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    async function ask() {
      if (document.visibilityState === 'visible') {
        const next = await read(over.signal).catch((error: unknown) => ({ error }));
        if (over.signal.aborted) return;
        if ('error' in next)
          setState({ kept, status: isLocked(next.error) ? 'locked' : 'failed', error: next.error });
        else {
          kept = [...kept, next].slice(-KEPT);
          setState({ kept, status: 'live' });
        }
      }
      timer = setTimeout(ask, EVERY_MS);
    }
    void ask();
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, [turn]);
  return {
    ...state,
    unlock(next) {
      token = next;
      setState({ kept, status: 'loading' });
      setTurn((was) => was + 1);
    },
  };
}

const isLocked = (error: unknown): boolean => error instanceof ParleyError && error.code === 'unauthorized';

async function read(signal: AbortSignal): Promise<Reading> {
  const response = await fetch('/metrics', {
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
  });
  if (response.status === 401)
    throw new ParleyError('unauthorized', 'missing_token', 'This server asks for its token of metrics.');
  if (!response.ok)
    throw new ParleyError('unavailable', 'unreachable', `The server answered ${response.status}.`);
  return parse(await response.text(), Date.now());
}

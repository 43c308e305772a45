// The one client for requests that people, models or their settings cause: shaped like fetch, it reaches public addresses and
// what the operator allows, each hop of a redirect anew, with every wait and size bounded. Must never be passed by.
import type { Dispatcher } from 'undici';
import { fetch as undiciFetch } from 'undici';
import { createAddressPolicy, literalAddress } from '../core/addresses.ts';
import { AppError } from '../core/errors.ts';
import { capped, explained, timedOut } from './http-answer.ts';
import { createGuardedAgent, notAllowed, type ResolveHost } from './http-connect.ts';
import { firstHop, type Hop, nextHop, REDIRECTS } from './http-hop.ts';

interface OutgoingLimits {
  connectMs: number;
  /** Until the answer's head, and between pieces of its body. */
  idleMs: number;
  /** From the call until the last byte, redirects included. */
  totalMs: number;
  /** Of the answer, after decompression. */
  maxBytes: number;
  maxRequestBytes: number;
  maxRedirects: number;
  /** Requests at once; more are refused. */
  concurrent: number;
}

const OUTGOING_LIMITS: OutgoingLimits = {
  connectMs: 5000,
  idleMs: 15_000,
  totalMs: 30_000,
  maxBytes: 4 * 1024 * 1024,
  maxRequestBytes: 1024 * 1024,
  maxRedirects: 5,
  concurrent: 64,
};

export interface GuardedInit extends RequestInit {
  /** Asked for the address and for each one it redirects to: a caller's own, narrower rule. */
  mayVisit?: (url: URL) => boolean;
  /** Less, or more, than the client's own for this call. */
  totalMs?: number;
  maxBytes?: number;
}

/** Refusals and failures are `AppError`s with a reason; an aborted call rejects with its signal's reason. */
export type GuardedFetch = (url: string | URL, init?: GuardedInit) => Promise<Response>;

export interface GuardedClient {
  fetch: GuardedFetch;
  limits: OutgoingLimits;
  /** Ends every connection. */
  stop(): Promise<void>;
}

export interface GuardDeps {
  /** Hosts, addresses and CIDR blocks that may be reached although they are not public. */
  allow: readonly string[];
  userAgent?: string;
  limits?: Partial<OutgoingLimits>;
  resolve?: ResolveHost;
}

/** @throws Error for an entry of `allow` that is malformed */
export function createGuardedFetch(deps: GuardDeps): GuardedClient {
  const limits: OutgoingLimits = { ...OUTGOING_LIMITS, ...deps.limits };
  const policy = createAddressPolicy(deps.allow);
  const agent = createGuardedAgent(policy, limits, deps.resolve);
  let underWay = 0;

  async function guardedFetch(address: string | URL, init: GuardedInit = {}): Promise<Response> {
    const { mayVisit = () => true, totalMs = limits.totalMs, maxBytes = limits.maxBytes } = init;
    init.signal?.throwIfAborted();
    let hop = await firstHop(address, init, limits.maxRequestBytes, deps.userAgent ?? 'Parley');
    if (underWay >= limits.concurrent)
      throw new AppError(
        'unavailable',
        'outgoing_busy',
        'Too many requests are under way; try again shortly.',
      );
    underWay++;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(timedOut(`${totalMs} ms`)), totalMs);
    const signal = AbortSignal.any([deadline.signal, ...(init.signal ? [init.signal] : [])]);
    const end = once(() => {
      underWay--;
      clearTimeout(timer);
    });
    try {
      for (let redirects = 0; ; redirects++) {
        requireAllowed(hop.url, mayVisit);
        const answer = await send(hop, signal);
        const location = REDIRECTS.has(answer.status) ? answer.headers.get('location') : null;
        if (location === null || init.redirect === 'manual')
          return capped(hop.url, answer, maxBytes, end, signal);
        await answer.body?.cancel();
        if (init.redirect === 'error' || redirects >= limits.maxRedirects)
          throw new AppError(
            'unavailable',
            'too_many_redirects',
            `${hop.url.host} redirects ${init.redirect === 'error' ? 'elsewhere' : `more than ${limits.maxRedirects} times`}; ask for the final address.`,
          );
        hop = nextHop(hop, answer.status, location);
      }
    } catch (error) {
      end();
      throw init.signal?.aborted ? init.signal.reason : explained(error, hop.url);
    }
  }

  const send = async ({ url, method, headers, body }: Hop, signal: AbortSignal): Promise<Response> =>
    (await undiciFetch(url, {
      method,
      headers: [...headers],
      body,
      signal,
      redirect: 'manual',
      dispatcher: agent as Dispatcher,
    })) as unknown as Response;

  function requireAllowed(url: URL, mayVisit: (url: URL) => boolean): void {
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw new AppError('invalid', 'scheme_not_allowed', 'Only http and https addresses can be reached.');
    if (url.username !== '' || url.password !== '')
      throw new AppError(
        'invalid',
        'credentials_in_url',
        'Take the user name and password out of the address.',
      );
    const literal = literalAddress(url.hostname);
    if (literal !== undefined && !policy.allowsAddress(literal)) throw notAllowed(url.hostname);
    if (!mayVisit(url))
      throw new AppError(
        'forbidden',
        'host_not_granted',
        `You may not ask ${url.host}; use an address you were given.`,
      );
  }

  return { fetch: guardedFetch, limits, stop: () => agent.destroy() };
}

function once(fn: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    fn();
  };
}

// Drives the connection: does what connection.ts decides, with the real token, socket and timers.
// Must never decide when to connect itself.
import type { ConnectionSnapshot, Store } from './api.ts';
import { backoff, RECONNECT } from './backoff.ts';
import type { Calls } from './calls.ts';
import {
  type ConnectionEffect,
  type ConnectionInput,
  type ConnectionPhase,
  idleConnection,
  statusOf,
  stepConnection,
} from './connection.ts';
import { ParleyError, type ParleyErrorCode, toParleyError } from './error.ts';
import type { Environment, Timers, Transport, TransportHandlers } from './ports.ts';
import { createRenewal } from './renewal.ts';
import { createStore } from './store.ts';
import type { TokenSource } from './tokens.ts';
import type { Me } from './wire.ts';

export interface Connector {
  readonly state: Store<ConnectionSnapshot>;
  connect(): void;
  close(): void;
  me(): Me | undefined;
  /** Calls get through, and I am known. */
  isUp(): boolean;
  /** Everything is up to date. */
  caughtUp(): void;
  /** The token in hand, for a request beside the socket. */
  token: TokenSource['get'];
}

export interface ConnectorParts {
  calls: Calls;
  /** @param onFresh told of every token that was fetched */
  tokens: (onFresh: (token: string) => void) => TokenSource;
  timers: Timers;
  random: () => number;
  environment: Environment;
  transport: (handlers: TransportHandlers) => Transport;
  onEvent(name: string, payload: unknown): void;
  /** Connected, as this user; `before` is who it was last time. */
  onUp(me: Me, before: Me | undefined): void;
  onDown(): void;
}

export function createConnector(parts: ConnectorParts): Connector & { transport: Transport } {
  const { calls, timers, random } = parts;
  const renewal = createRenewal({
    calls,
    timers,
    random,
    refused: (error) => dispatch({ type: 'failed', error }),
  });
  const tokens = parts.tokens(renewal.fresh);
  let state = idleConnection;
  let me: Me | undefined;
  let up = false;
  let cancelRetry = () => {};
  const store = createStore<ConnectionSnapshot>({ status: 'idle', attempt: 0 });

  const transport = parts.transport({
    connected: () => dispatch({ type: 'opened' }),
    refused: (refusal) => dispatch({ type: 'failed', error: refusalOf(refusal) }),
    disconnected: (reason) => dispatch({ type: 'dropped', error: dropOf(reason) }),
    event: parts.onEvent,
  });
  const offWake = parts.environment.onWake(() => dispatch({ type: 'wake' }));

  function dispatch(input: ConnectionInput): void {
    const [next, effects] = stepConnection(state, input);
    state = next;
    for (const effect of effects) perform(effect);
    publish();
  }

  function publish(): void {
    const before = store.getSnapshot();
    const status = statusOf(state);
    const { attempt, error } = state;
    if (before.status === status && before.attempt === attempt && before.error === error && before.me === me)
      return;
    store.set({
      status,
      attempt,
      ...(error === undefined ? {} : { error }),
      ...(me === undefined ? {} : { me }),
    });
  }

  function perform(effect: ConnectionEffect): void {
    switch (effect.type) {
      case 'fetch_token':
        calls.allow();
        tokens.get(effect.reason).then(
          (token) => dispatch({ type: 'token', token }),
          (thrown: unknown) => dispatch({ type: 'token_failed', error: toParleyError(thrown) }),
        );
        return;
      case 'open':
        renewal.opening(effect.token);
        return transport.connect(effect.token);
      case 'catch_up':
        void catchUp();
        return;
      case 'lost':
        up = false;
        renewal.closed();
        calls.lost();
        return parts.onDown();
      case 'close_socket':
        return transport.disconnect();
      case 'retry_later': {
        const wait = backoff(RECONNECT, effect.attempt, random, effect.retryAfterMs);
        cancelRetry = timers.after(wait, () => dispatch({ type: 'retry' }));
        return;
      }
      case 'cancel_retry':
        return cancelRetry();
      case 'give_up':
        return calls.refuse(effect.error);
    }
  }

  async function catchUp(): Promise<void> {
    calls.opened();
    renewal.opened();
    try {
      const found = (await calls.call('get_me', {}, { now: true })) as Me;
      if ((state.phase as ConnectionPhase) !== 'catching-up') return;
      const before = me;
      me = found;
      up = true;
      publish();
      parts.onUp(found, before);
    } catch (thrown) {
      const error = toParleyError(thrown);
      // The connection went away: that is said by `dropped`.
      if (error.code !== 'disconnected') dispatch({ type: 'failed', error });
    }
  }

  return {
    state: store,
    transport,
    me: () => me,
    isUp: () => up,
    connect() {
      if (state.phase === 'closed') throw new ParleyError('closed', 'client_closed', 'The client was closed');
      dispatch({ type: 'connect' });
    },
    close() {
      offWake();
      tokens.stop();
      renewal.closed();
      dispatch({ type: 'close' });
    },
    caughtUp: () => dispatch({ type: 'caught_up' }),
    token: (reason) => tokens.get(reason),
  };
}

const CODES = new Set<string>(['unauthorized', 'forbidden', 'rate_limited', 'unavailable', 'internal']);

function refusalOf(refusal: Parameters<TransportHandlers['refused']>[0]): ParleyError {
  const code = (CODES.has(refusal.code ?? '') ? refusal.code : 'unavailable') as ParleyErrorCode;
  return new ParleyError(code, refusal.reason ?? 'unreachable', refusal.message, {
    ...(refusal.retryAfterMs === undefined ? {} : { retryAfterMs: refusal.retryAfterMs }),
  });
}

const dropOf = (reason: string): ParleyError =>
  new ParleyError('disconnected', reason.replaceAll(' ', '_'), `The connection was lost (${reason})`);

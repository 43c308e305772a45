// The connection as a pure state machine: state + input → state + effects. The table in SPEC.md is this file.
// Must never touch sockets, timers or tokens: connector.ts does what the effects say.
import type { ConnectionStatus, TokenRequest } from './api.ts';
import { ParleyError } from './error.ts';

export type ConnectionPhase =
  | 'idle'
  /** Asking the application for a token. */
  | 'token'
  /** The socket is being opened. */
  | 'opening'
  | 'catching-up'
  | 'online'
  /** Until the next try. */
  | 'waiting'
  | 'unauthorized'
  | 'closed';

export interface ConnectionState {
  readonly phase: ConnectionPhase;
  /** Failed tries in a row. */
  readonly attempt: number;
  readonly error: ParleyError | undefined;
  /** A token was refused since the last success: the next refusal is final. */
  readonly refused: boolean;
}

export type ConnectionInput =
  | { type: 'connect' }
  | { type: 'close' }
  | { type: 'token'; token: string }
  | { type: 'token_failed'; error: ParleyError }
  | { type: 'opened' }
  /** The try failed, or catching up did. */
  | { type: 'failed'; error: ParleyError }
  | { type: 'dropped'; error: ParleyError }
  | { type: 'caught_up' }
  | { type: 'retry' }
  /** The network or the page came back. */
  | { type: 'wake' };

export type ConnectionEffect =
  | { type: 'fetch_token'; reason: TokenRequest['reason'] }
  | { type: 'open'; token: string }
  | { type: 'catch_up' }
  /** Whatever waited for an answer will not get one. */
  | { type: 'lost' }
  | { type: 'close_socket' }
  /** Send `retry` after a back-off. */
  | { type: 'retry_later'; attempt: number; retryAfterMs: number | undefined }
  | { type: 'cancel_retry' }
  /** Nobody will connect any more by itself: fail whatever waits. */
  | { type: 'give_up'; error: ParleyError };

export type ConnectionStep = readonly [ConnectionState, readonly ConnectionEffect[]];

export const idleConnection: ConnectionState = {
  phase: 'idle',
  attempt: 0,
  error: undefined,
  refused: false,
};

export function stepConnection(state: ConnectionState, input: ConnectionInput): ConnectionStep {
  if (state.phase === 'closed') return [state, []];
  switch (input.type) {
    case 'connect':
      return connect(state);
    case 'close':
      return close(state);
    case 'token':
      return state.phase === 'token'
        ? [{ ...state, phase: 'opening' }, [{ type: 'open', token: input.token }]]
        : [state, []];
    case 'token_failed':
      if (state.phase !== 'token') return [state, []];
      return input.error.code === 'unauthorized' ? giveUp(state, input.error) : wait(state, input.error);
    case 'opened':
      return state.phase === 'opening'
        ? [{ ...state, phase: 'catching-up' }, [{ type: 'catch_up' }]]
        : [state, []];
    case 'failed':
      return failed(state, input.error);
    case 'dropped':
      return isUp(state.phase) ? dropped(state, input.error) : [state, []];
    case 'caught_up':
      return state.phase === 'catching-up'
        ? [{ phase: 'online', attempt: 0, error: undefined, refused: false }, []]
        : [state, []];
    case 'retry':
      return state.phase === 'waiting' ? ask(state, 'connect') : [state, []];
    case 'wake':
      return state.phase === 'waiting' ? tryNow(state) : [state, []];
  }
}

const isUp = (phase: ConnectionPhase): boolean => phase === 'catching-up' || phase === 'online';

function connect(state: ConnectionState): ConnectionStep {
  if (state.phase === 'idle') return ask(state, 'connect');
  if (state.phase === 'waiting') return tryNow(state);
  if (state.phase === 'unauthorized')
    return ask({ ...state, attempt: 0, error: undefined, refused: false }, 'unauthorized');
  return [state, []];
}

function tryNow(state: ConnectionState): ConnectionStep {
  const [next, effects] = ask(state, 'connect');
  return [next, [{ type: 'cancel_retry' }, ...effects]];
}

const ask = (state: ConnectionState, reason: TokenRequest['reason']): ConnectionStep => [
  { ...state, phase: 'token' },
  [{ type: 'fetch_token', reason }],
];

function failed(state: ConnectionState, error: ParleyError): ConnectionStep {
  if (state.phase !== 'opening' && !isUp(state.phase)) return [state, []];
  const ended: ConnectionEffect[] = isUp(state.phase)
    ? [{ type: 'close_socket' }, { type: 'lost' }]
    : [{ type: 'close_socket' }];
  const then = (step: ConnectionStep): ConnectionStep => [step[0], [...ended, ...step[1]]];
  if (error.code !== 'unauthorized') return then(wait(state, error));
  if (state.refused) return then(giveUp(state, error));
  return then(ask({ ...state, refused: true, error }, 'unauthorized'));
}

/** A connection that never came up counts as a failed try, so that a server that throws us out is not hammered. */
function dropped(state: ConnectionState, error: ParleyError): ConnectionStep {
  const [next, effects] = wait(state, error);
  return [next, [{ type: 'lost' }, ...effects]];
}

function wait(state: ConnectionState, error: ParleyError): ConnectionStep {
  const attempt = state.attempt + 1;
  const effect: ConnectionEffect = { type: 'retry_later', attempt, retryAfterMs: error.retryAfterMs };
  return [{ ...state, phase: 'waiting', attempt, error }, [effect]];
}

const giveUp = (state: ConnectionState, error: ParleyError): ConnectionStep => [
  { ...state, phase: 'unauthorized', error },
  [{ type: 'give_up', error }],
];

function close(state: ConnectionState): ConnectionStep {
  const error = new ParleyError('closed', 'client_closed', 'The client was closed');
  const effects: ConnectionEffect[] = [{ type: 'cancel_retry' }, { type: 'close_socket' }];
  if (isUp(state.phase)) effects.push({ type: 'lost' });
  effects.push({ type: 'give_up', error });
  return [{ phase: 'closed', attempt: 0, error: undefined, refused: false }, effects];
}

/** What the application sees. Further tries after a failure are part of being offline, or the banner would flicker. */
export function statusOf(state: ConnectionState): ConnectionStatus {
  switch (state.phase) {
    case 'token':
    case 'opening':
      return state.attempt === 0 ? 'connecting' : 'offline';
    case 'waiting':
      return 'offline';
    default:
      return state.phase;
  }
}

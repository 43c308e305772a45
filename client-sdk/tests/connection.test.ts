// The connection's state machine: its whole table, and that no sequence of inputs gets it stuck.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConnectionInput,
  type ConnectionPhase,
  type ConnectionState,
  idleConnection,
  stepConnection,
} from '../src/connection.ts';
import { ParleyError } from '../src/error.ts';

const gone = new ParleyError('disconnected', 'transport_close', 'gone');
const denied = new ParleyError('unauthorized', 'token_expired', 'denied');
const inputs = {
  connect: { type: 'connect' },
  close: { type: 'close' },
  token: { type: 'token', token: 't' },
  token_failed: { type: 'token_failed', error: gone },
  no_token: { type: 'token_failed', error: denied },
  opened: { type: 'opened' },
  failed: { type: 'failed', error: gone },
  refused: { type: 'failed', error: denied },
  dropped: { type: 'dropped', error: gone },
  caught_up: { type: 'caught_up' },
  retry: { type: 'retry' },
  wake: { type: 'wake' },
} as const satisfies Record<string, ConnectionInput>;

/** Where each input leads from each phase; a missing cell does not compile, `–` means it changes nothing. */
type Row = Record<keyof typeof inputs, ConnectionPhase | '–'>;
const nothing: Row = {
  connect: '–',
  close: 'closed',
  token: '–',
  token_failed: '–',
  no_token: '–',
  opened: '–',
  failed: '–',
  refused: '–',
  dropped: '–',
  caught_up: '–',
  retry: '–',
  wake: '–',
};
const table: Record<ConnectionPhase, Row> = {
  idle: { ...nothing, connect: 'token' },
  token: { ...nothing, token: 'opening', token_failed: 'waiting', no_token: 'unauthorized' },
  opening: { ...nothing, opened: 'catching-up', failed: 'waiting', refused: 'token' },
  'catching-up': { ...nothing, failed: 'waiting', refused: 'token', dropped: 'waiting', caught_up: 'online' },
  online: { ...nothing, failed: 'waiting', refused: 'token', dropped: 'waiting' },
  waiting: { ...nothing, connect: 'token', retry: 'token', wake: 'token' },
  unauthorized: { ...nothing, connect: 'token' },
  closed: { ...nothing, close: '–' },
};

const cells = Object.entries(table).flatMap(([phase, row]) =>
  Object.entries(row).map(
    ([name, to]) => [phase, name, to] as [ConnectionPhase, keyof typeof inputs, string],
  ),
);

describe('connection', () => {
  it.each(cells)('C1 %s × %s → %s', (phase, name, to) => {
    const before: ConnectionState = { ...idleConnection, phase };
    const [after, effects] = stepConnection(before, inputs[name]);
    if (to === '–') expect([after, effects]).toEqual([before, []]);
    else expect(after.phase).toBe(to);
  });

  it('C2 a refused token is asked for anew once, and is final the second time', () => {
    const opening: ConnectionState = { ...idleConnection, phase: 'opening' };
    const [asking, first] = stepConnection(opening, inputs.refused);
    expect(first).toContainEqual({ type: 'fetch_token', reason: 'unauthorized' });
    const [again] = stepConnection(asking, inputs.token);
    const [final, second] = stepConnection(again, inputs.refused);
    expect(final.phase).toBe('unauthorized');
    expect(second).toContainEqual({ type: 'give_up', error: denied });
  });

  it('C3 after anything that happens there is a way on: a question out, a timer, or a rest that connect() ends', () => {
    const names = fc.constantFrom(
      ...(Object.keys(inputs) as (keyof typeof inputs)[]).filter((n) => n !== 'close'),
    );
    fc.assert(
      fc.property(fc.array(names, { maxLength: 40 }), (sequence) => {
        let state = idleConnection;
        let socket = false;
        let timer = false;
        let question = false;
        for (const name of sequence) {
          const before = state.phase;
          const [next, effects] = stepConnection(state, inputs[name]);
          state = next;
          if (name === 'retry' && before === 'waiting') timer = false;
          if (before === 'token' && next.phase !== 'token') question = false;
          if (name === 'dropped' || name === 'failed') socket = next.phase === before && socket;
          for (const effect of effects) {
            if (effect.type === 'open') socket = true;
            if (effect.type === 'close_socket') socket = false;
            if (effect.type === 'retry_later') timer = true;
            if (effect.type === 'cancel_retry') timer = false;
            if (effect.type === 'fetch_token') question = true;
          }
          const goesOn = {
            idle: true,
            unauthorized: true,
            closed: true,
            token: question,
            waiting: timer,
            opening: socket,
            'catching-up': socket,
            online: socket,
          };
          expect(goesOn[state.phase]).toBe(true);
          expect(timer).toBe(state.phase === 'waiting');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('C4 counts failures until online, so that the back-off grows even when the socket opens each time', () => {
    let state: ConnectionState = { ...idleConnection, phase: 'opening' };
    for (let i = 1; i <= 3; i++) {
      for (const name of ['opened', 'dropped'] as const) [state] = stepConnection(state, inputs[name]);
      expect(state.attempt).toBe(i);
      for (const name of ['retry', 'token'] as const) [state] = stepConnection(state, inputs[name]);
    }
    for (const name of ['opened', 'caught_up'] as const) [state] = stepConnection(state, inputs[name]);
    expect(state.attempt).toBe(0);
  });
});

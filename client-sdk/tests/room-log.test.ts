// The room log's reducer under every order of delivery: what is applied is the log, once, in order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyLog,
  type LogEffect,
  type LogInput,
  type LogState,
  MAX_HELD,
  stepLog,
} from '../src/room-log.ts';
import type { LogEvent } from '../src/wire.ts';

const entry = (seq: number): LogEvent => ({ seq, type: 'new_message', payload: { seq } });
const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => entry(from + i));

/** A reducer with its effects collected, and what it has applied since the last reset. */
function drive(start: LogState = emptyLog) {
  let state = start;
  const asked: LogEffect[] = [];
  let applied: number[] = [];
  let base = 0;
  return {
    send(input: LogInput) {
      const [next, effects] = stepLog(state, input);
      state = next;
      for (const effect of effects) {
        if (effect.type === 'reset') {
          applied = [];
          base = effect.base;
        } else if (effect.type === 'apply') applied.push(...effect.entries.map((one) => one.seq));
        else asked.push(effect);
      }
    },
    take: () => asked.splice(0),
    get state() {
      return state;
    },
    get applied() {
      return applied;
    },
    get base() {
      return base;
    },
  };
}
const page = (log: LogEvent[], afterSeq: number, limit = 500) => {
  const rest = log.filter((one) => one.seq > afterSeq);
  return { events: rest.slice(0, limit), lastSeq: log.at(-1)?.seq ?? 0, resync: false };
};

describe('room log', () => {
  it('I1 I2 applies every entry once and in order, whatever is lost, repeated, reordered or delayed', () => {
    const op = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          type: fc.constant('write' as const),
          fate: fc.constantFrom('live', 'lost', 'twice', 'late'),
        }),
      },
      { weight: 3, arbitrary: fc.record({ type: fc.constant('deliver_late' as const), pick: fc.nat() }) },
      {
        weight: 3,
        arbitrary: fc.record({
          type: fc.constant('answer' as const),
          fails: fc.boolean(),
          limit: fc.integer({ min: 1, max: 4 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('reconnect' as const) }) },
    );
    fc.assert(
      fc.property(fc.array(op, { maxLength: 60 }), fc.nat({ max: 80 }), (ops, before) => {
        const log = range(1, before);
        const late: LogEvent[] = [];
        const room = drive();
        const questions: LogEffect[] = [];
        const ask = () => questions.push(...room.take());
        const answer = (fails: boolean, limit: number) => {
          const question = questions.shift();
          if (question === undefined) return;
          if (question.type === 'join') {
            const reply =
              question.afterSeq === undefined
                ? { events: log.slice(-5), lastSeq: log.length, resync: false }
                : page(log, question.afterSeq, limit);
            room.send({ type: 'joined', ...reply });
          } else if (question.type === 'fetch')
            room.send(
              fails ? { type: 'page_failed' } : { type: 'page', ...page(log, question.afterSeq, limit) },
            );
          else room.send({ type: 'retry' });
          ask();
        };
        room.send({ type: 'join' });
        ask();
        for (const one of ops) {
          if (one.type === 'write') {
            const next = entry(log.length + 1);
            log.push(next);
            if (one.fate === 'late') late.push(next);
            if (one.fate === 'live' || one.fate === 'twice') room.send({ type: 'entry', entry: next });
            if (one.fate === 'twice') room.send({ type: 'entry', entry: next });
          } else if (one.type === 'deliver_late') {
            const [next] = late.splice(one.pick % Math.max(1, late.length), 1);
            if (next !== undefined) room.send({ type: 'entry', entry: next });
          } else if (one.type === 'answer') answer(one.fails, one.limit);
          else {
            room.send({ type: 'lost' });
            questions.length = 0;
            room.send({ type: 'join' });
          }
          ask();
          expect(room.applied).toEqual(
            range(room.base + 1, room.base + room.applied.length).map((e) => e.seq),
          );
        }
        // In the end the connection works: one more entry comes through, and all questions are answered.
        const last = entry(log.length + 1);
        log.push(last);
        room.send({ type: 'entry', entry: last });
        ask();
        for (let i = 0; i < 500 && questions.length > 0; i++) answer(false, 500);
        expect(room.state.phase).toBe('live');
        expect(room.state.seq).toBe(log.length);
        expect(room.applied).toEqual(range(room.base + 1, log.length).map((e) => e.seq));
        expect(room.state.held.size).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('I3 holds entries that come before the answer to the join', () => {
    const room = drive();
    room.send({ type: 'join' });
    room.send({ type: 'entry', entry: entry(4) });
    expect(room.applied).toEqual([]);
    room.send({ type: 'joined', events: range(1, 3), lastSeq: 3, resync: false });
    expect(room.applied).toEqual([1, 2, 3, 4]);
    expect(room.state.phase).toBe('live');
  });

  it('I4 pages what the join did not bring, and is live only then', () => {
    const room = drive({ ...emptyLog, started: true, seq: 2 });
    room.send({ type: 'join' });
    expect(room.take()).toEqual([{ type: 'join', afterSeq: 2 }]);
    room.send({ type: 'joined', events: range(3, 4), lastSeq: 8, resync: false });
    expect(room.state.phase).toBe('catching-up');
    expect(room.take()).toEqual([{ type: 'fetch', afterSeq: 4 }]);
    room.send({ type: 'entry', entry: entry(9) });
    expect(room.applied).toEqual([3, 4]);
    room.send({ type: 'page', events: range(5, 8), lastSeq: 8, resync: false });
    expect(room.applied).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(room.state.phase).toBe('live');
  });

  it.each([
    ['the server says so', { events: [], lastSeq: 90, resync: true }],
    ['the log is shorter than what was seen', { events: [], lastSeq: 3, resync: false }],
  ])('I5 joins afresh when %s', (_, reply) => {
    const room = drive({ ...emptyLog, started: true, seq: 7 });
    room.send({ type: 'join' });
    room.send({ type: 'joined', ...reply });
    expect(room.take().at(-1)).toEqual({ type: 'join', afterSeq: undefined });
    room.send({ type: 'joined', events: range(89, 90), lastSeq: 90, resync: false });
    expect([room.base, room.applied, room.state.phase]).toEqual([88, [89, 90], 'live']);
  });

  it('I6 asks for one page at a time, and backs off when it fails or brings nothing', () => {
    const room = drive({ ...emptyLog, phase: 'live', started: true, seq: 1, known: 1 });
    room.send({ type: 'entry', entry: entry(3) });
    room.send({ type: 'entry', entry: entry(5) });
    expect(room.take()).toEqual([{ type: 'fetch', afterSeq: 1 }]);
    room.send({ type: 'page_failed' });
    expect(room.take()).toEqual([{ type: 'retry_later', failures: 1 }]);
    room.send({ type: 'entry', entry: entry(6) });
    expect(room.take()).toEqual([]);
    room.send({ type: 'retry' });
    expect(room.take()).toEqual([{ type: 'fetch', afterSeq: 1 }]);
    room.send({ type: 'page', events: [], lastSeq: 6, resync: false });
    expect(room.take()).toEqual([{ type: 'retry_later', failures: 2 }]);
  });

  it('I6 keeps a bounded number of entries ahead of a hole, and fetches the others again', () => {
    const room = drive({ ...emptyLog, phase: 'live', started: true, seq: 1, known: 1 });
    for (const one of range(3, MAX_HELD + 500)) room.send({ type: 'entry', entry: one });
    expect(room.state.held.size).toBe(MAX_HELD);
    room.send({ type: 'page', events: range(2, 501), lastSeq: MAX_HELD + 500, resync: false });
    expect(room.state.seq).toBe(MAX_HELD + 2);
    expect(room.take().at(-1)).toEqual({ type: 'fetch', afterSeq: MAX_HELD + 2 });
  });
});

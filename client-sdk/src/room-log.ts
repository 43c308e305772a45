// One room's log as a pure reducer: state + input → state + effects. Keeps I1–I6 of SPEC.md.
// Must never touch time, sockets or what entries mean; it only knows their seq.
import type { LogEvent } from './wire.ts';

export interface LogState {
  readonly phase: 'idle' | 'joining' | 'catching-up' | 'live';
  /** False until the first join: then there is no place to resume from. */
  readonly started: boolean;
  /** The join under way asked for the newest entries, not for those after `seq`. */
  readonly fresh: boolean;
  /** Everything up to here is applied. */
  readonly seq: number;
  /** Highest seq known to exist. */
  readonly known: number;
  /** Entries ahead of a hole, by seq. */
  readonly held: ReadonlyMap<number, LogEvent>;
  /** `asked`: a page is on its way. `waiting`: the last one failed, a retry is due. */
  readonly fetch: 'none' | 'asked' | 'waiting';
  /** Fetches in a row that brought nothing. */
  readonly failures: number;
}

interface Page {
  events: readonly LogEvent[];
  lastSeq: number;
  resync: boolean;
}

export type LogInput =
  /** Connected and wanted: join, or join again. */
  | { type: 'join' }
  | ({ type: 'joined' } & Page)
  /** An entry, live or out of the answer to a send. */
  | { type: 'entry'; entry: LogEvent }
  | ({ type: 'page' } & Page)
  | { type: 'page_failed' }
  | { type: 'retry' }
  /** The connection is gone, or nobody listens any more. */
  | { type: 'lost' };

export type LogEffect =
  | { type: 'join'; afterSeq: number | undefined }
  /** Forget all entries; what follows starts after `base`. */
  | { type: 'reset'; base: number }
  /** In order, without holes, each once. */
  | { type: 'apply'; entries: readonly LogEvent[] }
  | { type: 'fetch'; afterSeq: number }
  /** Send `retry` after a back-off. */
  | { type: 'retry_later'; failures: number };

/** More than this is not kept ahead of a hole; it is fetched again. */
export const MAX_HELD = 1000;

export const emptyLog: LogState = {
  phase: 'idle',
  started: false,
  fresh: true,
  seq: 0,
  known: 0,
  held: new Map(),
  fetch: 'none',
  failures: 0,
};

export type LogStep = readonly [LogState, readonly LogEffect[]];

export function stepLog(state: LogState, input: LogInput): LogStep {
  switch (input.type) {
    case 'join':
      return askToJoin(state, !state.started);
    case 'joined':
      return state.phase === 'joining' ? joined(state, input) : [state, []];
    case 'entry':
      return entry(state, input.entry);
    case 'page':
      return state.fetch === 'asked' ? page(state, input) : [state, []];
    case 'page_failed':
      return state.fetch === 'asked' ? backOff(state) : [state, []];
    case 'retry':
      return state.fetch === 'waiting' ? settle({ ...state, fetch: 'none' }, []) : [state, []];
    case 'lost':
      return [{ ...state, phase: 'idle', fetch: 'none', failures: 0 }, []];
  }
}

function askToJoin(state: LogState, fresh: boolean): LogStep {
  const next: LogState = {
    ...state,
    phase: 'joining',
    fresh,
    held: fresh ? new Map() : state.held,
    fetch: 'none',
    failures: 0,
  };
  return [next, [{ type: 'join', afterSeq: fresh ? undefined : state.seq }]];
}

function joined(state: LogState, reply: Page): LogStep {
  if (!state.fresh) {
    // The server's log does not reach our place, or is not the log we knew.
    if (reply.resync || reply.lastSeq < state.seq) return askToJoin(state, true);
    return advance(
      { ...state, phase: 'catching-up', known: Math.max(state.known, reply.lastSeq) },
      reply.events,
    );
  }
  const first = reply.events[0];
  const base = first === undefined ? reply.lastSeq : first.seq - 1;
  const known = Math.max(reply.lastSeq, ...state.held.keys());
  const [next, effects] = advance(
    { ...state, phase: 'catching-up', started: true, fresh: false, seq: base, known },
    reply.events,
  );
  return [next, [{ type: 'reset', base }, ...effects]];
}

function entry(state: LogState, one: LogEvent): LogStep {
  if (state.phase === 'idle') return [state, []];
  if (state.phase === 'joining') return [hold(state, [one]), []];
  return advance(state, [one]);
}

function page(state: LogState, reply: Page): LogStep {
  if (reply.resync || reply.lastSeq < state.seq) return askToJoin(state, true);
  const before = state.seq;
  const asked: LogState = { ...state, known: Math.max(state.known, reply.lastSeq) };
  const [held, applied] = drain(hold(asked, reply.events));
  if (held.seq === before && held.seq < held.known) {
    const [next, effects] = backOff(held);
    return [next, [...applied, ...effects]];
  }
  return settle({ ...held, fetch: 'none', failures: 0 }, applied);
}

function backOff(state: LogState): LogStep {
  const failures = state.failures + 1;
  return [{ ...state, fetch: 'waiting', failures }, [{ type: 'retry_later', failures }]];
}

function advance(state: LogState, entries: readonly LogEvent[]): LogStep {
  return settle(...drain(hold(state, entries)));
}

/** Asks for what is missing, or is live. */
function settle(state: LogState, effects: readonly LogEffect[]): LogStep {
  if (state.seq >= state.known) return [{ ...state, phase: 'live', fetch: 'none', failures: 0 }, effects];
  if (state.fetch !== 'none') return [{ ...state, phase: 'catching-up' }, effects];
  const next: LogState = { ...state, phase: 'catching-up', fetch: 'asked' };
  return [next, [...effects, { type: 'fetch', afterSeq: state.seq }]];
}

function hold(state: LogState, entries: readonly LogEvent[]): LogState {
  const held = new Map(state.held);
  let known = state.known;
  for (const one of entries) {
    known = Math.max(known, one.seq);
    const useful = state.phase === 'joining' || one.seq > state.seq;
    const next = one.seq === state.seq + 1;
    if (useful && !held.has(one.seq) && (next || held.size < MAX_HELD)) held.set(one.seq, one);
  }
  return { ...state, held, known };
}

/** Applies what now follows without a hole. */
function drain(state: LogState): LogStep {
  const entries: LogEvent[] = [];
  const held = new Map(state.held);
  let seq = state.seq;
  for (let one = held.get(seq + 1); one !== undefined; one = held.get(seq + 1)) {
    entries.push(one);
    seq += 1;
  }
  for (const key of held.keys()) if (key <= seq) held.delete(key);
  return [{ ...state, seq, held }, entries.length === 0 ? [] : [{ type: 'apply', entries }]];
}

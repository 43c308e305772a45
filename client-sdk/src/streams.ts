// Text that agents are writing right now, put together from deltas. Pure. Keeps I9 and I10 of SPEC.md.
// Must never show text with a hole in it.
import type { Stream } from './api.ts';
import type { Events } from './wire.ts';

export interface StreamState {
  readonly shown: Stream;
  /** Deltas beyond the text's end, by offset. */
  readonly ahead: ReadonlyMap<number, string>;
  /** Milliseconds since 1970 of the last delta, for forgetting streams that nobody continues. */
  readonly touched: number;
}
export type Streams = Readonly<Record<string, StreamState>>;

const MAX_AHEAD = 500;
/** A stream without a new delta for this long is dropped. */
export const STREAM_STALE_MS = 90_000;
/** An ended run's stream waits this long for its message. */
export const STREAM_ENDED_MS = 5_000;

type Delta = Events['agent_message_delta'];

export function addDelta(streams: Streams, delta: Delta, now: number): Streams {
  const known = streams[delta.messageId];
  const state =
    known === undefined || known.shown.runId !== delta.runId || restarts(known.shown.text, delta)
      ? begin(delta, now)
      : known;
  const ahead = new Map(state.ahead);
  let changed = state !== known;
  if (delta.at > state.shown.text.length) {
    const other = ahead.get(delta.at);
    if (other === undefined ? ahead.size < MAX_AHEAD : other.length < delta.text.length) {
      ahead.set(delta.at, delta.text);
      changed = true;
    }
  }
  const text = fill(append(state.shown.text, delta.at, delta.text), ahead);
  if (!changed && text === state.shown.text) return streams;
  const { ended: _, ...shown } = state.shown;
  return { ...streams, [delta.messageId]: { shown: { ...shown, text }, ahead, touched: now } };
}

/** A run that writes its message anew begins at 0 with other words. */
const restarts = (text: string, delta: Delta): boolean =>
  delta.at === 0 && !text.startsWith(delta.text) && !delta.text.startsWith(text);

const begin = (delta: Delta, now: number): StreamState => ({
  shown: {
    messageId: delta.messageId,
    agentId: delta.agentId,
    runId: delta.runId,
    text: '',
    startedAt: new Date(now).toISOString(),
  },
  ahead: new Map(),
  touched: now,
});

function append(text: string, at: number, more: string): string {
  if (at > text.length || at + more.length <= text.length) return text;
  return text + more.slice(text.length - at);
}

/** Takes from `ahead` (changed in place) whatever now joins the text. */
function fill(text: string, ahead: Map<number, string>): string {
  let whole = text;
  for (const [at, more] of [...ahead].sort(([a], [b]) => a - b)) {
    if (at > whole.length) break;
    whole = append(whole, at, more);
    ahead.delete(at);
  }
  return whole;
}

export function dropStream(streams: Streams, messageId: string): Streams {
  if (!(messageId in streams)) return streams;
  const { [messageId]: _, ...rest } = streams;
  return rest;
}

/** Marks the streams of a run that ended. */
export function endRun(streams: Streams, runId: string, ended: 'idle' | 'error', now: number): Streams {
  let next = streams;
  for (const [id, state] of Object.entries(streams)) {
    if (state.shown.runId !== runId || state.shown.ended !== undefined) continue;
    next = { ...next, [id]: { ...state, shown: { ...state.shown, ended }, touched: now } };
  }
  return next;
}

const dueAt = (state: StreamState): number =>
  state.touched + (state.shown.ended === undefined ? STREAM_STALE_MS : STREAM_ENDED_MS);

export function dropStale(streams: Streams, now: number): Streams {
  let next = streams;
  for (const [id, state] of Object.entries(streams)) if (dueAt(state) <= now) next = dropStream(next, id);
  return next;
}

/** When `dropStale` has something to do next; undefined if never. */
export function nextStale(streams: Streams): number | undefined {
  const times = Object.values(streams).map(dueAt);
  return times.length === 0 ? undefined : Math.min(...times);
}

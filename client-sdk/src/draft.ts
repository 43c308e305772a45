// One draft: what stands in one composer. Kept in storage at once; a room's also on the server, where the later text wins.
// Keeps I26 and I27 of SPEC.md. Must never throw away words that were typed here and are nowhere else.
import type { Draft, DraftSnapshot } from './api-personal.ts';
import { backoff, REFETCH } from './backoff.ts';
import { toParleyError } from './error.ts';
import type { Clock, Timers } from './ports.ts';
import { createStore } from './store.ts';

/** As the server has it. */
export interface ServerDraft {
  body: string;
  updatedAt?: string | undefined;
}

export interface DraftParts {
  clock: Clock;
  timers: Timers;
  random: () => number;
  isUp(): boolean;
  /** Reads and writes it on the server; absent where it is kept on this device only. */
  server:
    | { get(): Promise<ServerDraft>; set(draft: Required<ServerDraft>): Promise<ServerDraft> }
    | undefined;
  /** A message of mine is on its way from this composer's place: when it arrives, the draft ends on the server. */
  isSending(): boolean;
  /** Keeps it over a reload; `undefined` when there is nothing to keep. */
  keep(record: DraftRecord | undefined): void;
}

export interface DraftRecord {
  body: string;
  /** Milliseconds since 1970. */
  at: number;
  dirty: boolean;
}

export interface KeptDraft {
  readonly draft: Draft;
  /** What was kept before a reload, or for who is signed in now. */
  load(record: DraftRecord | undefined): void;
  /** What there is to keep. */
  record(): DraftRecord | undefined;
  /** Connected. */
  opened(): void;
  /** The server says how it stands there. */
  told(draft: ServerDraft): void;
  /** I sent a message from this composer's place. */
  sent(): void;
  /** The server has a message of mine: a draft before it has ended there. @param at when, by the server's clock */
  confirmed(at: number, fromHere: boolean): void;
  close(): void;
}

/** From the last change to telling the server, and at most from the first one. */
const QUIET_MS = 1000;
const LATEST_MS = 5000;

export function createDraft(parts: DraftParts): KeptDraft {
  const { clock, timers, server } = parts;
  const store = createStore<DraftSnapshot>({ body: '', kept: 'everywhere' });
  /** Milliseconds since 1970 of the text that is shown; 0 when there never was one. */
  let at = 0;
  /** Nothing that is written here from now on may be older: what the server has is. */
  let floor = 0;
  let dirty = false;
  let dirtySince = 0;
  let watchers = 0;
  let failures = 0;
  let running = false;
  let endedMeanwhile = false;
  let cancel = () => {};

  function show(body: string, replaced?: string): void {
    store.set({
      body,
      ...(at === 0 ? {} : { updatedAt: new Date(at).toISOString() }),
      kept: dirty || (server === undefined && body !== '') ? 'here' : 'everywhere',
      ...(replaced === undefined ? {} : { replaced }),
    });
    parts.keep(record());
  }

  function record(): DraftRecord | undefined {
    const { body } = store.getSnapshot();
    return body === '' && !dirty ? undefined : { body, at, dirty };
  }

  function write(body: string): void {
    at = Math.max(clock.now(), floor + 1, at + 1);
    if (!dirty) dirtySince = clock.now();
    dirty = server !== undefined;
    show(body);
    plan();
  }

  function plan(): void {
    if (!dirty || running || !parts.isUp()) return;
    cancel();
    const latest = dirtySince + LATEST_MS - clock.now();
    cancel = timers.after(Math.max(0, Math.min(QUIET_MS, latest)), () => void sync());
  }

  async function sync(): Promise<void> {
    if (server === undefined || !dirty || running || !parts.isUp()) return;
    const mine = at;
    running = true;
    try {
      const { body } = store.getSnapshot();
      const answer = await server.set({ body, updatedAt: new Date(mine).toISOString() });
      failures = 0;
      running = false;
      if (mine === at && answer.body === body) {
        dirty = false;
        at = timeOf(answer) || at;
        floor = Math.max(floor, at);
        show(body);
      } else takeOver(answer);
      if (endedMeanwhile && store.getSnapshot().body === '') {
        // What was on its way may have come after the message that ended it.
        endedMeanwhile = false;
        write('');
      }
      plan();
    } catch (thrown) {
      running = false;
      const error = toParleyError(thrown);
      if (error.code === 'disconnected' || error.code === 'closed') return;
      // Not a member any more, or too long: it stays here, until the next change.
      if (!error.retryable) return;
      failures += 1;
      cancel = timers.after(backoff(REFETCH, failures, parts.random, error.retryAfterMs), () => void sync());
    }
  }

  /** Shows the server's text where it is the later one. */
  function takeOver(draft: ServerDraft): void {
    const time = timeOf(draft);
    floor = Math.max(floor, time);
    const { body } = store.getSnapshot();
    if (time <= at) return;
    // It ended, but here somebody goes on writing.
    if (draft.body === '' && body !== '' && (dirty || parts.isSending())) return goOn(body);
    const replaced = dirty && body !== '' && body !== draft.body ? body : undefined;
    dirty = false;
    at = time;
    cancel();
    show(draft.body, replaced);
  }

  /** What the server let go of is told to it again. */
  function goOn(body: string): void {
    at = floor + 1;
    if (!dirty) dirtySince = clock.now();
    dirty = server !== undefined;
    show(body);
    plan();
  }

  function fetch(): void {
    if (server === undefined || !parts.isUp()) return;
    server.get().then(takeOver, () => {});
  }

  return {
    draft: {
      getSnapshot: store.getSnapshot,
      subscribe(listener) {
        watchers += 1;
        if (watchers === 1 && !dirty) fetch();
        const off = store.subscribe(listener);
        let released = false;
        return () => {
          off();
          if (!released) watchers -= 1;
          released = true;
        };
      },
      set(body) {
        if (body !== store.getSnapshot().body) write(body);
      },
      clear() {
        if (store.getSnapshot().body !== '') write('');
      },
    },
    load(record) {
      cancel();
      floor = 0;
      dirty = record?.dirty ?? false;
      at = record?.at ?? 0;
      dirtySince = clock.now();
      const { body } = record ?? { body: '' };
      store.set({
        body,
        ...(at === 0 ? {} : { updatedAt: new Date(at).toISOString() }),
        kept: dirty || (server === undefined && body !== '') ? 'here' : 'everywhere',
      });
    },
    record,
    opened() {
      if (dirty) plan();
      else if (watchers > 0) fetch();
    },
    told: takeOver,
    sent() {
      if (store.getSnapshot().body === '' && !dirty) return;
      cancel();
      endedMeanwhile = running;
      dirty = false;
      at = Math.max(clock.now(), at + 1);
      show('');
    },
    confirmed(time, fromHere) {
      floor = Math.max(floor, time);
      const { body } = store.getSnapshot();
      if (body === '') return;
      if (dirty || fromHere) {
        // Handing a message over empties its composer: these words came after it, and go on, though the message ended them on the server.
        if (at <= floor) goOn(body);
      } else if (time > at) fetch();
    },
    close() {
      cancel();
    },
  };
}

const timeOf = ({ updatedAt }: ServerDraft): number => (updatedAt === undefined ? 0 : Date.parse(updatedAt));

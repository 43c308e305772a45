// Drives one room's log over the network: joins, resumes, repairs gaps, leaves. Does what room-log.ts decides.
// Must never decide about order itself.
import { backoff, REFETCH } from './backoff.ts';
import type { Calls } from './calls.ts';
import { type ParleyError, toParleyError } from './error.ts';
import type { Timers } from './ports.ts';
import { emptyLog, type LogEffect, type LogInput, type LogState, stepLog } from './room-log.ts';
import type { JoinReply, LogEvent, ReplyOf } from './wire.ts';

export interface RoomSync {
  phase(): LogState['phase'];
  /** Highest seq applied. */
  seq(): number;
  /** The last try to join or to fetch failed; another is planned. */
  troubled(): boolean;
  /** Connected and wanted. */
  start(): void;
  /** Disconnected, or not wanted any more; forget the log too if it is another user's. */
  stop(forget?: boolean): void;
  /** Entries from the wire or from an answer. */
  entry(entry: LogEvent): void;
}

export interface RoomSyncParts {
  roomKey: string;
  calls: Calls;
  timers: Timers;
  random: () => number;
  onJoin(reply: JoinReply): void;
  onReset(base: number): void;
  onEntries(entries: readonly LogEvent[]): void;
  /** The join was refused for good. */
  onRefused(error: ParleyError): void;
  /** After every step. */
  onStep(): void;
}

export function createRoomSync(parts: RoomSyncParts): RoomSync {
  const { roomKey, calls, timers, random } = parts;
  let log = emptyLog;
  /** Answers to questions of an older turn are nobody's any more. */
  let turn = 0;
  /** Which life of the server's database the log was read in; after a restore the server answers `resync`. */
  let epoch: string | undefined;
  let joinFailures = 0;
  let cancel = () => {};

  function dispatch(input: LogInput, reply?: JoinReply): void {
    const [next, effects] = stepLog(log, input);
    log = next;
    if (reply !== undefined && next.phase !== 'joining') parts.onJoin(reply);
    for (const effect of effects) perform(effect);
    parts.onStep();
  }

  function perform(effect: LogEffect): void {
    switch (effect.type) {
      case 'join':
        turn += 1;
        void join(turn, effect.afterSeq);
        return;
      case 'reset':
        return parts.onReset(effect.base);
      case 'apply':
        return parts.onEntries(effect.entries);
      case 'fetch':
        void fetchPage(turn, effect.afterSeq);
        return;
      case 'retry_later':
        later(effect.failures, () => dispatch({ type: 'retry' }));
    }
  }

  function later(failures: number, run: () => void, retryAfterMs?: number): void {
    cancel();
    const mine = turn;
    cancel = timers.after(backoff(REFETCH, failures, random, retryAfterMs), () => {
      if (mine === turn) run();
    });
  }

  async function join(mine: number, afterSeq: number | undefined): Promise<void> {
    const place = afterSeq === undefined ? {} : { afterSeq, ...(epoch === undefined ? {} : { epoch }) };
    const input = { roomId: roomKey, ...place };
    try {
      const reply = (await calls.call('join_room', input, { now: true })) as JoinReply;
      if (mine !== turn) return;
      joinFailures = 0;
      epoch = reply.epoch;
      dispatch({ type: 'joined', events: reply.events, lastSeq: reply.lastSeq, resync: reply.resync }, reply);
    } catch (thrown) {
      const error = toParleyError(thrown);
      if (mine !== turn || error.code === 'disconnected') return;
      if (!error.retryable) return parts.onRefused(error);
      joinFailures += 1;
      parts.onStep();
      later(joinFailures, () => dispatch({ type: 'join' }), error.retryAfterMs);
    }
  }

  async function fetchPage(mine: number, afterSeq: number): Promise<void> {
    try {
      const input = { roomId: roomKey, afterSeq, ...(epoch === undefined ? {} : { epoch }) };
      const reply = (await calls.call('list_events', input, { now: true })) as ReplyOf<'list_events'>;
      if (mine !== turn) return;
      epoch = reply.epoch;
      dispatch({ type: 'page', events: reply.events, lastSeq: reply.lastSeq, resync: reply.resync });
    } catch {
      if (mine === turn) dispatch({ type: 'page_failed' });
    }
  }

  return {
    phase: () => log.phase,
    seq: () => log.seq,
    troubled: () => joinFailures > 0 || log.failures > 0,
    start() {
      if (log.phase !== 'idle') return;
      joinFailures = 0;
      dispatch({ type: 'join' });
    },
    stop(forget = false) {
      turn += 1;
      cancel();
      if (forget) {
        log = emptyLog;
        epoch = undefined;
      }
      dispatch({ type: 'lost' });
    },
    entry: (entry) => dispatch({ type: 'entry', entry }),
  };
}

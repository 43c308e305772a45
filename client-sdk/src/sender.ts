// Sends the outbox: one message at a time per room, in order, under the same id until there is an answer.
// Keeps I12–I15 of SPEC.md. Must never send for anyone but the user who wrote the message.
import type { SendHandle } from './api.ts';
import { backoff, RESEND } from './backoff.ts';
import type { Calls } from './calls.ts';
import { ParleyError, toParleyError } from './error.ts';
import type { Outbox, OutboxEntry } from './outbox.ts';
import { errorOf } from './outbox.ts';
import type { Clock, Timers } from './ports.ts';
import type { Message } from './wire.ts';

export interface Sender {
  handle(id: string): SendHandle | undefined;
  /** Sends what can be sent now. */
  pump(): void;
  /** Connected as this user. */
  opened(userId: string): void;
  lost(): void;
  /** The log shows the message: same as an answer. */
  seen(message: Message): void;
  /** Slow mode does not hold me up in this room any more. */
  eased(roomKey: string): void;
}

export interface SenderParts {
  outbox: Outbox;
  calls: Calls;
  timers: Timers;
  clock: Clock;
  random: () => number;
  /** One name for all keys of a room. */
  canonical: (roomKey: string) => string;
  /** The server answered; called before the entry leaves the outbox. */
  onConfirmed: (entry: OutboxEntry, message: Message) => void;
}

/** Answers like "try again later" in a row, on a working connection, before a message is offered for retry by hand. */
export const MAX_TRIES = 10;

export function createSender(parts: SenderParts): Sender {
  const { outbox, calls, timers, random, canonical } = parts;
  let userId: string | undefined;
  /** Entry id → cancels its back-off; no function while its answer is awaited. */
  const busy = new Map<string, (() => void) | undefined>();
  const tries = new Map<string, number>();
  const handles = new Map<string, ReturnType<typeof createHandle>>();

  function pump(): void {
    if (userId === undefined) return;
    const taken = new Set([...busy.keys()].map((id) => roomOf(id)));
    for (const entry of outbox.all()) {
      const room = canonical(entry.roomKey);
      const mine = entry.userId === undefined || entry.userId === userId;
      if (stoodDown(entry) || !mine || taken.has(room)) continue;
      taken.add(room);
      if (busy.has(entry.id)) continue;
      const early = (entry.putOff?.until ?? 0) - parts.clock.now();
      if (early > 0) wait(entry.id, early);
      else void send(entry);
    }
  }
  /** It waits for a person's word: the next message is not its business. */
  const stoodDown = ({ failed, asks }: OutboxEntry) => failed !== undefined || asks !== undefined;
  const roomOf = (id: string) => canonical(outbox.find(id)?.roomKey ?? '');

  async function send(entry: OutboxEntry): Promise<void> {
    const { id, roomKey, body, threadId, metadata, attachments, cards, confirm } = entry;
    busy.set(id, undefined);
    const given = { threadId, metadata, attachments, cards, confirm };
    const input = { roomId: roomKey, id, body, ...withoutHoles(given) };
    try {
      const message = (await calls.call('send_message', input, { now: true })) as Message;
      busy.delete(id);
      settle(id, message);
    } catch (thrown) {
      busy.delete(id);
      refuse(id, toParleyError(thrown));
    }
    pump();
  }

  function settle(id: string, message: Message): void {
    const entry = outbox.find(id);
    tries.delete(id);
    // Also of one that an earlier page wrote: from now on it is known to be from here.
    const handle = handleOf(id);
    if (entry !== undefined) {
      parts.onConfirmed(entry, message);
      outbox.remove(id);
    }
    handle?.sent(message);
  }

  function refuse(id: string, error: ParleyError): void {
    if (outbox.find(id) === undefined || error.code === 'disconnected' || error.code === 'closed') return;
    const failures = (tries.get(id) ?? 0) + 1;
    // An expired session is renewed by reconnecting; the message waits for that.
    const again = error.retryable || error.code === 'unauthorized';
    if (again && failures < MAX_TRIES) {
      tries.set(id, failures);
      const ms = backoff(RESEND, failures, random, error.retryAfterMs);
      const putOff = { ...wordsOf(error), until: parts.clock.now() + ms };
      if (error.retryAfterMs !== undefined) outbox.change(id, { putOff });
      else if (outbox.find(id)?.putOff !== undefined) outbox.change(id, { putOff: undefined });
      wait(id, ms);
      return;
    }
    tries.delete(id);
    if (error.reason === 'confirm_mention') {
      outbox.change(id, { asks: { ...wordsOf(error), people: peopleIn(error) } });
      handles.get(id)?.asked(error);
      return;
    }
    outbox.change(id, { failed: wordsOf(error) });
    handles.get(id)?.failed(error);
  }

  function wait(id: string, ms: number): void {
    const cancel = timers.after(ms, () => {
      busy.delete(id);
      pump();
    });
    busy.set(id, cancel);
  }

  function stopWaiting(id: string): void {
    busy.get(id)?.();
    busy.delete(id);
  }

  function handleOf(id: string): ReturnType<typeof createHandle> | undefined {
    const known = handles.get(id);
    if (known !== undefined) return known;
    const entry = outbox.find(id);
    if (entry === undefined) return undefined;
    const made = createHandle(entry, {
      retry() {
        outbox.revive(id);
        pump();
      },
      confirm() {
        outbox.revive(id, { confirm: true });
        pump();
      },
      discard() {
        stopWaiting(id);
        tries.delete(id);
        outbox.remove(id);
        pump();
      },
    });
    handles.set(id, made);
    return made;
  }

  return {
    handle: (id) => handleOf(id)?.handle,
    pump,
    opened(id) {
      userId = id;
      for (const entry of outbox.all())
        if (entry.userId === undefined) outbox.change(entry.id, { userId: id });
      pump();
    },
    lost() {
      userId = undefined;
      for (const [id, cancel] of busy) if (cancel !== undefined) stopWaiting(id);
      tries.clear();
    },
    seen(message) {
      if (outbox.find(message.id) === undefined && !handles.has(message.id)) return;
      stopWaiting(message.id);
      settle(message.id, message);
      pump();
    },
    eased(roomKey) {
      const room = canonical(roomKey);
      for (const { id, putOff, roomKey: key } of outbox.all()) {
        if (putOff?.reason !== 'slow_mode' || canonical(key) !== room) continue;
        stopWaiting(id);
        tries.delete(id);
        outbox.change(id, { putOff: undefined });
      }
      pump();
    },
  };
}

/** The application's view on one message, and the way to settle it. */
function createHandle(entry: OutboxEntry, act: { retry(): void; confirm(): void; discard(): void }) {
  let status: SendHandle['status'] =
    entry.failed !== undefined ? 'failed' : entry.asks !== undefined ? 'needs_confirmation' : 'pending';
  let error = status === 'pending' ? undefined : errorOf(entry);
  let turn = newTurn();
  if (error !== undefined) turn.reject(error);

  const settle = (as: 'failed' | 'needs_confirmation', why: ParleyError) => {
    status = as;
    error = why;
    turn.reject(why);
  };
  const again = (run: () => void) => {
    status = 'pending';
    error = undefined;
    turn = newTurn();
    run();
  };
  const handle: SendHandle = {
    id: entry.id,
    get status() {
      return status;
    },
    get error() {
      return error;
    },
    get confirmed() {
      return turn.promise;
    },
    retry() {
      if (status === 'failed' && error?.code !== 'discarded') again(act.retry);
    },
    confirm() {
      if (status === 'needs_confirmation') again(act.confirm);
    },
    discard() {
      if (status === 'sent' || error?.code === 'discarded') return;
      settle(
        'failed',
        new ParleyError('discarded', 'discarded', 'The message was discarded before it was confirmed'),
      );
      act.discard();
    },
  };
  return {
    handle,
    failed: (why: ParleyError) => settle('failed', why),
    asked: (why: ParleyError) => settle('needs_confirmation', why),
    sent(message: Message) {
      status = 'sent';
      error = undefined;
      turn.resolve(message);
    },
  };
}

const withoutHoles = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const wordsOf = ({ code, reason, message }: ParleyError) => ({ code, reason, message });

/** How many a message would reach, as the refusal says. */
function peopleIn({ problem }: ParleyError): number | undefined {
  const count = Number(problem?.errors?.find(({ path }) => path === 'confirm')?.message);
  return Number.isSafeInteger(count) ? count : undefined;
}

function newTurn() {
  const turn = Promise.withResolvers<Message>();
  turn.promise.catch(() => {});
  return turn;
}

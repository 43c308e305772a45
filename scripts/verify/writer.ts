// What one writer does: sends under its own ids until acknowledged, repeats, contradicts, edits and deletes.
// Must never send under a new id what was not acknowledged.
import { randomUUID } from 'node:crypto';
import type { Reader } from './reader.ts';
import type { Ack, SendRecord } from './records.ts';
import type { Dice } from './seeded.ts';
import { CallError } from './wire.ts';

export interface WriterHooks {
  /** ms of a send that was acknowledged at the first try. */
  onAck(ms: number, id: string): void;
  stopped(): boolean;
}

const ACK_LIMIT_MS = 5000;
const RETRY_MS = 100;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function sendOne(
  reader: Reader,
  dice: Dice,
  mine: SendRecord[],
  hooks: WriterHooks,
): Promise<void> {
  const { record } = reader;
  const id = randomUUID();
  const send: SendRecord = {
    room: record.room,
    writer: record.name,
    id,
    body: `${record.name} says ${mine.length + 1}: ${Math.floor(dice.next() * 1e9).toString(36)}`,
    attempts: 0,
    acks: [],
    later: [],
    conflict: undefined,
    refused: undefined,
  };
  const luck = dice.next();
  const target = mine.length === 0 ? undefined : dice.pick(mine);
  mine.push(send);
  await Promise.all(
    luck < 0.08
      ? [untilAcked(reader, send, hooks), untilAcked(reader, send, hooks)]
      : [untilAcked(reader, send, hooks)],
  );
  if (luck >= 0.08 && luck < 0.12) await repeat(reader, send);
  else if (luck < 0.17 && luck >= 0.12) await contradict(reader, send);
  else if (luck > 0.86 && target !== undefined && target.acks.length > 0)
    await change(reader, target, luck > 0.95);
}

async function untilAcked(reader: Reader, send: SendRecord, hooks: WriterHooks): Promise<void> {
  while (!hooks.stopped()) {
    if (!reader.isJoined()) {
      await wait(RETRY_MS);
      continue;
    }
    const at = performance.now();
    const first = ++send.attempts === 1;
    try {
      keepAck(send, await reader.call('send_message', { id: send.id, body: send.body }, ACK_LIMIT_MS));
      if (first) hooks.onAck(performance.now() - at, send.id);
      return;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (!error.retryable) {
        send.refused = `${error.status} ${error.message}`;
        return;
      }
      await wait(Math.max(RETRY_MS, error.retryAfterMs));
    }
  }
}

const keepAck = (send: SendRecord, answer: Record<string, unknown>) =>
  void send.acks.push({ id: answer.id, seq: answer.seq, body: answer.body } as Ack);

async function repeat(reader: Reader, send: SendRecord): Promise<void> {
  send.attempts++;
  await reader.call('send_message', { id: send.id, body: send.body }, ACK_LIMIT_MS).then(
    (answer) => keepAck(send, answer),
    () => undefined,
  );
}

async function contradict(reader: Reader, send: SendRecord): Promise<void> {
  if (send.acks.length === 0) return;
  await reader.call('send_message', { id: send.id, body: `${send.body}, or not` }, ACK_LIMIT_MS).then(
    () => {
      send.conflict = 'accepted';
    },
    (error: CallError) => {
      // No answer, or one that says "later", decides nothing.
      if (!error.retryable) send.conflict = error.status;
    },
  );
}

/** An edit or a deletion, tried once: either outcome is right, as long as all see the same. */
async function change(reader: Reader, send: SendRecord, remove: boolean): Promise<void> {
  const body = remove ? '' : `${send.body} (edit ${send.later.length + 1})`;
  send.later.push(body);
  const [name, input] = remove
    ? ['delete_message', { messageId: send.id }]
    : ['edit_message', { messageId: send.id, body }];
  await reader
    .call(name as string, input as object as Record<string, unknown>, ACK_LIMIT_MS)
    .catch(() => undefined);
}

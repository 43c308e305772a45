// Judges what one reader heard: P3 (the log, in order, each once) and P8 (a copy kept by it equals a fresh fetch). Pure.
// Must never excuse an entry for having been repaired later: order of arrival counts.
import { isDeepStrictEqual } from 'node:util';
import type { Findings } from './judge.ts';
import type { HeardEntry, Payload, ReaderRecord, RoomRecord, SendRecord } from './records.ts';

/** The message an entry is about. */
export const messageOf = ({ type, payload }: Pick<HeardEntry, 'type' | 'payload'>): Payload | undefined =>
  type === 'new_message' || type === 'agent_message' ? payload : (payload.message as Payload | undefined);

export function judgeReader(
  found: Findings,
  reader: ReaderRecord,
  room: RoomRecord,
  sends: SendRecord[],
): void {
  const where = `room ${room.id}, ${reader.name}`;
  if (reader.joins.length === 0) return void found.add('P3', 'never joined', where, 'no join was answered');
  // A resync starts the copy anew: what came before it belongs to another life.
  const begins = reader.joins.findLastIndex((join, i) => i === 0 || join.resync);
  const join = reader.joins[begins];
  const heard = reader.heard.filter((entry) => entry.join >= begins);
  const start =
    join?.after !== undefined && !join.resync ? join.after : (join?.seqs[0] ?? (join?.lastSeq ?? 0) + 1) - 1;
  judgeOrder(found, where, heard, start, room, sends);
  judgeCopy(found, where, heard, start, room);
}

function judgeOrder(
  found: Findings,
  where: string,
  heard: HeardEntry[],
  start: number,
  room: RoomRecord,
  sends: SendRecord[],
): void {
  const log = new Map(room.log.map((entry) => [entry.seq, entry]));
  const sent = new Map(sends.map((send) => [send.id, send]));
  const stored = new Map(room.history.map((message) => [message.id, message]));
  const seen = new Set<number>();
  let newest = start;
  for (const entry of heard) {
    const { seq, type } = entry;
    found.count('P3');
    const logged = log.get(seq);
    if (logged === undefined) found.add('P3', 'from nowhere', where, `seq ${seq} is not in the log`);
    if (seen.has(seq)) found.add('P3', 'repeat', where, `seq ${seq} came again`);
    else if (seq <= newest) found.add('P3', 'reordered', where, `seq ${seq} came after ${newest}`);
    seen.add(seq);
    newest = Math.max(newest, seq);
    if (logged !== undefined && logged.type !== type)
      found.add('P3', 'altered', where, `seq ${seq} is ${logged.type}, came as ${type}`);
    const message = messageOf(entry);
    if (message === undefined) continue;
    // An entry shows its message as it is when it is read, so each text the message ever had is right, no other.
    const send = sent.get(message.id as string);
    const final = stored.get(message.id);
    const body = message.body as string;
    const known = send === undefined || send.body === body || send.later.includes(body);
    const equal = final === undefined || final.version !== message.version || final.body === body;
    const place = messageOf(logged ?? entry)?.id === message.id;
    if (!known || !equal || !place)
      found.add('P3', 'altered', where, `seq ${seq}, message ${message.id}: not what was sent`);
  }
  for (const { seq } of room.log)
    if (seq > start && !seen.has(seq)) found.add('P3', 'gap', where, `seq ${seq} never came`);
}

function judgeCopy(
  found: Findings,
  where: string,
  heard: HeardEntry[],
  start: number,
  room: RoomRecord,
): void {
  const copy = new Map<unknown, Payload>();
  for (const entry of heard) {
    const message = messageOf(entry);
    if (message === undefined) continue;
    const held = copy.get(message.id);
    if (held === undefined || (held.version as number) <= (message.version as number))
      copy.set(message.id, message);
  }
  for (const fresh of room.history) {
    const held = copy.get(fresh.id);
    if (held === undefined && (fresh.seq as number) <= start) continue;
    found.count('P8');
    if (!isDeepStrictEqual(held, fresh))
      found.add(
        'P8',
        held === undefined ? 'missing from the copy' : 'copy differs',
        where,
        `message ${fresh.id}, version ${fresh.version}, copy ${held?.version ?? 'none'}`,
      );
  }
}

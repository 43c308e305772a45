// Judges what was written: P1 (durable), P2 (gapless) and P4 (idempotent). Pure.
// Must never take the server's history for the truth about itself: it is held against what the writers were told.
import type { Findings } from './judge.ts';
import type { Evidence, Payload } from './records.ts';

export function judgeRooms(found: Findings, { rooms }: Evidence): void {
  for (const { id, log, history, lastSeq } of rooms) {
    found.count('P2', log.length);
    for (const [i, entry] of log.entries()) {
      if (entry.seq === i + 1) continue;
      found.add('P2', 'gap in the log', `room ${id}`, `seq ${entry.seq} stands in place ${i + 1}`);
      break;
    }
    if ((log.at(-1)?.seq ?? 0) < lastSeq)
      found.add(
        'P2',
        'log ends early',
        `room ${id}`,
        `it ends at ${log.at(-1)?.seq ?? 0}, lastSeq is ${lastSeq}`,
      );
    const logged = new Set(log.map((entry) => entry.payload.id));
    const seen = new Set<unknown>();
    for (const message of history) {
      if (seen.has(message.id))
        found.add('P4', 'two rows', `room ${id}`, `message ${message.id} is twice in the history`);
      seen.add(message.id);
      if (!logged.has(message.id))
        found.add('P2', 'not in the log', `room ${id}`, `message ${message.id} is only in the history`);
    }
  }
}

export function judgeSends(found: Findings, { rooms, sends }: Evidence): void {
  const histories = new Map(
    rooms.map((room) => [room.id, Map.groupBy(room.history, (message) => message.id)]),
  );
  for (const send of sends) {
    const where = `room ${send.room}, ${send.writer}`;
    const rows: Payload[] = histories.get(send.room)?.get(send.id) ?? [];
    const [stored] = rows;
    const [ack] = send.acks;
    if (send.refused !== undefined) found.add('P1', 'refused', where, `message ${send.id}: ${send.refused}`);
    else if (ack === undefined)
      found.add('P1', 'never acknowledged', where, `message ${send.id} after ${send.attempts} tries`);
    if (ack !== undefined) {
      found.count('P1');
      if (stored === undefined)
        found.add('P1', 'acknowledged but lost', where, `message ${send.id}, acknowledged as seq ${ack.seq}`);
      else {
        if (rows.length > 1) found.add('P1', 'stored twice', where, `message ${send.id}`);
        if (stored.seq !== ack.seq)
          found.add('P1', 'moved', where, `message ${send.id}: acknowledged as ${ack.seq}, is ${stored.seq}`);
        if (stored.body !== send.body && !send.later.includes(stored.body as string))
          found.add('P1', 'altered in store', where, `message ${send.id}, seq ${stored.seq}`);
      }
    }
    if (send.attempts > 1) {
      found.count('P4', send.attempts - 1);
      if (send.acks.some((other) => other.seq !== ack?.seq || other.id !== ack.id))
        found.add(
          'P4',
          'unequal answers',
          where,
          `message ${send.id}: seqs ${send.acks.map((one) => one.seq).join(', ')}`,
        );
    }
    if (send.conflict !== undefined) {
      found.count('P4');
      if (send.conflict !== 409)
        found.add('P4', 'other body not refused', where, `message ${send.id}: ${send.conflict}, not 409`);
    }
  }
}

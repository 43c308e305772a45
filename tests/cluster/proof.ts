// What must be true of a room after whatever happened, as a list of offences; empty means proved.
// Must never repair or sort: the log and what each client heard are compared as they are.
import { rest } from '../support/chat-clients.ts';
import { until } from '../support/until.ts';
import type { Fleet } from './cluster.ts';
import type { Crew } from './crew.ts';

interface LogEntry {
  seq: number;
  type: string;
  payload: Record<string, unknown>;
}

/** Reasons a client may be given for "try again"; any other refusal of a good message is an offence. */
const RETRYABLE = new Set(['broken off', 'timeout', 'database_unavailable', 'overloaded']);

export async function readWholeLog(url: string, token: string, roomId: string): Promise<LogEntry[]> {
  const log: LogEntry[] = [];
  for (;;) {
    const path = `/api/rooms/${roomId}/events?afterSeq=${log.at(-1)?.seq ?? 0}`;
    const page = await rest<{ events: LogEntry[]; hasMore: boolean }>(url, token, 'GET', path);
    log.push(...page.events);
    if (!page.hasMore) return log;
  }
}

/** Waits until every client has caught up, at most `limitMs`, and lists what is wrong. */
export async function findOffences(cluster: Fleet, crew: Crew, limitMs = 30_000): Promise<string[]> {
  const node = cluster.nodes.find((n) => n.process.ended() === undefined) as Fleet['nodes'][number];
  const log = await readWholeLog(node.url, crew.token, crew.roomId);
  const offences: string[] = [];
  const say = (text: string) => void offences.push(text);
  const last = (c: Crew['clients'][number]) => c.heard.findLast((h) => h.seq !== undefined)?.seq;
  await until('all have caught up', () => crew.clients.every((c) => last(c) === log.length), limitMs).catch(
    () => {
      for (const [i, c] of crew.clients.entries())
        if (last(c) !== log.length)
          say(`client ${i} (${c.protocol}) stands at ${last(c)} of ${log.length}, joined: ${c.isJoined()}`);
    },
  );
  for (const [i, entry] of log.entries())
    if (entry.seq !== i + 1) say(`the log has ${entry.seq} at place ${i + 1}`);
  const byId = Map.groupBy(log, (entry) => String(entry.payload.id));
  for (const { id, body, acked } of crew.book) {
    const entries = byId.get(id) ?? [];
    if (entries.length > 1) say(`${body} is in the log ${entries.length} times`);
    if (acked === undefined) continue;
    if (entries.length === 0) say(`${body} was acknowledged at ${acked.seq} and is lost`);
    else if (entries[0]?.seq !== acked.seq || entries[0]?.payload.body !== body)
      say(`${body} was acknowledged at ${acked.seq}, the log has it at ${entries[0]?.seq}`);
  }
  for (const [i, client] of crew.clients.entries()) {
    let expected: number | undefined;
    for (const { seq, type, payload } of client.heard) {
      if (seq === undefined) continue;
      const entry = log[seq - 1];
      if (expected !== undefined && seq !== expected)
        say(`client ${i} (${client.protocol}) heard ${seq} instead of ${expected}`);
      if (type !== entry?.type || payload.id !== entry.payload.id || payload.body !== entry.payload.body)
        say(`client ${i} (${client.protocol}) heard another ${seq} than the log has`);
      expected = seq + 1;
    }
  }
  for (const [reason, times] of crew.refusals)
    if (!RETRYABLE.has(reason)) say(`${times} sends were refused with ${reason}`);
  for (const [i, { surprises, complaints }] of cluster.nodes.entries()) {
    for (const { code, signal } of surprises)
      say(`node ${i} ended by itself: code ${code}, signal ${signal}`);
    for (const line of complaints().slice(0, 5)) say(`node ${i} said: ${line.slice(0, 500)}`);
  }
  return offences;
}

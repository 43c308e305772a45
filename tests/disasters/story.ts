// Senders that keep a book of what was acknowledged, and the checks of that book against the room's log.
// Pure but for `sendUntil` and the REST reads; must never count as sent what was not acknowledged.
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { type ChatClient, connectChat, rest, signIn } from '../support/chat-clients.ts';
import { until } from '../support/until.ts';

export interface Booked {
  id: string;
  body: string;
  by: ChatClient;
  /** Undefined until acknowledged. */
  acked: { seq: number } | undefined;
}

export interface LogEntry {
  seq: number;
  type: string;
  payload: Record<string, unknown>;
}

export interface Stage {
  token: string;
  roomId: string;
  clients: ChatClient[];
}

/** A room with clients of both protocols in it; every second one speaks Phoenix. */
export async function setStage(url: string, size: number): Promise<Stage> {
  const owner = await signIn(url, 'Olive Owner');
  const room = await rest<{ id: string }>(url, owner.token, 'POST', '/api/rooms', { name: 'Disaster area' });
  const clients = await Promise.all(
    Array.from({ length: size }, async (_, i) => {
      const { token, userId } = await signIn(url, `Person ${'abcdefghijkl'[i]}`);
      const protocol = i % 2 === 0 ? 'socketio' : 'phoenix';
      return connectChat({ url, protocol, token, userId, roomId: room.id });
    }),
  );
  return { token: owner.token, roomId: room.id, clients };
}

/** Every client sends, with some outstanding, until told to stop; whatever is refused or lost stays without an ack. */
export async function sendUntil(
  clients: ChatClient[],
  book: Booked[],
  isOver: () => boolean,
  outstanding = 4,
): Promise<void> {
  await Promise.all(
    clients.flatMap((client) =>
      Array.from({ length: outstanding }, async () => {
        while (!isOver()) {
          const booked: Booked = {
            id: randomUUID(),
            body: `message ${book.length} by ${client.protocol}`,
            by: client,
            acked: undefined,
          };
          book.push(booked);
          await sendBooked(booked);
          if (booked.acked === undefined)
            await until('the client is back', () => isOver() || client.isJoined(), 60_000);
        }
      }),
    ),
  );
}

export async function sendBooked(booked: Booked, timeoutMs = 2000): Promise<void> {
  const { id, body, by } = booked;
  try {
    const answer = await by.send({ id, body }, timeoutMs);
    booked.acked = { seq: answer.seq as number };
  } catch {
    // Not acknowledged: it may or may not be stored, and may be sent again under the same id.
  }
}

export async function readLog(url: string, { token, roomId }: Stage): Promise<LogEntry[]> {
  const log: LogEntry[] = [];
  for (;;) {
    const after = log.at(-1)?.seq ?? 0;
    const page = await rest<{ events: LogEntry[]; hasMore: boolean }>(
      url,
      token,
      'GET',
      `/api/rooms/${roomId}/events?afterSeq=${after}`,
    );
    log.push(...page.events);
    if (!page.hasMore) return log;
  }
}

/** The log has no hole, and holds every acknowledged message once, at the acknowledged place, word for word. */
export function expectKept(log: LogEntry[], book: Booked[]): void {
  expect(log.map((entry) => entry.seq)).toEqual(log.map((_, i) => i + 1));
  const byId = Map.groupBy(log, (entry) => String(entry.payload.id));
  const lost = book.filter((b) => b.acked !== undefined && byId.get(b.id) === undefined);
  expect(lost.map((b) => b.id)).toEqual([]);
  for (const { id, body, acked } of book) {
    const entries = byId.get(id) ?? [];
    expect(entries.length, `rows of ${id}`).toBeLessThanOrEqual(1);
    if (acked === undefined) continue;
    expect(entries[0]?.payload.body).toBe(body);
    expect(entries[0]?.seq).toBe(acked.seq);
  }
}

/** What a client heard is the log from its first join on: no gap, no repeat, no other order, the same payloads. */
export function expectHeard(client: ChatClient, log: LogEntry[]): void {
  const heard = client.heard.filter((h) => h.seq !== undefined);
  const first = heard[0]?.seq ?? 1;
  const seqs = heard.map((h) => h.seq as number);
  expect(seqs, `${client.protocol} heard`).toEqual(seqs.map((_, i) => first + i));
  expect(seqs.at(-1)).toBe(log.length);
  for (const { seq, type, payload } of heard) {
    const entry = log[(seq as number) - 1];
    expect(type).toBe(entry?.type);
    if (type === 'new_message') expect(payload).toEqual(entry?.payload);
  }
}

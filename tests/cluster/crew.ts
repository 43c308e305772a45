// Clients of both protocols that write at a steady rate, each message under one id until it is acknowledged, and go to
// another node when theirs does not answer. Must never take a message for sent before its acknowledgement.
import { randomUUID } from 'node:crypto';
import { type ChatClient, connectChat, rest, signIn } from '../support/chat-clients.ts';
import { until } from '../support/until.ts';
import type { Fleet } from './cluster.ts';

export interface Booked {
  id: string;
  body: string;
  acked: { seq: number } | undefined;
  tries: number;
  /** performance.now() when somebody wanted to say it, and when it was acknowledged. */
  wantedAt: number;
  ackedAt: number | undefined;
}

/** A time in which a client was without its room. */
export interface Absence {
  client: number;
  ms: number;
}

export interface Crew {
  clients: ChatClient[];
  roomId: string;
  token: string;
  book: Booked[];
  /** Those that are over; as exact as WATCH_MS. */
  absences: Absence[];
  /** How often each reason was given instead of an acknowledgement. */
  refusals: Map<string, number>;
  /** Longest wait for a refusal that the server gave, in ms. */
  slowestRefusal(): number;
  /** Starts to write so many messages a second. */
  write(perSecond: number): void;
  /** Writes no more, and resolves when all is acknowledged. */
  finish(limitMs: number): Promise<void>;
  close(): void;
}

/** A server answers, if only that it cannot, well before this. */
const ACK_LIMIT_MS = 6000;
/** Longest that a client goes without its room before it tries elsewhere, or, with one node only, the same one afresh. */
const AWAY_LIMIT_MS = 5000;
const AWAY_LIMIT_ALONE_MS = 20_000;
const RETRY_MS = 100;
/** Sends of one client that are under way at a time; the rest wait in its outbox. */
const OUTSTANDING = 8;
const TICK_MS = 10;
const WATCH_MS = 25;
/** Of a send whose connection ended before its answer: a client's library sends it again. */
const BROKEN_OFF = 'broken off';

export interface CrewOptions {
  /** Of its people and its room; crews of one cluster need one each. */
  name?: string;
  /** How long a client goes without its room before it connects anew. */
  patienceMs?: number;
}

export async function gatherCrew(
  fleet: Fleet,
  size: number,
  nextUrl: (i: number) => () => string = () => fleet.urls(),
  options: CrewOptions = {},
): Promise<Crew> {
  const { name = 'Sailor', patienceMs = fleet.nodes.length > 1 ? AWAY_LIMIT_MS : AWAY_LIMIT_ALONE_MS } =
    options;
  const url = (fleet.nodes[0] as Fleet['nodes'][number]).url;
  const owner = await signIn(url, 'Olive Owner');
  const room = await rest<{ id: string }>(url, owner.token, 'POST', '/api/rooms', { name: `${name}s` });
  const clients: ChatClient[] = [];
  // A few at a time: signing in is not what is tested.
  for (let i = 0; i < size; i += 10) {
    const some = Array.from({ length: Math.min(10, size - i) }, async (_, k) => {
      const { token, userId } = await signIn(url, `${name} ${i + k}`);
      const protocol = (i + k) % 2 === 0 ? 'socketio' : 'phoenix';
      return connectChat({ url, nextUrl: nextUrl(i + k), protocol, token, userId, roomId: room.id });
    });
    clients.push(...(await Promise.all(some)));
  }
  return makeCrew(clients, room.id, owner.token, patienceMs);
}

function makeCrew(clients: ChatClient[], roomId: string, token: string, patienceMs: number): Crew {
  const book: Booked[] = [];
  const refusals = new Map<string, number>();
  const absences: Absence[] = [];
  const away = new Map<ChatClient, { since: number; triedAt: number }>();
  const underway = new Map<ChatClient, Set<() => void>>();
  let slowest = 0;
  let writing: NodeJS.Timeout | undefined;
  let closed = false;

  const watch = setInterval(() => {
    const now = performance.now();
    for (const [i, client] of clients.entries()) {
      const gone = away.get(client);
      if (client.isJoined()) {
        if (gone === undefined) continue;
        away.delete(client);
        absences.push({ client: i, ms: now - gone.since });
      } else if (gone === undefined) {
        away.set(client, { since: now, triedAt: now });
        for (const breakOff of underway.get(client) ?? []) breakOff();
      } else if (now - gone.triedAt > patienceMs) {
        gone.triedAt = now;
        client.reconnect();
      }
    }
  }, WATCH_MS);

  /** phoenix.js does not tell a push that its connection has ended; it would wait for its time to run out. */
  async function send(client: ChatClient, { id, body }: Booked): Promise<Record<string, unknown>> {
    const joins = client.joins.length;
    const ways = underway.get(client) ?? new Set();
    underway.set(client, ways);
    let breakOff = () => {};
    const broken = new Promise<never>((_, reject) => {
      breakOff = () => reject(new Error(BROKEN_OFF));
      ways.add(breakOff);
    });
    try {
      return await Promise.race([client.send({ id, body }, ACK_LIMIT_MS), broken]);
    } catch (error) {
      const stillHere = client.isJoined() && client.joins.length === joins;
      throw (error as Error).message === 'timeout' && !stillHere ? new Error(BROKEN_OFF) : error;
    } finally {
      ways.delete(breakOff);
    }
  }

  async function deliver(client: ChatClient, booked: Booked): Promise<void> {
    while (booked.acked === undefined && !closed) {
      if (client.isJoined()) {
        const asked = performance.now();
        booked.tries++;
        try {
          const answer = await send(client, booked);
          booked.acked = { seq: answer.seq as number };
          booked.ackedAt = performance.now();
          return;
        } catch (error) {
          const reason = (error as Error).message;
          refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
          if (reason === 'timeout') client.reconnect();
          else if (reason !== BROKEN_OFF) slowest = Math.max(slowest, performance.now() - asked);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  const outboxes = new Map(clients.map((client) => [client, { waiting: [] as Booked[], underway: 0 }]));
  async function post(client: ChatClient, booked: Booked): Promise<void> {
    const outbox = outboxes.get(client) as { waiting: Booked[]; underway: number };
    outbox.waiting.push(booked);
    if (outbox.underway >= OUTSTANDING) return;
    outbox.underway++;
    for (let next = outbox.waiting.shift(); next !== undefined; next = outbox.waiting.shift())
      await deliver(client, next);
    outbox.underway--;
  }

  return {
    clients,
    roomId,
    token,
    book,
    absences,
    refusals,
    slowestRefusal: () => slowest,
    write(perSecond) {
      const started = performance.now();
      const before = book.length;
      writing = setInterval(() => {
        const due = ((performance.now() - started) * perSecond) / 1000;
        while (book.length - before < due) {
          const n = book.length;
          const booked: Booked = {
            id: randomUUID(),
            body: `message ${n}`,
            acked: undefined,
            tries: 0,
            wantedAt: performance.now(),
            ackedAt: undefined,
          };
          book.push(booked);
          void post(clients[n % clients.length] as ChatClient, booked);
        }
      }, TICK_MS);
    },
    async finish(limitMs) {
      clearInterval(writing);
      await until('all is acknowledged', () => book.every((b) => b.acked !== undefined), limitMs);
    },
    close() {
      closed = true;
      clearInterval(writing);
      clearInterval(watch);
      for (const client of clients) client.close();
    },
  };
}

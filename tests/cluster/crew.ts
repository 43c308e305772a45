// Clients of both protocols that write at a steady rate, each message under one id until it is acknowledged, and go to
// another node when theirs does not answer. Must never take a message for sent before its acknowledgement.
import { randomUUID } from 'node:crypto';
import { type ChatClient, connectChat, rest, signIn } from '../support/chat-clients.ts';
import { until } from '../support/until.ts';
import type { Cluster } from './cluster.ts';

export interface Booked {
  id: string;
  body: string;
  acked: { seq: number } | undefined;
  tries: number;
}

export interface Crew {
  clients: ChatClient[];
  roomId: string;
  token: string;
  book: Booked[];
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
/** Longest that a client goes without its room before it tries elsewhere. */
const AWAY_LIMIT_MS = 5000;
const RETRY_MS = 100;
const TICK_MS = 50;

export async function gatherCrew(
  cluster: Cluster,
  size: number,
  nextUrl: (i: number) => () => string = () => cluster.urls(),
): Promise<Crew> {
  const url = (cluster.nodes[0] as Cluster['nodes'][number]).url;
  const owner = await signIn(url, 'Olive Owner');
  const room = await rest<{ id: string }>(url, owner.token, 'POST', '/api/rooms', { name: 'Three nodes' });
  const clients: ChatClient[] = [];
  // A few at a time: signing in is not what is tested.
  for (let i = 0; i < size; i += 10) {
    const some = Array.from({ length: Math.min(10, size - i) }, async (_, k) => {
      const { token, userId } = await signIn(url, `Sailor ${i + k}`);
      const protocol = (i + k) % 2 === 0 ? 'socketio' : 'phoenix';
      return connectChat({ url, nextUrl: nextUrl(i + k), protocol, token, userId, roomId: room.id });
    });
    clients.push(...(await Promise.all(some)));
  }
  return makeCrew(clients, room.id, owner.token);
}

function makeCrew(clients: ChatClient[], roomId: string, token: string): Crew {
  const book: Booked[] = [];
  const refusals = new Map<string, number>();
  const away = new Map<ChatClient, number>();
  let slowest = 0;
  let writing: NodeJS.Timeout | undefined;
  let closed = false;

  const patience = setInterval(() => {
    for (const client of clients) {
      const since = away.get(client);
      if (client.isJoined()) away.delete(client);
      else if (since === undefined) away.set(client, performance.now());
      else if (performance.now() - since > AWAY_LIMIT_MS) {
        away.delete(client);
        client.reconnect();
      }
    }
  }, 250);

  async function deliver(client: ChatClient, booked: Booked): Promise<void> {
    while (booked.acked === undefined && !closed) {
      if (client.isJoined()) {
        const asked = performance.now();
        booked.tries++;
        try {
          const answer = await client.send({ id: booked.id, body: booked.body }, ACK_LIMIT_MS);
          booked.acked = { seq: answer.seq as number };
          return;
        } catch (error) {
          const reason = (error as Error).message;
          refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
          if (reason !== 'timeout') slowest = Math.max(slowest, performance.now() - asked);
          else if (performance.now() - asked >= ACK_LIMIT_MS - 100) client.reconnect();
        }
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  return {
    clients,
    roomId,
    token,
    book,
    refusals,
    slowestRefusal: () => slowest,
    write(perSecond) {
      const started = performance.now();
      const before = book.length;
      writing = setInterval(() => {
        const due = ((performance.now() - started) * perSecond) / 1000;
        while (book.length - before < due) {
          const n = book.length;
          const booked: Booked = { id: randomUUID(), body: `message ${n}`, acked: undefined, tries: 0 };
          book.push(booked);
          void deliver(clients[n % clients.length] as ChatClient, booked);
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
      clearInterval(patience);
      for (const client of clients) client.close();
    },
  };
}

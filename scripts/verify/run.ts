// One verification from sign-in to evidence: rooms, clients behind faulty networks, a quiet end, and what REST then says.
// Must never judge: judge.ts does.
import { type FaultyNetwork, startNetwork } from './faulty-network.ts';
import { type Reader, startReader, type Tamper } from './reader.ts';
import type { Entry, Evidence, PageRecord, Payload, RoomRecord, SendRecord } from './records.ts';
import { rest, Unusable } from './rest.ts';
import { dice } from './seeded.ts';
import { sendOne } from './writer.ts';

export interface RunOptions {
  url: string;
  seconds: number;
  clients: number;
  rooms: number;
  /** Messages a second, of all writers together. */
  rate: number;
  seed: number;
  token?: string | undefined;
  tamper?: Tamper;
  /** Longest wait at the end for everybody to have heard everything. */
  settleMs?: number;
  progress?(what: string): void;
}

export interface Ran {
  evidence: Evidence;
  faults: { cut: number; stall: number; delay: number };
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function run(options: RunOptions): Promise<Ran> {
  const { seed, seconds } = options;
  const target = new URL(options.url);
  const url = target.origin;
  const say = options.progress ?? (() => undefined);
  const signIn = async (name: string) =>
    options.token ?? (await rest<{ token: string }>(url, '', 'POST', '/api/session', { name })).token;
  const tag = Math.floor(performance.timeOrigin + performance.now()).toString(36);
  const owner = await signIn(`Verify ${tag}`);
  const rooms: string[] = [];
  for (let i = 0; i < options.rooms; i++) {
    const name = `Verification ${tag} ${i + 1}`;
    rooms.push((await rest<{ id: string }>(url, owner, 'POST', '/api/rooms', { name })).id);
  }
  const networks: FaultyNetwork[] = [];
  const readers: Reader[] = [];
  const sends: SendRecord[] = [];
  const ackedAt = new Map<string, number>();
  const seenAt: [id: string, at: number][] = [];
  const evidence: Evidence = { rooms: [], readers: [], sends, acks: [], seen: [] };
  const begin = performance.now();
  const end = begin + seconds * 1000;
  const every = Math.min(8000, Math.max(900, (seconds * 1000) / 6));
  let stopped = false;
  const work: Promise<void>[] = [];
  const play = async (i: number) => {
    const luck = dice(seed * 1009 + i);
    const calm = i % 4 === 0;
    const late = i % 5 === 3;
    const token = await signIn(`Verify ${tag} ${i}`);
    const network = await startNetwork(target, dice(seed * 7919 + i), calm ? undefined : every);
    networks.push(network);
    if (late) await wait(seconds * 1000 * luck.between(0.3, 0.6));
    const reader = startReader({
      name: `client ${i + 1}`,
      url: network.url,
      host: target.host,
      protocol: i % 2 === 0 ? 'socketio' : 'phoenix',
      token,
      roomId: rooms[i % rooms.length] as string,
      late,
      calm,
      tamper: options.tamper ?? {},
      onLive(entry, at) {
        if (calm && entry.type === 'new_message') seenAt.push([entry.payload.id as string, at]);
      },
    });
    readers.push(reader);
    evidence.readers.push(reader.record);
    if (!isWriter(i, rooms.length)) return;
    const mine: SendRecord[] = [];
    const gap = (1000 * writers) / options.rate;
    const under = new Set<Promise<void>>();
    while (performance.now() < end) {
      await wait(gap * luck.between(0.5, 1.5));
      if (!reader.isJoined() || under.size > 20) continue;
      const one = sendOne(reader, luck, mine, {
        onAck(ms, id) {
          if (!calm) return;
          evidence.acks.push(ms);
          ackedAt.set(id, performance.now());
        },
        stopped: () => stopped,
      });
      under.add(one);
      void one.finally(() => under.delete(one)).catch(() => undefined);
      sends.push(mine.at(-1) as SendRecord);
    }
    await Promise.all(under);
  };
  const writers = Array.from({ length: options.clients }, (_, i) => i).filter((i) =>
    isWriter(i, rooms.length),
  ).length;
  try {
    for (let i = 0; i < options.clients; i++) work.push(play(i));
    const all = Promise.all(work);
    all.catch(() => undefined);
    while (performance.now() < end) {
      await Promise.race([wait(1000), all.then(() => wait(1000))]);
      say(`${Math.max(0, Math.round((end - performance.now()) / 1000))} s left, ${sends.length} messages`);
    }
    for (const network of networks) network.calmDown();
    await settle(url, owner, rooms, readers, all, options.settleMs ?? 20_000, () => {
      stopped = true;
    });
    for (const id of rooms) evidence.rooms.push(await collect(url, owner, id));
    const refused = readers.find((reader) => reader.record.joins.length === 0)?.refusal();
    if (refused !== undefined && readers.every((reader) => reader.record.joins.length === 0))
      throw new Unusable(
        `No client could join a room (${refused}).`,
        'Check that WebSocket connections reach it.',
      );
    // Seen before its acknowledgement came: nobody waited.
    for (const [id, at] of seenAt) {
      const acked = ackedAt.get(id);
      if (acked !== undefined) evidence.seen.push(Math.max(0, at - acked));
    }
    const faults = { cut: 0, stall: 0, delay: 0 };
    for (const { faults: one } of networks)
      for (const kind of ['cut', 'stall', 'delay'] as const) faults[kind] += one[kind];
    return { evidence, faults };
  } finally {
    stopped = true;
    for (const reader of readers) reader.close();
    await Promise.all(networks.map((network) => network.close()));
    // The rooms were made for this alone; what they held is in the evidence.
    for (const id of rooms) await rest(url, owner, 'DELETE', `/api/rooms/${id}`).catch(() => undefined);
  }
}

const isWriter = (i: number, rooms: number): boolean => i < rooms || Math.floor(i / 2) % 2 === 0;

/** Waits until all is acknowledged and each reader has heard the newest entry, for so long at most. */
async function settle(
  url: string,
  owner: string,
  rooms: string[],
  readers: Reader[],
  work: Promise<unknown>,
  limitMs: number,
  stop: () => void,
): Promise<void> {
  const end = performance.now() + limitMs;
  await Promise.race([work, wait(limitMs)]);
  stop();
  await work;
  for (const id of rooms) {
    const { lastSeq } = await rest<{ lastSeq: number }>(url, owner, 'GET', `/api/rooms/${id}`);
    const behind = () =>
      readers.some(
        (one) =>
          one.record.room === id &&
          (!one.isJoined() || (one.record.heard.at(-1)?.seq ?? one.newest()) < lastSeq),
      );
    while (performance.now() < end && behind()) await wait(50);
  }
  // What comes after the newest entry, such as a repeat, still shall be heard.
  await wait(200);
}

const PAGE = 37;

async function collect(url: string, token: string, id: string): Promise<RoomRecord> {
  const get = <T>(path: string) => rest<T>(url, token, 'GET', `/api/rooms/${id}${path}`);
  type Page = PageRecord & { events: Entry[]; epoch?: string };
  const log: Entry[] = [];
  const pages: PageRecord[] = [];
  for (let more = true; more; ) {
    const after = log.at(-1)?.seq ?? 0;
    const { events, lastSeq, hasMore, resync, epoch } = await get<Page>(
      `/events?afterSeq=${after}&limit=${PAGE}`,
    );
    log.push(...events);
    pages.push({
      after,
      epoch: undefined,
      now: epoch,
      seqs: events.map((e) => e.seq),
      lastSeq,
      hasMore,
      resync,
    });
    more = hasMore && events.length > 0;
  }
  const history: Payload[] = [];
  for (let more = true; more; ) {
    const page = await get<{ data: Payload[]; hasMoreAfter: boolean }>(
      `/messages?limit=200&after=${history.at(-1)?.seq ?? 0}`,
    );
    history.push(...page.data);
    more = page.hasMoreAfter && page.data.length > 0;
  }
  const { lastSeq } = await get<{ lastSeq: number }>('');
  const ask = async (what: string, path: string) => ({ what, resync: (await get<Page>(path)).resync });
  const beyond = [
    await ask('afterSeq beyond the log', `/events?afterSeq=${lastSeq + 1000}`),
    await ask('an epoch of another life', `/events?afterSeq=1&epoch=another`),
  ];
  return { id, lastSeq, log, history, pages, beyond };
}

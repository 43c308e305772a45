// The load generator's process: gathers connections in rooms, presses messages through them, counts what arrives.
// It spins instead of sleeping, because a sleeping reader bills the server for waking it.
import { cpuSeconds } from './cpu.ts';
import { latencyOf } from './percentiles.ts';
import type { Crowd, Joined, Joining, Measured, Pressure, Request, Target } from './protocol.ts';
import { RawClient } from './raw-client.ts';

interface Room {
  members: RawClient[];
  sent: number;
  delivered: number;
  acked: number;
  nextPublisher: number;
  /** Acks under way, by publisher and ref. */
  inFlight: Map<RawClient, Map<number, number>>;
  lastSeq: number;
}

const RETRY_SECONDS = 0.2;
/** One connection in so many looks into what it receives. */
const SAMPLED = 50;
const HEARTBEAT_MS = 20_000;
const QUIET_MS = 500;
const STAMP = '"body":"';
const STAMP_DIGITS = 15;

let rooms: Room[] = [];
let target: Target | undefined;
let lost: string[] = [];
let heartbeats: NodeJS.Timeout | undefined;

let deliveries = 0;
let acks = 0;
let refused = 0;
let measuring = false;
let busy = false;
let lastDelivery = 0;
let frameBytes = 0;
let deliverySamples: number[] = [];
let ackSamples: number[] = [];
let press: (room: Room) => void = () => {};

const now = (): number => performance.now();
const stamp = (): string =>
  Math.round(now() * 1000)
    .toString()
    .padStart(STAMP_DIGITS, '0');

interface Place {
  room: Room;
  name: string;
  token: string;
  port: number;
}
let places: Place[] = [];

/** Signs in and makes the rooms, so that only the joins themselves are measured afterwards. */
async function prepare(to: Target, crowd: Crowd): Promise<void> {
  target = to;
  const names = await placesFor(to, crowd);
  rooms = names.map(() => ({
    members: [],
    sent: 0,
    delivered: 0,
    acked: 0,
    nextPublisher: 0,
    inFlight: new Map(),
    lastSeq: 0,
  }));
  places = names.flatMap(({ room: name, tokens }, i) =>
    tokens.map((token, j) => ({ room: rooms[i] as Room, name, token, port: portOf(to, i, j) })),
  );
  await quiet();
}

/** Connects, signs in and joins, in every place; also again after `part`, which makes it a re-join. */
async function join({ atOnce, resume }: Joining): Promise<Joined> {
  lost = [];
  let retries = 0;
  const answers: number[] = [];
  const before = cpu();
  const own = process.cpuUsage();
  const started = now();
  await inParallel(atOnce, places, async (place, index) => {
    const from = now();
    for (;;) {
      const client = clientFor(place, index, resume === true ? place.room.lastSeq : undefined);
      try {
        const { lastSeq } = await client.join();
        answers.push(now() - from);
        place.room.lastSeq = Math.max(place.room.lastSeq, lastSeq);
        place.room.members.push(client);
        return;
      } catch (error) {
        // A client would do the same: what is marked so is worth another try.
        if (!String(error).includes('"retryable":true') || ++retries > places.length) throw error;
        await sleep(RETRY_SECONDS);
      }
    }
  });
  const seconds = (now() - started) / 1000;
  const used = process.cpuUsage(own);
  heartbeats = setInterval(() => {
    for (const room of rooms) for (const member of room.members) member.heartbeat();
  }, HEARTBEAT_MS);
  await quiet();
  const after = cpu();
  return {
    seconds,
    members: places.length,
    retries,
    answer: latencyOf(answers),
    serverCpu: before === undefined || after === undefined ? undefined : after - before,
    loadBusy: (used.user + used.system) / 1e6 / seconds,
  };
}

const portOf = ({ ports, apart }: Target, room: number, member: number): number =>
  ports[(apart === true ? room : member) % ports.length] as number;

function clientFor(
  { room, name, token, port }: Place,
  index: number,
  afterSeq: number | undefined,
): RawClient {
  const client: RawClient = new RawClient({
    port,
    protocol: (target as Target).protocol,
    token,
    room: name,
    afterSeq,
    events: {
      delivered(count) {
        busy = true;
        room.delivered += count;
        deliveries += count;
        lastDelivery = now();
        press(room);
      },
      ...(index % SAMPLED === 0 ? { sample: sampleOf } : {}),
      acked(ref, ok) {
        busy = true;
        acks++;
        room.acked++;
        if (!ok) refused++;
        const flights = room.inFlight.get(client);
        const at = flights?.get(ref);
        flights?.delete(ref);
        if (at !== undefined && measuring) ackSamples.push(now() - at);
        press(room);
      },
      lost: (why) => void lost.push(why),
    },
  });
  room.inFlight.set(client, new Map());
  return client;
}

/** Waits until what the joins set off (presence, member_joined) is over: the server's CPU time stands still. */
async function quiet(): Promise<void> {
  for (let last = -1, turn = 0; turn < 60; turn++) {
    const used = cpu() ?? 0;
    if (used - last < 0.05) return;
    last = used;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}

function sampleOf(payload: Buffer): void {
  if (!measuring) return;
  const at = payload.indexOf(STAMP);
  if (at < 0) return;
  const from = at + STAMP.length;
  deliverySamples.push(now() - Number(payload.toString('latin1', from, from + STAMP_DIGITS)) / 1000);
  frameBytes = payload.length;
}

/** Rooms by the names they are joined under, each with a token for every place in it. */
async function placesFor(to: Target, crowd: Crowd): Promise<{ room: string; tokens: string[] }[]> {
  const numbers = [...Array(crowd.rooms).keys()];
  const tokensOf = (all: string[], i: number) =>
    Array.from(
      { length: crowd.membersPerRoom },
      (_, j) => all[(i * crowd.membersPerRoom + j) % all.length] as string,
    );
  if (to.kind === 'bare') return numbers.map((i) => ({ room: `room-${i}`, tokens: tokensOf(['-'], i) }));
  const url = `http://127.0.0.1:${to.ports[0]}`;
  const post = async <T>(path: string, body: object, token = ''): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  // Names without digits that look like letters: handles that could be mistaken for another's are refused.
  const people = [...Array(Math.min(1000, crowd.rooms * crowd.membersPerRoom)).keys()];
  const tokens: string[] = Array(people.length).fill('');
  await inParallel(8, people, async (i) => {
    const name = `load ${[...i.toString(5)].map((digit) => 'bcdfg'[Number(digit)]).join('')}`;
    tokens[i] = (await post<{ token: string }>('/api/session', { name })).token;
  });
  const made: { room: string; tokens: string[] }[] = [];
  await inParallel(8, numbers, async (i) => {
    const { id } = await post<{ id: string }>('/api/rooms', { name: `Load ${i}` }, tokens[0]);
    made[i] = { room: id, tokens: tokensOf(tokens, i) };
  });
  return made;
}

async function run(pressure: Pressure): Promise<Measured> {
  const { publishersPerRoom, outstanding, bodyBytes, rate } = pressure;
  const filler = 'x'.repeat(bodyBytes - STAMP_DIGITS);
  let over = false;
  const sendOne = (room: Room) => {
    const publisher = room.members[room.nextPublisher] as RawClient;
    room.nextPublisher = (room.nextPublisher + 1) % publishersPerRoom;
    room.sent++;
    const ref = publisher.send(stamp() + filler);
    room.inFlight.get(publisher)?.set(ref, now());
  };
  const limit = publishersPerRoom * outstanding;
  const underWay = (room: Room) =>
    room.sent - (pressure.until === 'acked' ? room.acked : Math.floor(room.delivered / room.members.length));
  for (const room of rooms) Object.assign(room, { sent: 0, delivered: 0, acked: 0, nextPublisher: 0 });
  press = (room) => {
    while (!over && rate === undefined && underWay(room) < limit) sendOne(room);
  };

  // The spin: a turn in which nothing came counts as idle.
  let idleMs = 0;
  let due = now();
  let nextRoom = 0;
  let turn = now();
  const spin = () => {
    if (over) return;
    const at = now();
    if (!busy && measuring) idleMs += at - turn;
    busy = false;
    turn = at;
    if (rate !== undefined) {
      for (; due <= at; due += 1000 / rate) {
        sendOne(rooms[nextRoom] as Room);
        nextRoom = (nextRoom + 1) % rooms.length;
        busy = true;
      }
    }
    setImmediate(spin);
  };
  setImmediate(spin);
  for (const room of rooms) press(room);
  await sleep(pressure.warmUpSeconds);

  deliverySamples = [];
  ackSamples = [];
  const before = { at: now(), cpu: cpu(), deliveries, acks, refused };
  measuring = true;
  idleMs = 0;
  await sleep(pressure.seconds);
  measuring = false;
  const seconds = (now() - before.at) / 1000;
  const cpuAfter = cpu();
  const measured: Measured = {
    seconds,
    deliveries: deliveries - before.deliveries,
    acks: acks - before.acks,
    refused: refused - before.refused,
    lost: lost.length,
    serverCpu: before.cpu === undefined || cpuAfter === undefined ? undefined : cpuAfter - before.cpu,
    delivery: latencyOf(deliverySamples),
    ack: latencyOf(ackSamples),
    loadBusy: 1 - idleMs / 1000 / seconds,
    frameBytes,
  };
  over = true;
  press = () => {};
  // What is still under way must not count for the next scenario.
  for (let still = lastDelivery, wait = 0; wait < 20; wait++) {
    await sleep(0.2);
    if (lastDelivery === still && rooms.every((room) => room.acked >= room.sent)) break;
    still = lastDelivery;
  }
  for (const room of rooms) for (const flights of room.inFlight.values()) flights.clear();
  if (lost.length > 0) console.error(`load: ${lost.length} connections lost, first: ${lost[0]}`);
  return measured;
}

/** Closes every connection; the places stay, to be joined again. */
function part(): void {
  clearInterval(heartbeats);
  for (const room of rooms) {
    for (const member of room.members) member.close();
    room.members = [];
    room.inFlight.clear();
  }
}

function leave(): void {
  part();
  rooms = [];
  places = [];
}

function cpu(): number | undefined {
  const each = target?.pids.map(cpuSeconds);
  return each?.reduce((sum, one) => (sum === undefined || one === undefined ? undefined : sum + one), 0);
}
const sleep = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function inParallel<T>(
  width: number,
  items: T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < items.length) {
        const index = next++;
        await work(items[index] as T, index);
      }
    }),
  );
}

function handle(request: Request): Promise<unknown> | undefined {
  switch (request.do) {
    case 'prepare':
      return prepare(request.target, request.crowd);
    case 'join':
      return join(request.joining);
    case 'press':
      return run(request.pressure);
    case 'part':
      part();
      return;
    case 'leave':
      leave();
  }
}

process.on('message', async (request: Request) => {
  try {
    const answer = await handle(request);
    process.send?.({ ok: answer ?? null });
  } catch (error) {
    process.send?.({ error: String(error) });
  }
});
process.on('disconnect', () => process.exit(0));

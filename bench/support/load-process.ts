// The load generator's process: gathers connections in rooms, presses messages through them, counts what arrives.
// It spins instead of sleeping, because a sleeping reader bills the server for waking it.
import { cpuSeconds } from './cpu.ts';
import { latencyOf } from './percentiles.ts';
import type { Crowd, Gathered, Measured, Pressure, Request, Target } from './protocol.ts';
import { RawClient } from './raw-client.ts';

interface Room {
  members: RawClient[];
  sent: number;
  delivered: number;
  acked: number;
  nextPublisher: number;
  /** Acks under way, by publisher and ref. */
  inFlight: Map<RawClient, Map<number, number>>;
}

/** At a time, so that setting up is not a storm. */
const JOINING_AT_ONCE = 32;
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

async function gather(to: Target, crowd: Crowd): Promise<Gathered> {
  target = to;
  lost = [];
  const names = await prepare(to, crowd);
  const before = cpuSeconds(to.pid);
  const started = now();
  rooms = names.map(() => ({
    members: [],
    sent: 0,
    delivered: 0,
    acked: 0,
    nextPublisher: 0,
    inFlight: new Map(),
  }));
  const places = names.flatMap(({ room, tokens }, i) => tokens.map((token) => ({ i, room, token })));
  await inParallel(JOINING_AT_ONCE, places, async ({ i, room: name, token }, place) => {
    const room = rooms[i] as Room;
    const client: RawClient = new RawClient({
      port: to.port,
      protocol: to.protocol,
      token,
      room: name,
      events: {
        delivered(count) {
          busy = true;
          room.delivered += count;
          deliveries += count;
          lastDelivery = now();
          press(room);
        },
        ...(place % SAMPLED === 0 ? { sample: sampleOf } : {}),
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
    await client.join();
    room.members.push(client);
  });
  const after = cpuSeconds(to.pid);
  heartbeats = setInterval(() => {
    for (const room of rooms) for (const member of room.members) member.heartbeat();
  }, HEARTBEAT_MS);
  const result = {
    joinSeconds: (now() - started) / 1000,
    serverCpu: before === undefined || after === undefined ? undefined : after - before,
  };
  await quiet(to.pid);
  return result;
}

/** Waits until what the joins set off (presence, member_joined) is over: the server's CPU time stands still. */
async function quiet(pid: number): Promise<void> {
  for (let last = -1, turn = 0; turn < 60; turn++) {
    const cpu = cpuSeconds(pid) ?? 0;
    if (cpu - last < 0.05) return;
    last = cpu;
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
async function prepare(to: Target, crowd: Crowd): Promise<{ room: string; tokens: string[] }[]> {
  const numbers = [...Array(crowd.rooms).keys()];
  const tokensOf = (all: string[], i: number) =>
    Array.from(
      { length: crowd.membersPerRoom },
      (_, j) => all[(i * crowd.membersPerRoom + j) % all.length] as string,
    );
  if (to.kind === 'bare') return numbers.map((i) => ({ room: `room-${i}`, tokens: tokensOf(['-'], i) }));
  const url = `http://127.0.0.1:${to.port}`;
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

function leave(): void {
  clearInterval(heartbeats);
  for (const room of rooms) for (const member of room.members) member.close();
  rooms = [];
}

const cpu = (): number | undefined => (target === undefined ? undefined : cpuSeconds(target.pid));
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

process.on('message', async (request: Request) => {
  try {
    const answer =
      request.do === 'gather'
        ? await gather(request.target, request.crowd)
        : request.do === 'press'
          ? await run(request.pressure)
          : leave();
    process.send?.({ ok: answer ?? null });
  } catch (error) {
    process.send?.({ error: String(error) });
  }
});
process.on('disconnect', () => process.exit(0));

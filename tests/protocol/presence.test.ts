// Presence: what a client holds after folding the state and the differences is who is there, connection by connection.
import { Presence } from 'phoenix';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { PresenceState } from '../../src/server/presence/contract.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import {
  answered,
  connect,
  disconnect,
  type Listener,
  listen,
  phoenixSocket,
  SOCKET_SURFACES,
} from '../support/clients.ts';
import { createWatch } from '../support/surfaces.ts';

let app: TestApp;
let people: SignedIn[];
beforeAll(async () => {
  app = await startApp();
  people = [await app.signIn('Ada'), await app.signIn('Bob'), await app.signIn('Eve')];
});
afterAll(() => app.stop());

const [ADA, BOB, EVE] = [0, 1, 2];
const id = (who: number): string => (people[who] as SignedIn).user.id;
const person = (who: number): SignedIn => people[who] as SignedIn;

async function newRoom(): Promise<string> {
  const owner = await connect('rest', app, person(ADA));
  return (await owner.call('create_room', { name: 'Present', memberIds: [id(BOB), id(EVE)] })).id;
}

/** Who is there, and with how many connections. */
type Count = Record<string, number>;

/** Folds what a listener heard as the protocol says: by ref, differences before the state kept until it is there. */
function folded(client: Listener, room: string): Count {
  const seats = new Map<string, string>();
  const events = client.heard.filter((h) => h.room === room);
  const state = events.find((h) => h.type === 'presence_state');
  if (state === undefined) return {};
  const bare = (state.payload.presence ?? state.payload) as PresenceState;
  const add = (part: PresenceState) => {
    for (const [key, { metas }] of Object.entries(part))
      for (const meta of metas) seats.set(meta.phx_ref, key);
  };
  add(bare);
  for (const { type, payload } of events) {
    if (type !== 'presence_diff') continue;
    add(payload.joins as PresenceState);
    for (const { metas } of Object.values(payload.leaves as PresenceState))
      for (const meta of metas) seats.delete(meta.phx_ref);
  }
  const count: Count = {};
  for (const key of seats.values()) count[key] = (count[key] ?? 0) + 1;
  return count;
}

const same = (a: Count, b: Count): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

describe.each(SOCKET_SURFACES)('presence by %s', (surface) => {
  test('follows people as they come, come twice, leave and drop their connection', async () => {
    const room = await newRoom();
    const watcher = await listen(surface, app, person(ADA));
    onTestFinished(() => watcher.close());
    await watcher.join(room);
    const sees = (count: Count) =>
      watcher.until(`presence ${JSON.stringify(count)}`, () => same(folded(watcher, room), count));
    await sees({ [id(ADA)]: 1 });
    const first = await listen('socketio over websocket', app, person(BOB));
    const answer = await first.join(room);
    expect(Object.keys(answer.presence)).toContain(id(ADA));
    await sees({ [id(ADA)]: 1, [id(BOB)]: 1 });
    const second = await listen('phoenix 2.0.0', app, person(BOB));
    await second.join(room);
    await sees({ [id(ADA)]: 1, [id(BOB)]: 2 });
    await first.leave(room);
    await sees({ [id(ADA)]: 1, [id(BOB)]: 1 });
    await first.join(room);
    await sees({ [id(ADA)]: 1, [id(BOB)]: 2 });
    await first.close();
    await sees({ [id(ADA)]: 1, [id(BOB)]: 1 });
    await second.close();
    await sees({ [id(ADA)]: 1 });
    const diffs = watcher.heard.filter((h) => h.type === 'presence_diff');
    for (const { payload } of diffs) {
      expect(payload).toMatchObject({ joins: expect.any(Object), leaves: expect.any(Object) });
      for (const part of [payload.joins, payload.leaves] as PresenceState[])
        for (const { metas } of Object.values(part)) {
          expect(metas.length).toBeGreaterThan(0);
          expect(metas[0]).toMatchObject({ phx_ref: expect.any(String), role: 'human' });
        }
    }
    const joins = diffs.flatMap((h) =>
      Object.values(h.payload.joins as PresenceState).flatMap((e) => e.metas),
    );
    expect(new Set(joins.map((m) => m.phx_ref)).size).toBe(joins.length);
  });

  test('a join again brings a fresh state', async () => {
    const room = await newRoom();
    const client = await listen(surface, app, person(BOB));
    onTestFinished(() => client.close());
    const states = () => client.heard.filter((h) => h.room === room && h.type === 'presence_state').length;
    await client.join(room);
    await client.until('the first state', () => states() === 1);
    await client.leave(room);
    await client.join(room);
    await client.until('the second state', () => states() === 2);
  });
});

test('the Presence of phoenix.js lists who is there', async () => {
  const room = await newRoom();
  const socket = phoenixSocket(app.url, { params: { token: person(ADA).token } });
  onTestFinished(() => disconnect(socket));
  socket.connect();
  const channel = socket.channel(`room:${room}`, {});
  const presence = new Presence(channel);
  const watch = createWatch();
  presence.onSync(() => watch.look());
  await answered(channel.join());
  const list = (): Count =>
    Object.fromEntries(
      presence.list(
        (key: string, { metas }: { metas: unknown[] }) => [key, metas.length] as [string, number],
      ),
    );
  const sees = (count: Count) => watch.until(JSON.stringify(count), () => same(list(), count));
  await sees({ [id(ADA)]: 1 });
  const [bob, eve] = [
    await listen('phoenix 1.0.0', app, person(BOB)),
    await listen('socketio over polling', app, person(EVE)),
  ];
  await Promise.all([bob.join(room), eve.join(room)]);
  await sees({ [id(ADA)]: 1, [id(BOB)]: 1, [id(EVE)]: 1 });
  await bob.close();
  await sees({ [id(ADA)]: 1, [id(EVE)]: 1 });
  await eve.close();
  await sees({ [id(ADA)]: 1 });
});

test('a connection that ends while its join is under way leaves nobody behind', async () => {
  const room = await newRoom();
  const watcher = await listen('socketio over websocket', app, person(ADA));
  onTestFinished(() => watcher.close());
  await watcher.join(room);
  for (let i = 0; i < 10; i++) {
    const hasty = await listen(i % 2 === 0 ? 'socketio over websocket' : 'phoenix 2.0.0', app, person(BOB));
    hasty.join(room).catch(() => {});
    await hasty.close();
  }
  // A last visitor whose coming and going is seen stands behind all the others.
  const last = await listen('socketio over websocket', app, person(EVE));
  await last.join(room);
  await last.close();
  await watcher.until('only the watcher is left', () => same(folded(watcher, room), { [id(ADA)]: 1 }));
});

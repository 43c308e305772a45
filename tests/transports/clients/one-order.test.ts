// Public clients connect as they are published, and every one of them is told one story: the room's log, in order, without
// gap or repeat, also across a lost connection.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createNetwork } from '../../e2e/support/network.ts';
import { type SignedIn, startApp, type TestApp } from '../../support/app.ts';
import { connect } from '../../support/clients.ts';
import { until } from '../../support/until.ts';
import { CHANNEL_CLIENTS } from './channel-clients.ts';
import { lineOf, type PublicClient, type RoomClient } from './room-client.ts';
import { SOCKETIO_CLIENTS } from './socketio-clients.ts';

const CLIENTS = [...CHANNEL_CLIENTS, ...SOCKETIO_CLIENTS];

let app: TestApp;
let ada: SignedIn;
beforeAll(async () => {
  app = await startApp();
  ada = await app.signIn('Ada');
});
afterAll(() => app.stop());

/** A room, someone who writes in it over REST, and a connection to the server that can be cut. */
async function stage() {
  const rest = await connect('rest', app, ada);
  const { id: room } = await rest.call('create_room', { name: 'Clients' });
  const network = await createNetwork(app.url);
  const open: RoomClient[] = [];
  onTestFinished(async () => {
    await Promise.all(open.map((client) => client.close()));
    await network.stop();
  });
  return {
    network,
    write: (body: string) => rest.call('send_message', { roomId: room, body }),
    async enter(client: PublicClient, who: SignedIn): Promise<RoomClient> {
      const entered = await client.open({ url: network.url, token: who.token, room });
      open.push(entered);
      return entered;
    },
    /** The log after a seq, as a record shows it. */
    async log(from: number): Promise<string[]> {
      const lines: string[] = [];
      for (let after = from; ; ) {
        const page = await rest.call('list_events', { roomId: room, afterSeq: after });
        for (const { seq, type, payload } of page.events) lines.push(lineOf(seq, type, payload));
        if (!page.hasMore) return lines;
        after = page.events.at(-1).seq;
      }
    },
  };
}
type Stage = Awaited<ReturnType<typeof stage>>;

async function expectWholeLog({ log }: Stage, name: string, { record }: RoomClient): Promise<void> {
  const expected = await log(record.from);
  await until(`${name} has heard all`, () => record.entries.length >= expected.length);
  expect(record.entries, name).toEqual(expected);
}

describe.each(CLIENTS)('$name', (client) => {
  test('signs in, joins, sends and hears; cut off, it comes back and misses nothing', async () => {
    const here = await stage();
    const self = await here.enter(client, ada);
    const sent = await Promise.all([
      ...Array.from({ length: 5 }, (_, i) => self.send(`mine ${i}`)),
      ...Array.from({ length: 5 }, (_, i) => here.write(`theirs ${i}`)),
    ]);
    expect(sent[0]).toMatchObject({ body: 'mine 0', seq: expect.any(Number) });
    await expectWholeLog(here, client.name, self);

    here.network.cut();
    await here.write('while away');
    here.network.mend();
    await until('it has joined again', () => self.record.joins > 1);
    await Promise.all([self.send('back'), here.write('welcome back')]);
    await expectWholeLog(here, client.name, self);
    expect(self.record.entries.filter((line) => line.endsWith('while away'))).toHaveLength(1);
  });
});

test('all of them in one room at once are told the same, in the same order', async () => {
  const here = await stage();
  const people = await Promise.all(['Ada', 'Bob', 'Eve'].map((name) => app.signIn(name)));
  const inside: [string, RoomClient][] = [];
  for (const [i, client] of CLIENTS.entries())
    inside.push([client.name, await here.enter(client, people[i % people.length] as SignedIn)]);
  const all = (body: string) =>
    Promise.all(inside.map(([name, client]) => client.send(`${body} of ${name}`)));

  await all('first');
  here.network.cut();
  for (let i = 0; i < 20; i++) await here.write(`unheard ${i}`);
  here.network.mend();
  const away = () => inside.filter(([, { record }]) => record.joins < 2);
  await until('all have joined again', () => away().length === 0);
  await all('second');
  for (const [name, client] of inside) await expectWholeLog(here, name, client);
}, 60_000);

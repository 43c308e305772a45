// Someone who stops reading hurts only himself: he is let go of within seconds, the others hear everything as before, and
// he takes up where he was when he comes back.
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { connect, listen } from '../support/clients.ts';
import { until } from '../support/until.ts';

const LET_GO_LIMIT_MS = 5000;
const BODY = 'x'.repeat(16_000);
/** More than any system's own buffers and ours take. */
const MOST_MESSAGES = 3000;

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
beforeAll(async () => {
  app = await startApp({ config: { RATE_LIMIT_FACTOR: '1000' } });
  [ada, bob] = [await app.signIn('Ada'), await app.signIn('Bob')];
});
afterAll(() => app.stop());

const sum = async (metric: { get(): Promise<{ values: { value: number }[] }> }): Promise<number> =>
  (await metric.get()).values.reduce((total, v) => total + v.value, 0);

/** Joins the room by hand, so that it can stop reading. */
const OPEN = {
  phoenix: (room: string) => {
    const ws = new WebSocket(
      `${app.url.replace('http', 'ws')}/socket/websocket?vsn=2.0.0&token=${bob.token}`,
    );
    ws.once('open', () => ws.send(JSON.stringify(['1', '1', `room:${room}`, 'phx_join', {}])));
    return ws;
  },
  'Socket.IO': (room: string) => {
    const ws = new WebSocket(`${app.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    ws.once('open', () => ws.send(`40${JSON.stringify({ token: bob.token })}`));
    ws.on('message', (data) => {
      if (String(data).startsWith('40')) ws.send(`420${JSON.stringify(['join_room', { roomId: room }])}`);
    });
    return ws;
  },
};

test.each(Object.entries(OPEN))(
  'over %s',
  async (_, open) => {
    const { metrics, messages, identity } = app.app.parts;
    const reader = await listen('phoenix 2.0.0', app, ada);
    onTestFinished(() => reader.close());
    const { id: roomId } = await reader.call('create_room', { name: 'Loud', memberIds: [bob.user.id] });
    await reader.join(roomId);
    const connections = await sum(metrics.connections);
    const slow = open(roomId);
    slow.on('error', () => {});
    onTestFinished(() => slow.terminate());
    await reader.until('he is here', () =>
      reader.heard.some((h) => h.type === 'presence_diff' && bob.user.id in (h.payload.joins as object)),
    );
    expect(await sum(metrics.connections)).toBe(connections + 1);
    slow.pause();

    const scope = await identity.authenticate(ada.token, 'rest');
    const found = await sum(metrics.slowConsumers);
    let sent = 0;
    while ((await sum(metrics.slowConsumers)) === found && sent < MOST_MESSAGES) {
      await Promise.all(Array.from({ length: 20 }, () => messages.send(scope, { roomId, body: BODY })));
      sent += 20;
    }
    const noticed = performance.now();
    expect(await sum(metrics.slowConsumers)).toBe(found + 1);
    await until('he is let go of', async () => (await sum(metrics.connections)) === connections);
    expect(performance.now() - noticed).toBeLessThan(LET_GO_LIMIT_MS);

    const heard = () => reader.heard.filter((h) => h.room === roomId && h.type === 'new_message');
    await reader.until('every message', () => heard().length === sent);
    const seqs = heard().map((h) => h.payload.seq as number);

    // Whoever asks what became of a message learns it.
    const explain = async (i: number) => {
      const messageId = heard().at(i)?.payload.id;
      return reader.call('explain_delivery', { messageId, userId: bob.user.id });
    };
    expect(await explain(0)).toMatchObject({ verdict: 'delivered', reason: 'handed_over' });
    const lost = await explain(-1);
    expect(lost).toMatchObject({ verdict: 'waiting', reason: 'slow_consumer' });
    expect(lost.steps).toContainEqual(expect.objectContaining({ how: 'none', ended: 'slow_consumer' }));

    // He comes back from where he was, and misses nothing.
    const place = (seqs[0] as number) - 1;
    const back = await listen('phoenix 2.0.0', app, bob);
    onTestFinished(() => back.close());
    const answer = await back.join(roomId, { afterSeq: place });
    expect(answer.resync).toBe(false);
    const story = answer.events.map((e) => e.seq);
    const caller = await connect('rest', app, bob);
    for (let more = answer.hasMore; more; ) {
      const page = await caller.call('list_events', { roomId, afterSeq: story.at(-1) });
      story.push(...page.events.map((e: { seq: number }) => e.seq));
      more = page.hasMore;
    }
    expect(story).toEqual(seqs);
  },
  60_000,
);

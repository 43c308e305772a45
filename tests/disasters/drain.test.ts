// SIGTERM under load: nothing acknowledged is lost, clients are told to come back, the exit code is 0.
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { freePort } from '../support/service.ts';
import { until } from '../support/until.ts';
import { startOn, temporaryFolder } from './folder.ts';
import { type Booked, expectHeard, expectKept, readLog, sendUntil, setStage } from './story.ts';

/** Goodbyes are at most twenty a second. */
const CROWD = 120;

async function underLoad(env: Record<string, string>) {
  const folder = temporaryFolder();
  const port = await freePort();
  const server = await startOn(folder, port, env);
  const stage = await setStage(server.url, 6);
  onTestFinished(() => {
    for (const client of stage.clients) client.close();
  });
  const book: Booked[] = [];
  let over = false;
  const sending = sendUntil(stage.clients, book, () => over);
  await until('traffic flows', () => book.filter((b) => b.acked).length >= 100);
  const finish = async () => {
    over = true;
    await sending;
  };
  return { folder, port, server, stage, book, finish };
}

test('SIGTERM drains: clients come back, acknowledged messages stay, exit 0', async () => {
  const { folder, port, server, stage, book, finish } = await underLoad({ DRAIN_WINDOW_MS: '300' });
  server.kill('SIGTERM');
  expect(await server.whenEnded).toEqual({ code: 0, signal: null });
  await finish();
  for (const { protocol, closes } of stage.clients) {
    expect(closes[0]).toBe(protocol === 'phoenix' ? 1012 : 'transport close');
  }
  const next = await startOn(folder, port);
  await until('every client is back', () => stage.clients.every((c) => c.isJoined() && c.joins.length > 1));
  const log = await readLog(next.url, stage);
  expectKept(log, book);
  await until('every client has heard all', () =>
    stage.clients.every((c) => c.heard.findLast((h) => h.seq !== undefined)?.seq === log.length),
  );
  for (const client of stage.clients) expectHeard(client, log);
}, 90_000);

test('a second SIGTERM hastens, and still loses nothing', async () => {
  const { folder, port, server, stage, book, finish } = await underLoad({ DRAIN_WINDOW_MS: '60000' });
  const crowd = await openCrowd(server.url, stage.token);
  onTestFinished(() => {
    for (const one of crowd) one.terminate();
  });
  server.kill('SIGTERM');
  await until('the drain has begun', () => server.output().includes('draining'));
  // One that comes at once is taken for the same.
  await until('it has been hastened', () => {
    server.kill('SIGTERM');
    return server.output().includes('stopping at once') || server.ended() !== undefined;
  });
  // Without the second it would have ended with 0, after all goodbyes.
  expect(await server.whenEnded).toEqual({ code: 1, signal: null });
  await finish();
  const next = await startOn(folder, port);
  expectKept(await readLog(next.url, stage), book);
}, 90_000);

/** As many connections as make goodbyes take several seconds. */
function openCrowd(url: string, token: string): Promise<WebSocket[]> {
  const address = `${url.replace('http', 'ws')}/socket/websocket?vsn=2.0.0&token=${token}`;
  return Promise.all(
    Array.from({ length: CROWD }, async () => {
      const one = new WebSocket(address);
      one.on('error', () => {});
      await once(one, 'open');
      return one;
    }),
  );
}

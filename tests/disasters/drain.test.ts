// SIGTERM under load: nothing acknowledged is lost, clients are told to come back, the exit code is 0.
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../support/service.ts';
import { until } from '../support/until.ts';
import { startOn, temporaryFolder } from './folder.ts';
import { type Booked, expectHeard, expectKept, readLog, sendUntil, setStage } from './story.ts';

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
  const { folder, port, server, stage, book, finish } = await underLoad({ DRAIN_WINDOW_MS: '20000' });
  server.kill('SIGTERM');
  await until('the drain has begun', () => server.output().includes('draining'));
  const asked = performance.now();
  server.kill('SIGTERM');
  await server.whenEnded;
  expect(performance.now() - asked).toBeLessThan(10_000);
  await finish();
  const next = await startOn(folder, port);
  expectKept(await readLog(next.url, stage), book);
}, 90_000);

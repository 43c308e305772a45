// kill -9 in the middle of a burst: whatever was acknowledged is there once, in order; the rest can be sent again.
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../support/service.ts';
import { until } from '../support/until.ts';
import { startOn, temporaryFolder } from './folder.ts';
import { type Booked, expectHeard, expectKept, readLog, sendBooked, sendUntil, setStage } from './story.ts';

const ACKS_BEFORE_KILL = 300;
const RESEND_LIMIT_MS = 20_000;

test('a killed server keeps what it acknowledged, and takes the rest again under the same ids', async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const first = await startOn(folder, port);
  const stage = await setStage(first.url, 6);
  onTestFinished(() => {
    for (const client of stage.clients) client.close();
  });

  const book: Booked[] = [];
  let killed = false;
  const sending = sendUntil(stage.clients, book, () => killed);
  await until('a burst is under way', () => book.filter((b) => b.acked).length >= ACKS_BEFORE_KILL);
  first.kill('SIGKILL');
  killed = true;
  await first.whenEnded;
  await sending;
  const acked = book.filter((b) => b.acked !== undefined);
  const unacked = book.filter((b) => b.acked === undefined);
  expect(unacked.length).toBeGreaterThan(0);

  const second = await startOn(folder, port);
  await until('every client is back', () => stage.clients.every((c) => c.isJoined() && c.joins.length > 1));
  expectKept(await readLog(second.url, stage), acked);

  // Twice at once: one row, the same answer.
  await Promise.all(
    unacked.flatMap((b) => [sendBooked(b, RESEND_LIMIT_MS), sendBooked({ ...b }, RESEND_LIMIT_MS)]),
  );
  expect(unacked.filter((b) => b.acked === undefined)).toEqual([]);
  const log = await readLog(second.url, stage);
  expectKept(log, book);
  await until('every client has heard all', () =>
    stage.clients.every((c) => c.heard.findLast((h) => h.seq !== undefined)?.seq === log.length),
  );
  for (const client of stage.clients) expectHeard(client, log);
}, 90_000);

// Two servers on one data folder would both acknowledge and then lose rows: the second is refused and says why.
import { expect, onTestFinished, test } from 'vitest';
import { spawnServer } from '../support/server-process.ts';
import { freePort } from '../support/service.ts';
import { startOn, temporaryFolder } from './folder.ts';
import { type Booked, expectKept, readLog, sendBooked, setStage } from './story.ts';

test('a second start names the folder and the process; after kill -9 the next one works', async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const first = await startOn(folder, port);
  const stage = await setStage(first.url, 2);
  onTestFinished(() => {
    for (const client of stage.clients) client.close();
  });
  const book: Booked[] = [];
  const sendOneEach = async (url: string) => {
    const news = stage.clients.map(
      (by, i): Booked => ({
        id: crypto.randomUUID(),
        body: `${book.length} ${i}`,
        by,
        acked: undefined,
      }),
    );
    book.push(...news);
    await Promise.all(news.map((b) => sendBooked(b, 10_000)));
    expect(news.every((b) => b.acked !== undefined)).toBe(true);
    expectKept(await readLog(url, stage), book);
  };
  await sendOneEach(first.url);

  const second = spawnServer({ env: { DATA_DIR: folder } });
  const ended = await second.whenEnded;
  expect(ended.code).toBe(1);
  expect(second.output()).toContain(folder);
  expect(second.output()).toContain(String(first.pid));
  expect(second.output()).not.toMatch(/\n\s+at /);
  expect(first.ended()).toBeUndefined();
  await sendOneEach(first.url);

  first.kill('SIGKILL');
  await first.whenEnded;
  const third = await startOn(folder, port);
  expectKept(await readLog(third.url, stage), book);
}, 90_000);

// A scheduled message over a kill -9 at the worst moment, and while no server is there: sent once, and late rather than never.
import { expect, test } from 'vitest';
import { rest, signIn } from '../support/chat-clients.ts';
import { freePort } from '../support/service.ts';
import { until } from '../support/until.ts';
import { startOn, temporaryFolder } from './folder.ts';

interface Item {
  id: string;
  body: string;
  status: string;
}

test('what was being sent is sent once, and what came due meanwhile is sent late', async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const first = await startOn(folder, port, {
    NODE_ENV: 'test',
    FAILPOINTS: 'after-commit-before-publish',
  });
  const { token } = await signIn(first.url, 'Ada');
  const schedule = (body: string, inMs: number) =>
    rest<Item>(first.url, token, 'POST', '/api/scheduled/messages', {
      roomId: 'lobby',
      body,
      dueAt: new Date(Date.now() + inMs).toISOString(),
    });
  await schedule('while it dies', 1500);
  const late = Date.now() + 10_000;
  await schedule('while it is gone', 10_000);
  expect(await first.whenEnded).toEqual({ code: null, signal: 'SIGKILL' });
  await until('its time has passed', () => Date.now() > late);

  const second = await startOn(folder, port);
  const items = async () =>
    (await rest<{ data: Item[] }>(second.url, token, 'GET', '/api/scheduled?waiting=false')).data;
  const done = async () => (await items()).every((item) => item.status === 'done');
  await until('both are sent', done, 90_000);
  const { data } = await rest<{ data: { body: string; author: { handle: string } }[] }>(
    second.url,
    token,
    'GET',
    '/api/rooms/lobby/messages?limit=100',
  );
  const said = data.filter((m) => m.author.handle === 'ada').map((m) => m.body);
  expect(said.sort()).toEqual(['while it dies', 'while it is gone']);
}, 180_000);

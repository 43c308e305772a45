// Webhooks over a kill -9: an entry that was delivered and not yet recorded as such, and one that was committed and not yet delivered,
// both reach the receiver, under the ids they always had.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { rest, signIn } from '../support/chat-clients.ts';
import { freePort } from '../support/service.ts';
import { until } from '../support/until.ts';
import { startOn, temporaryFolder } from './folder.ts';

interface Post {
  id: string;
  type: string;
  seq: number;
}
interface Delivery {
  seq: number;
  status: string;
}

/** Writes down what it is sent; answers only when told to. */
async function startReceiver() {
  const posts: Post[] = [];
  let answers = false;
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { type, data } = JSON.parse(Buffer.concat(pieces).toString());
      posts.push({ id: String(request.headers['webhook-id']), type, seq: data.seq });
      if (answers) response.end('ok');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    ofType: (type: string) => posts.filter((post) => post.type === type),
    answer: () => {
      answers = true;
    },
  };
}

test('what was not recorded is sent again under its id, and what was not sent is sent', async () => {
  const receiver = await startReceiver();
  const folder = temporaryFolder();
  const port = await freePort();
  const env = { OUTGOING_ALLOW_HOSTS: '127.0.0.1' };
  const failpoint = { NODE_ENV: 'test', FAILPOINTS: 'after-commit-before-publish' };
  const first = await startOn(folder, port, { ...env, ...failpoint });
  const { token } = await signIn(first.url, 'Ada');
  const call = <T>(method: string, path: string, body?: object) =>
    rest<T>(first.url, token, method, path, body);
  const { id: roomId } = await call<{ id: string }>('POST', '/api/rooms', { name: 'A room' });
  const { id: webhookId } = await call<{ id: string }>('POST', '/api/webhooks', {
    roomId,
    url: receiver.url,
  });
  await call('PATCH', `/api/rooms/${roomId}`, { topic: 'Delivered, and not answered' });
  await until('the change is delivered', () => receiver.ofType('room_updated').length === 1);
  // Committed, and killed before anything else.
  await call('POST', `/api/rooms/${roomId}/messages`, { body: 'Not delivered' }).catch(() => undefined);
  expect(await first.whenEnded).toEqual({ code: null, signal: 'SIGKILL' });
  expect(receiver.ofType('new_message')).toEqual([]);

  receiver.answer();
  await startOn(folder, port, env);
  const deliveries = async () =>
    (await call<{ data: Delivery[] }>('GET', `/api/webhooks/${webhookId}/deliveries`)).data;
  await until(
    'all is delivered',
    async () => {
      const all = await deliveries();
      return all.length === 2 && all.every(({ status }) => status === 'delivered');
    },
    120_000,
  );
  const changes = receiver.ofType('room_updated');
  expect(changes.length).toBeGreaterThan(1);
  expect(new Set(changes.map(({ id }) => id)).size).toBe(1);
  expect(receiver.ofType('new_message')).toHaveLength(1);
  const ids = new Map(receiver.posts.map(({ id, seq }) => [id, seq]));
  const { lastSeq } = await call<{ lastSeq: number }>('GET', `/api/rooms/${roomId}`);
  expect([...ids.values()].sort()).toEqual([lastSeq - 1, lastSeq]);
}, 180_000);

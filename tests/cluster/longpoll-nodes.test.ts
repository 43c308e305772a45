// Long-polling behind a balancer that sends every request to another node: the session answers wherever it is asked, nothing is
// lost by a poll that is cut, and a session whose node died is begun anew and resumed.
import { request as ask, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LongPoll, Socket } from 'phoenix';
import { expect, inject, onTestFinished, test } from 'vitest';
import { rest, signIn } from '../support/chat-clients.ts';
import { until } from '../support/until.ts';
import { type Cluster, startCluster } from './cluster.ts';

/** Passes each request to the next node in turn; one that is down is passed over. */
async function balancer(cluster: Cluster): Promise<string> {
  let turn = 0;
  const server: Server = createServer((incoming, outgoing) => {
    const body: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => body.push(chunk));
    incoming.on('end', () => pass(cluster.nodes.length));
    const pass = (tries: number): void => {
      const node = cluster.nodes[turn++ % cluster.nodes.length] as Cluster['nodes'][number];
      const url = new URL(incoming.url ?? '/', node.url);
      const onward = ask(
        url,
        { method: incoming.method, headers: { ...incoming.headers, host: url.host } },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      onward.on('error', () => (tries > 1 ? pass(tries - 1) : outgoing.destroy()));
      outgoing.on('close', () => onward.destroy());
      onward.end(Buffer.concat(body));
    };
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.runIf(inject('postgresUrl') !== undefined && inject('redisUrl') !== undefined)(
  'a session is served by every node, and taken up again when its node dies',
  async () => {
    const cluster = await startCluster(2);
    onTestFinished(() => cluster.stop(), 60_000);
    const [first, second] = cluster.nodes as [Cluster['nodes'][number], Cluster['nodes'][number]];
    const url = await balancer(cluster);
    const { token } = await signIn(first.url, 'Polly Poll');
    const room = await rest<{ id: string }>(first.url, token, 'POST', '/api/rooms', { name: 'By post' });

    const heard: { seq: number; body: string }[] = [];
    const hear = (message: { seq: number; body: string }) => void heard.push(message);
    const socket = new Socket(`${url}/socket`, {
      transport: LongPoll as never,
      params: { token },
      reconnectAfterMs: () => 100,
      rejoinAfterMs: () => 100,
    });
    onTestFinished(() => new Promise<void>((resolve) => socket.disconnect(() => resolve())));
    socket.connect();
    let lastSeq = 0;
    const channel = socket.channel(`room:${room.id}`, (() =>
      lastSeq === 0 ? {} : { afterSeq: lastSeq }) as never);
    channel.on('new_message', (message: { seq: number; body: string }) => {
      lastSeq = message.seq;
      hear(message);
    });
    await new Promise((resolve, reject) =>
      channel
        .join()
        .receive(
          'ok',
          (answer: {
            lastSeq: number;
            events: { type: string; payload: { seq: number; body: string } }[];
          }) => {
            for (const { type, payload } of answer.events) if (type === 'new_message') hear(payload);
            lastSeq = Math.max(lastSeq, answer.lastSeq);
            resolve(undefined);
          },
        )
        .receive('error', reject),
    );
    const say = (node: { url: string }, body: string) =>
      rest(node.url, token, 'POST', `/api/rooms/${room.id}/messages`, { body });
    for (let i = 0; i < 20; i++) await say(i % 2 === 0 ? first : second, `one ${i}`);
    await until('all has come', () => heard.length === 20);
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve, reject) =>
        channel
          .push('send_message', { body: `pushed ${i}` })
          .receive('ok', resolve)
          .receive('error', reject),
      );
    }
    await until('what was pushed has come back', () => heard.length === 25);

    await first.kill();
    for (let i = 0; i < 5; i++) await say(second, `two ${i}`);
    await until('all has come again', () => heard.length >= 30, 30_000);
    await first.start();
    await say(first, 'three');
    await until('the last has come', () => heard.at(-1)?.body === 'three', 30_000);
    expect(heard.map((h) => h.seq)).toEqual([...new Set(heard.map((h) => h.seq))].sort((a, b) => a - b));
    expect(heard).toHaveLength(31);
  },
  120_000,
);

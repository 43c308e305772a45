// A local server that stands in for outside services: it answers what a test says, and keeps what it was asked.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  method: string;
  url: URL;
  headers: Record<string, unknown>;
  body: string;
}

export interface OutsideServer {
  url: string;
  port: number;
  asked: Asked[];
  /** What it answers from now on. */
  answers(
    answer: (asked: Asked) => { status?: number; body: unknown; headers?: Record<string, string> },
  ): void;
  stop(): void;
}

export async function startOutside(): Promise<OutsideServer> {
  const asked: Asked[] = [];
  let answer: Parameters<OutsideServer['answers']>[0] = () => ({ body: {} });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const call: Asked = {
        method: request.method ?? '',
        url: new URL(request.url ?? '/', 'http://outside'),
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      asked.push(call);
      const { status = 200, body, headers = {} } = answer(call);
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      response.writeHead(status, {
        'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
        connection: 'close',
        ...headers,
      });
      response.end(text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    answers: (next) => {
      answer = next;
      asked.length = 0;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

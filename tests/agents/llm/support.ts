// Requests, and servers on the loopback that misbehave in ways a mock of a whole provider does not.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Llm, LlmEvent, LlmRequest, LlmTool } from '../../../src/agents/llm/llm.ts';

export const calculator: LlmTool = {
  name: 'calculator',
  description: 'Works out arithmetic.',
  parameters: { type: 'object', properties: { expression: { type: 'string' } }, required: ['expression'] },
};

export function request(text: string, more: Partial<LlmRequest> = {}): LlmRequest {
  return {
    model: 'test-model',
    system: 'You are a test.',
    messages: [{ role: 'user', content: [{ type: 'text', text }] }],
    tools: [],
    maxTokens: 500,
    signal: new AbortController().signal,
    ...more,
  };
}

export async function collect(stream: AsyncIterable<LlmEvent>): Promise<LlmEvent[]> {
  const events: LlmEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

export const textOf = (events: LlmEvent[]): string =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('');

/** An Llm whose n-th call plays the n-th list; an Error in a list is thrown there, a promise is waited for. */
export function playing(...calls: (LlmEvent | Error | Promise<never>)[][]): Llm & { calls: LlmRequest[] } {
  const requests: LlmRequest[] = [];
  return {
    provider: 'played',
    calls: requests,
    async *stream(req) {
      requests.push(req);
      for (const step of calls[requests.length - 1] ?? []) {
        if (step instanceof Error) throw step;
        if (step instanceof Promise) await step;
        else yield step;
      }
    },
  };
}

export const done: LlmEvent = {
  type: 'done',
  stopReason: 'end',
  usage: { inputTokens: 10, outputTokens: 5 },
  model: 'test-model',
};

export interface Seen {
  path: string;
  headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: the body is whatever the SDK sent, looked into by hand
  body: any;
}

export interface BadServer {
  url: string;
  seen: Seen[];
  /** Resolves when the n-th request (from 1) has arrived. */
  arrived(n: number): Promise<void>;
  close(): Promise<void>;
}

/** A server whose every answer is written by hand. `answer` gets the number of the request, from 1. */
export async function serve(answer: (res: ServerResponse, n: number) => void): Promise<BadServer> {
  const seen: Seen[] = [];
  const waiting: { n: number; resolve: () => void }[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (piece: string) => {
      body += piece;
    });
    req.on('end', () => {
      seen.push({ path: req.url ?? '', headers: req.headers, body: JSON.parse(body) });
      answer(res, seen.length);
      for (const { n, resolve } of waiting) if (n <= seen.length) resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    arrived: (n) =>
      new Promise((resolve) => {
        if (seen.length >= n) resolve();
        else waiting.push({ n, resolve });
      }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Server-sent events of Chat Completions chunks; `end` closes with [DONE]. */
export function sse(res: ServerResponse, chunks: unknown[], end = true): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const chunk of chunks)
    res.write(`data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`);
  if (end) res.end('data: [DONE]\n\n');
}

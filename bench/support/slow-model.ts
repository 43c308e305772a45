// A server that speaks the streaming Chat Completions API as a model would: it thinks, then writes a word now and then. Notes when
// each request came and when its first word went out, by the mark that the question carries. Must never be the limit.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SlowModel {
  url: string;
  /** By the mark of the question, in ms of `performance.now()`. */
  asked: Map<string, number>;
  firstWord: Map<string, number>;
  stop(): Promise<void>;
}

const MARK = /mark-\d+-\d+/g;

/** @param pace ms before the first word and between words */
export async function startSlowModel(pace: {
  thinks: number;
  between: number;
  words: number;
}): Promise<SlowModel> {
  const asked = new Map<string, number>();
  const firstWord = new Map<string, number>();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => {
      body += piece;
    });
    request.on('end', () => {
      const mark = body.match(MARK)?.at(-1) ?? '';
      asked.set(mark, performance.now());
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const write = (chunk: object) => response.write(`data: ${JSON.stringify(chunk)}\n\n`);
      let written = 0;
      const next = () => {
        if (written === 0) firstWord.set(mark, performance.now());
        if (written++ < pace.words) {
          write({
            model: 'slow',
            choices: [{ index: 0, delta: { content: written === 1 ? 'Well' : ' and so on' } }],
          });
          setTimeout(next, pace.between);
          return;
        }
        write({ model: 'slow', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
        write({ choices: [], usage: { prompt_tokens: 500, completion_tokens: pace.words } });
        response.end('data: [DONE]\n\n');
      };
      setTimeout(next, pace.thinks);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    firstWord,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

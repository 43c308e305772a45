// Embeddings over the wire, through the real SDK: order, length, batches, and what goes wrong.
import { LLMock } from '@copilotkit/aimock';
import { afterEach, describe, expect, it } from 'vitest';
import { similarity } from '../../src/memory/embed.ts';
import { createOpenAiEmbedder } from '../../src/memory/embed-openai.ts';
import { type BadServer, serve } from '../agents/llm/support.ts';

let server: BadServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

interface Row {
  index?: number;
  embedding: unknown;
}

async function embedder(
  answer: (input: string[], n: number) => { status?: number; data?: Row[] },
  more = {},
) {
  const made: BadServer = await serve((res, n) => {
    const { status = 200, data } = answer(made.seen[n - 1]?.body.input, n);
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ data }));
  });
  server = made;
  return createOpenAiEmbedder({ model: 'test', dimensions: 2, baseUrl: `${made.url}/v1`, ...more });
}

describe('OpenAI-compatible embedder', () => {
  it('works against a mock of the real API', async () => {
    const mock = new LLMock({ port: 0, host: '127.0.0.1' });
    await mock.start();
    try {
      mock.onEmbedding('hello', { embedding: [3, 4] });
      const made = createOpenAiEmbedder({
        model: 'text-embedding-3-small',
        dimensions: 2,
        apiKey: 'k',
        baseUrl: `${mock.url}/v1`,
      });
      const [vector] = await made.embed(['hello']);
      expect(vector?.[0]).toBeCloseTo(0.6);
      expect(vector?.[1]).toBeCloseTo(0.8);
    } finally {
      await mock.stop();
    }
  });

  it('puts answers in the order of the texts, in batches, and normalises them', async () => {
    const made = await embedder(
      (input) => ({ data: input.map((text, index) => ({ index, embedding: [Number(text), 1] })).reverse() }),
      { batchSize: 2 },
    );
    const vectors = await made.embed(['1', '2', '3']);
    expect(vectors.map((vector) => Math.round((vector[0] ?? 0) / (vector[1] ?? 1)))).toEqual([1, 2, 3]);
    for (const vector of vectors) expect(similarity(vector, vector)).toBeCloseTo(1, 5);
    expect(server?.seen).toHaveLength(2);
    expect(server?.seen[0]?.body).toMatchObject({ model: 'test', encoding_format: 'float' });
    expect(server?.seen[0]?.body).not.toHaveProperty('dimensions');
  });

  it('asks for a length only where that can be asked, and sends no empty text', async () => {
    const made = await embedder(
      (input) => ({ data: input.map((_, index) => ({ index, embedding: [1, 0] })) }),
      {
        model: 'text-embedding-3-large',
      },
    );
    await made.embed(['', 'x'.repeat(50_000)]);
    expect(server?.seen[0]?.body).toMatchObject({ dimensions: 2, input: [' ', 'x'.repeat(24_000)] });
    expect(await made.embed([])).toEqual([]);
    expect(server?.seen).toHaveLength(1);
  });

  it.each([
    ['vectors of another length', { data: [{ index: 0, embedding: [1, 2, 3] }] }, 'embedding_unusable'],
    ['fewer vectors than texts', { data: [] }, 'embedding_unusable'],
    ['no vectors', {}, 'embedding_unusable'],
    ['words for numbers', { data: [{ index: 0, embedding: ['a', 'b'] }] }, 'embedding_unusable'],
    ['a vector for another text', { data: [{ index: 5, embedding: [1, 2] }] }, 'embedding_unusable'],
    ['too many requests', { status: 429 }, 'embedding_rate_limited'],
    ['a refusal', { status: 401 }, 'embedding_refused'],
    ['a failure', { status: 500 }, 'embedding_unavailable'],
  ])('throws an AppError for %s', async (_, answer, reason) => {
    const made = await embedder(() => answer);
    await expect(made.embed(['secret'])).rejects.toMatchObject({ name: 'AppError', reason });
    expect(server?.seen).toHaveLength(1);
  });
});

// Embeds through any server that speaks OpenAI's embeddings API. Must never log or put into errors what it was given.
import OpenAI from 'openai';
import { AppError } from '../core/errors.ts';
import { type Embedder, normalise } from './embed.ts';

export interface OpenAiEmbedderOptions {
  model: string;
  /** What the rows are declared with; an answer of another length is refused. */
  dimensions: number;
  apiKey?: string;
  baseUrl?: string;
  fetch?: typeof fetch;
  /** Per request. Default 96. */
  batchSize?: number;
}

/** Cosines of this family's unrelated texts stay below. */
const ADMIT_AT = 0.3;
/** Characters per text; the models take about 8,000 tokens. */
const MAX_CHARS = 24_000;

export function createOpenAiEmbedder(options: OpenAiEmbedderOptions): Embedder {
  const { model, dimensions, batchSize = 96 } = options;
  const client = new OpenAI({
    apiKey: options.apiKey ?? 'none',
    baseURL: options.baseUrl ?? 'https://api.openai.com/v1',
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    maxRetries: 0,
    logLevel: 'off',
    ...(options.fetch ? { fetch: options.fetch } : {}),
  });
  // Only this family can be asked for a length.
  const asked = model.includes('text-embedding-3') ? { dimensions } : {};

  async function embedBatch(texts: string[], signal: AbortSignal | undefined): Promise<Float32Array[]> {
    // Empty input is refused by the servers; a space is not.
    const input = texts.map((text) => text.slice(0, MAX_CHARS).toWellFormed() || ' ');
    const answer = await client.embeddings
      .create({ model, input, encoding_format: 'float', ...asked }, signal ? { signal } : {})
      .catch((error: unknown) => {
        throw toAppError(error);
      });
    const rows = Array.isArray(answer?.data) ? answer.data : [];
    const vectors = new Array<Float32Array>(texts.length);
    for (const [position, row] of rows.entries())
      vectors[row.index ?? position] = toVector(row.embedding, dimensions);
    for (let i = 0; i < texts.length; i++) {
      if (vectors[i] === undefined) throw unusable(`${rows.length} vectors for ${texts.length} texts`);
    }
    return vectors;
  }

  return {
    model,
    dimensions,
    admitAt: ADMIT_AT,
    weights: { vector: 0.4, factMeaning: 0.4 },
    async embed(texts, signal) {
      const vectors: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += batchSize) {
        vectors.push(...(await embedBatch(texts.slice(at, at + batchSize), signal)));
      }
      return vectors;
    },
  };
}

function toVector(values: unknown, dimensions: number): Float32Array {
  if (!Array.isArray(values) || values.length !== dimensions) {
    const length = Array.isArray(values) ? values.length : 0;
    throw unusable(`${length} numbers where EMBEDDING_DIMENSIONS says ${dimensions}`);
  }
  if (!values.every((value) => typeof value === 'number' && Number.isFinite(value)))
    throw unusable('something that is not a number');
  return normalise(Float32Array.from(values as number[]));
}

const unusable = (what: string): AppError =>
  new AppError(
    'internal',
    'embedding_unusable',
    `The embedding server answered with ${what}; check EMBEDDING_MODEL.`,
  );

function toAppError(error: unknown): AppError {
  const status = error instanceof OpenAI.APIError ? (error.status as number | undefined) : undefined;
  if (status === 429)
    return new AppError(
      'rate_limited',
      'embedding_rate_limited',
      'The embedding server is limiting requests.',
    );
  if (status !== undefined && status >= 400 && status < 500) {
    return new AppError(
      'internal',
      'embedding_refused',
      `The embedding server refused the request (HTTP ${status}); check its key and model.`,
    );
  }
  return new AppError('unavailable', 'embedding_unavailable', 'The embedding server is not answering.');
}

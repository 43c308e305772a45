// Keeps files in a bucket of S3, or of anything that speaks its API. The address is the operator's own, so it is no business of
// the guard for addresses that people name. Must never wait without a limit, nor send a content under another hash.
import { createReadStream } from 'node:fs';
import { AwsV4Signer } from 'aws4fetch';
import { Agent, type Dispatcher, request } from 'undici';
import { AppError } from './errors.ts';
import { isUuid } from './ids.ts';
import type { Objects } from './objects.ts';

export interface S3Options {
  /** Of the API: https://s3.eu-central-1.amazonaws.com, https://minio.example.com … */
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

const CONNECT_MS = 5000;
/** Until the answer's head, and between two pieces of its body. */
const IDLE_MS = 15_000;
/** Of a whole request. */
const TOTAL_MS = 300_000;
const CONNECTIONS = 32;
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export function createS3Objects(options: S3Options): Objects {
  const agent = new Agent({
    connections: CONNECTIONS,
    headersTimeout: IDLE_MS,
    bodyTimeout: IDLE_MS,
    connect: { timeout: CONNECT_MS },
  });
  const base = `${options.endpoint.replace(/\/$/, '')}/${encodeURIComponent(options.bucket)}`;

  async function send(
    method: 'PUT' | 'GET' | 'DELETE',
    key: string,
    more: { headers?: Record<string, string>; sha256?: string; body?: () => import('node:stream').Readable },
    signal?: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    if (!isUuid(key)) throw new Error('A key of a stored file is an id.');
    const { accessKeyId, secretAccessKey, region } = options;
    const signer = new AwsV4Signer({
      method,
      url: `${base}/${key.toLowerCase()}`,
      headers: { ...more.headers, 'x-amz-content-sha256': more.sha256 ?? EMPTY_SHA256 },
      accessKeyId,
      secretAccessKey,
      region,
      service: 's3',
    });
    const signed = await signer.sign();
    const total = AbortSignal.timeout(TOTAL_MS);
    const body = more.body?.();
    try {
      return await request(signed.url, {
        method,
        headers: Object.fromEntries(signed.headers),
        body: body ?? null,
        dispatcher: agent,
        signal: signal === undefined ? total : AbortSignal.any([total, signal]),
      });
    } catch (error) {
      body?.destroy();
      throw unavailable(error);
    }
  }

  async function done(answer: Dispatcher.ResponseData, allowed: number[] = []): Promise<void> {
    await answer.body.dump();
    if (answer.statusCode >= 300 && !allowed.includes(answer.statusCode))
      throw unavailable(answer.statusCode);
  }

  return {
    async put(key, file) {
      await done(
        await send('PUT', key, {
          headers: { 'content-length': String(file.bytes), 'content-type': 'application/octet-stream' },
          sha256: file.sha256,
          body: () => createReadStream(file.path),
        }),
      );
    },

    async read(key, { start, end }, signal) {
      const answer = await send('GET', key, { headers: { range: `bytes=${start}-${end}` } }, signal);
      if (answer.statusCode === 206 || answer.statusCode === 200) return answer.body;
      await answer.body.dump();
      throw unavailable(answer.statusCode);
    },

    remove: async (key) => done(await send('DELETE', key, {}), [404]),
    stop: () => agent.destroy(),
  };
}

const unavailable = (cause: unknown): AppError =>
  Object.assign(
    new AppError(
      'unavailable',
      'file_unavailable',
      'The store of files does not answer; try again shortly.',
      {
        retryAfterMs: 2000,
      },
    ),
    { cause },
  );

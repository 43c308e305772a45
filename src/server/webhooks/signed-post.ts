// One request to somebody's address, signed as Standard Webhooks say. Must never follow a redirect.
import { AppError } from '../../core/errors.ts';
import type { Outgoing } from '../../core/outgoing.ts';
import { signatureOf } from './signing.ts';

interface SignedPost {
  url: string;
  /** One signature for each. */
  secrets: string[];
  /** The same at every try. */
  id: string;
  /** In seconds. */
  timestamp: number;
  body: string;
  totalMs: number;
  maxBytes: number;
  signal: AbortSignal;
}

/** @throws AppError where there is no answer in time, or the address may not be reached */
export const signedPost = (fetch: Outgoing, to: SignedPost): Promise<Response> =>
  fetch(to.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': to.id,
      'webhook-timestamp': String(to.timestamp),
      'webhook-signature': signatureOf(to.secrets, to.id, to.timestamp, to.body),
    },
    body: to.body,
    redirect: 'manual',
    totalMs: to.totalMs,
    maxBytes: to.maxBytes,
    signal: to.signal,
  });

/** For receivers whose answer is not read. @returns its status, or why there is none */
export async function notifySigned(
  fetch: Outgoing,
  to: Omit<SignedPost, 'totalMs' | 'maxBytes'>,
): Promise<number | string> {
  try {
    const answer = await signedPost(fetch, { ...to, totalMs: 15_000, maxBytes: 64 * 1024 });
    await answer.body?.cancel();
    return answer.status;
  } catch (error) {
    to.signal.throwIfAborted();
    if (error instanceof AppError) return error.reason;
    throw error;
  }
}

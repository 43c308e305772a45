// One request to somebody's address, signed as Standard Webhooks say. Must never follow a redirect.
import type { Outgoing } from '../../core/outgoing.ts';
import { signatureOf } from './signing.ts';

/** @throws AppError where there is no answer in time, or the address may not be reached */
export const signedPost = (
  fetch: Outgoing,
  to: {
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
  },
): Promise<Response> =>
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

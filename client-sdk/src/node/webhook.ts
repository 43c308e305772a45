// Tells whether a webhook came from this server, as Standard Webhooks says. Must never look at a body before its signature.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { ParleyError } from '../error.ts';

const TOLERANCE_SECONDS = 300;

export interface WebhookInput {
  /** The body exactly as it came, before any parsing. */
  body: string | Uint8Array;
  /** The request's headers: a plain object with lower-case names, or `Headers`. */
  headers: Headers | Readonly<Record<string, string | string[] | undefined>>;
  /** `whsec_…` as the server showed it; several while a secret is being changed. */
  secret: string | readonly string[];
  /** How old or early a delivery may be, in seconds; 300 unless told. */
  toleranceSeconds?: number;
  /** Milliseconds since 1970; for tests. */
  now?: number;
}

/**
 * @returns the delivery's id, which stays the same when it is sent again, and its payload
 * @throws ParleyError `unauthorized` with reason `missing_signature`, `too_old` or `bad_signature`; `invalid` `bad_body`
 */
export function verifyWebhook<T = unknown>(input: WebhookInput): { id: string; payload: T } {
  const { body, headers, secret, toleranceSeconds = TOLERANCE_SECONDS, now = Date.now() } = input;
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  const signatures = header(headers, 'webhook-signature');
  if (id === undefined || timestamp === undefined || signatures === undefined)
    throw refused(
      'missing_signature',
      'The headers webhook-id, webhook-timestamp and webhook-signature are needed',
    );
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds)
    throw refused(
      'too_old',
      `The delivery is more than ${toleranceSeconds} s from now; check this machine's clock`,
    );
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
  const given = signatures.split(' ').flatMap((one) => (one.startsWith('v1,') ? [one.slice(3)] : []));
  const secrets = typeof secret === 'string' ? [secret] : secret;
  const expected = secrets.map((one) =>
    createHmac('sha256', Buffer.from(one.replace(/^whsec_/, ''), 'base64'))
      .update(`${id}.${timestamp}.${text}`)
      .digest(),
  );
  if (!expected.some((mac) => given.some((one) => same(mac, Buffer.from(one, 'base64')))))
    throw refused('bad_signature', 'No signature of the delivery was made with this secret');
  try {
    return { id, payload: JSON.parse(text) as T };
  } catch (cause) {
    throw new ParleyError('invalid', 'bad_body', 'The body is signed but no JSON', { cause });
  }
}

const same = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

function header(headers: WebhookInput['headers'], name: string): string | undefined {
  const value = headers instanceof Headers ? (headers.get(name) ?? undefined) : headers[name];
  return Array.isArray(value) ? value.join(' ') : value;
}

const refused = (reason: string, message: string) => new ParleyError('unauthorized', reason, message);

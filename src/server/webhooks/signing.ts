// Standard Webhooks: ids, secrets, signatures and the times of the tries.
import { createHmac } from 'node:crypto';
import { randomToken } from '../../core/ids.ts';

const PREFIX = 'whsec_';

const SECRET_BYTES = 32;

export const newSecret = (): string =>
  PREFIX + Buffer.from(randomToken(SECRET_BYTES), 'base64url').toString('base64');

/** Waits before the second and each later try, in seconds: ten tries over a little more than three days. */
const WAITS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
export const MOST_TRIES = WAITS.length + 1;

/** @param chance in [0, 1): a fifth more or less, so that many that failed together do not come back together */
export const waitAfter = (tries: number, chance: number): number | undefined => {
  const wait = WAITS[tries - 1];
  return wait === undefined ? undefined : Math.max(1, Math.round(wait * (0.8 + 0.4 * chance)));
};

/** The same for every try; sorts like the log. */
export const messageIdOf = (roomId: string, seq: number): string =>
  `msg_${roomId.replaceAll('-', '')}_${String(seq).padStart(12, '0')}`;

/** One signature for each secret, so that a receiver may have either. */
export function signatureOf(secrets: string[], id: string, timestamp: number, body: string): string {
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
    })
    .join(' ');
}

// Where identifiers and randomness come from. Nothing else in the program may draw its own.
import { randomBytes, randomFillSync, randomInt } from 'node:crypto';
import { v5, v7 } from 'uuid';

/** Random bytes for the next ids, drawn together: one draw costs as much as a hundred. */
const drawn = new Uint8Array(256 * 16);
let used = drawn.length;
/** Those of the id that is being made. */
const scratch = new Uint8Array(16);
/** The newest id's time and place within it. */
let msecs = Number.NEGATIVE_INFINITY;
let seq = 0;

/** A new UUIDv7: unique, and sorted by time of creation. */
export function newId(): string {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  for (let i = 0; i < scratch.length; i++) scratch[i] = drawn[used++] as number;
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    const [, , , , , , a = 0, b = 0, c = 0, d = 0] = scratch;
    // The top bit stays free, for those that follow within the millisecond.
    seq = ((a & 0x7f) << 24) | (b << 16) | (c << 8) | d;
  } else {
    seq = (seq + 1) | 0;
    if (seq === 0) msecs++;
  }
  return v7({ random: scratch, msecs, seq });
}

const NAMESPACE = '6f9f4a1e-6a53-5c2e-9f0e-0d7f3a4c9b11';

/** The same UUID for the same words, so that a retried effect finds its first result. */
export const derivedId = (...words: string[]): string => v5(words.join('\u0000'), NAMESPACE);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isUuid = (text: string): boolean => UUID.test(text);

export const randomToken = (bytes = 32): string => randomBytes(bytes).toString('base64url');

/** A number in [0, 1) for jitter. */
export const random = (): number => randomInt(0, 2 ** 47) / 2 ** 47;

// Seals sensitive memories: AES-256-GCM under a data key per agent and subject, which the server's key wraps. What was sealed
// opens only at its own place (tenant, agent, memory, key version). Must never log or keep a key in plain longer than a call.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { randomToken } from '../core/ids.ts';

export interface SealedPlace {
  tenantId: string;
  agentId: string;
  memoryId: string;
  keyVersion: number;
}

export interface Sealed {
  content: string;
  vector: Float32Array;
  /** The rest that could tell something: metadata of whoever wrote it. */
  context: Record<string, unknown>;
  slot?: string | undefined;
}

export interface KeyPlace {
  tenantId: string;
  agentId: string;
  subjectId: string;
  version: number;
}

export type Sealer = ReturnType<typeof createSealer>;

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const drawn = (bytes: number): Buffer => Buffer.from(randomToken(bytes), 'base64url');

/** @param secret the server's SECRET_KEY */
export function createSealer(secret: string) {
  const wrapping = Buffer.from(hkdfSync('sha256', secret, '', 'parley memory keys v1', KEY_BYTES));
  const keyPlace = ({ tenantId, agentId, subjectId, version }: KeyPlace) =>
    `key\0${tenantId}\0${agentId}\0${subjectId}\0${version}`;
  const memoryPlace = ({ tenantId, agentId, memoryId, keyVersion }: SealedPlace) =>
    `memory\0${tenantId}\0${agentId}\0${memoryId}\0${keyVersion}`;

  return {
    /** A new data key, as it is stored. */
    newKey(place: KeyPlace): Buffer {
      return encrypt(wrapping, keyPlace(place), drawn(KEY_BYTES));
    },

    /** @throws Error when it was wrapped under another secret or for another place */
    unwrap: (place: KeyPlace, wrapped: Uint8Array): Buffer => decrypt(wrapping, keyPlace(place), wrapped),

    seal(key: Buffer, place: SealedPlace, { content, vector, context, slot }: Sealed): Buffer {
      const words = Buffer.from(JSON.stringify({ content, context, slot }), 'utf8');
      const head = Buffer.alloc(4);
      head.writeUInt32LE(words.length);
      const numbers = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
      return encrypt(key, memoryPlace(place), Buffer.concat([head, words, numbers]));
    },

    /** @throws Error when anything of it or of its place was changed */
    open(key: Buffer, place: SealedPlace, sealed: Uint8Array): Sealed {
      const plain = decrypt(key, memoryPlace(place), sealed);
      const length = plain.readUInt32LE(0);
      const { content, context, slot } = JSON.parse(plain.subarray(4, 4 + length).toString('utf8')) as Sealed;
      // Copied, because floats need to be aligned.
      const vector = new Float32Array(Uint8Array.from(plain.subarray(4 + length)).buffer);
      return { content, context, vector, slot };
    },

    /** Tells equal words of one key apart from others, and nothing to who has no key. */
    fingerprint: (key: Buffer, text: string): string => createHmac('sha256', key).update(text).digest('hex'),
  };
}

function encrypt(key: Buffer, place: string, plain: Uint8Array): Buffer {
  const iv = drawn(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(place, 'utf8'));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

function decrypt(key: Buffer, place: string, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES));
  decipher.setAAD(Buffer.from(place, 'utf8'));
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
}

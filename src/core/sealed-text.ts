// Seals short texts that must be read again, such as credentials for others' services: AES-256-GCM under the server's key,
// bound to the place they are stored at. Must never log what it seals or opens.
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { randomToken } from './ids.ts';

const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface TextSealer {
  /** @param place tenant, row and whatever else the text belongs to; it opens nowhere else */
  seal(place: string, text: string): string;
  /** @throws Error when it was sealed under another key, for another purpose or place, or was changed */
  open(place: string, sealed: string): string;
}

/** @param purpose keeps texts of different kinds apart */
export function createTextSealer(secret: string, purpose: string): TextSealer {
  const key = Buffer.from(hkdfSync('sha256', secret, '', `parley ${purpose} v1`, 32));
  return {
    seal(place, text) {
      const iv = Buffer.from(randomToken(IV_BYTES), 'base64url');
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(place, 'utf8'));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
    },
    open(place, sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES));
      decipher.setAAD(Buffer.from(place, 'utf8'));
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const body = bytes.subarray(IV_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    },
  };
}

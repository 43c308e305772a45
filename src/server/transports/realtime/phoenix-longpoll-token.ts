// Names of long-poll sessions: the node that holds it, a secret, and a seal, so that a node asks another only about sessions that
// there were. Whoever has the token has the session.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { randomToken } from '../../../core/ids.ts';

const TOKEN = /^(([0-9a-f-]{36})\.[\w-]{20,64})\.([\w-]{22})$/;
const SEAL_BYTES = 16;

export function createPollTokens(secret: string, nodeId: string) {
  const seal = (name: string): Buffer =>
    createHmac('sha256', secret).update(`longpoll:${name}`).digest().subarray(0, SEAL_BYTES);
  return {
    issue(): string {
      const name = `${nodeId}.${randomToken(32)}`;
      return `${name}.${seal(name).toString('base64url')}`;
    },
    /** The node that the token names; undefined for what no node gave out. */
    ownerOf(token: string): string | undefined {
      const [, name, owner, given] = TOKEN.exec(token) ?? [];
      if (name === undefined || given === undefined) return undefined;
      const bytes = Buffer.from(given, 'base64url');
      return bytes.length === SEAL_BYTES && timingSafeEqual(bytes, seal(name)) ? owner : undefined;
    },
  };
}

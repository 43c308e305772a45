// Local sign-in tokens: HS256 under SECRET_KEY. Must never accept another algorithm, nor a token without an end.
import { createSecretKey } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { derivedId, newId } from '../../core/ids.ts';

const ISSUER = 'parley';
const LIFETIME_SECONDS = 30 * 24 * 3600;
/** Clocks of two machines may differ by this much. */
const TOLERANCE_SECONDS = 60;

/** Tokens whose signature need not be computed again; when they end is looked at each time. */
const REMEMBERED = 20_000;

interface Claims {
  userId: string;
  tenantId: string;
  expiresAt: number;
  credentialId: string;
}

export interface LocalTokens {
  sign(claims: { userId: string; tenantId: string }): Promise<string>;
  /** @throws AppError unauthorized: `expired_token` or `invalid_token` */
  verify(token: string): Promise<Claims>;
}

export function createLocalTokens(secretKey: string, clock: Clock): LocalTokens {
  // Made ready once: every sign-in is checked with it.
  const key = createSecretKey(secretKey, 'utf8');
  const verified = new LRUCache<string, Claims>({ max: REMEMBERED });
  return {
    sign: ({ userId, tenantId }) => {
      const now = Math.floor(clock.now() / 1000);
      return new SignJWT({ tid: tenantId })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setSubject(userId)
        .setJti(newId())
        .setIssuer(ISSUER)
        .setIssuedAt(now)
        .setExpirationTime(now + LIFETIME_SECONDS)
        .sign(key);
    },
    async verify(token) {
      const known = verified.get(token);
      if (known !== undefined && known.expiresAt + TOLERANCE_SECONDS * 1000 > clock.now()) return known;
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          issuer: ISSUER,
          clockTolerance: TOLERANCE_SECONDS,
          requiredClaims: ['sub', 'exp', 'tid'],
          currentDate: clock.date(),
        });
        const claims: Claims = {
          userId: String(payload.sub),
          tenantId: String(payload.tid),
          expiresAt: (payload.exp as number) * 1000,
          // Tokens signed before there were ids are known by what was signed.
          credentialId: payload.jti ?? derivedId(token.slice(0, token.lastIndexOf('.'))),
        };
        verified.set(token, claims);
        return claims;
      } catch (error) {
        const expired = (error as { code?: string }).code === 'ERR_JWT_EXPIRED';
        throw new AppError(
          'unauthorized',
          expired ? 'expired_token' : 'invalid_token',
          expired ? 'The token has expired; sign in again.' : 'The token is not valid here; sign in again.',
        );
      }
    },
  };
}

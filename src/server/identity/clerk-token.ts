// Checks Clerk's session tokens without asking Clerk: one algorithm, one key, known parties.
// Must never take a key, an algorithm or an address from the token itself, nor fetch anything.
import { verifyToken } from '@clerk/backend';
import { decodeProtectedHeader } from 'jose';
import { AppError } from '../../core/errors.ts';

/** Clocks of Clerk's machines and ours may differ by this much. */
const SKEW_MS = 10_000;

export interface ClerkClaims {
  userId: string;
  /** Of the session at Clerk: it has many tokens, each of a minute. */
  credentialId: string;
  /** The active organisation. */
  org: { id: string; slug: string | undefined; role: 'admin' | 'member' } | undefined;
  /** Only where the operator has added them to the session token. */
  name: string | undefined;
  handle: string | undefined;
  avatarUrl: string | undefined;
  /** In ms since 1970. */
  issuedAt: number;
  expiresAt: number;
}

const CREDENTIAL = 'clerk:';
export const credentialOf = (sessionId: string): string => `${CREDENTIAL}${sessionId}`;
export const isClerkSession = (credentialId: string): boolean => credentialId.startsWith(CREDENTIAL);

/** A session that was ended is refused for as long as one may last. */
export const CLERK_SESSION_MS = 400 * 24 * 3_600_000;

export interface ClerkTokens {
  /** @throws AppError unauthorized: `expired_token` or `invalid_token` */
  verify(token: string): Promise<ClerkClaims>;
}

export function createClerkTokens(options: { jwtKey: string; authorizedParties: string[] }): ClerkTokens {
  // An environment often holds the line breaks of a PEM as backslash and n.
  const jwtKey = options.jwtKey.replaceAll('\\n', '\n');
  const { authorizedParties } = options;
  return {
    async verify(token) {
      if (algorithmOf(token) !== 'RS256') throw invalid();
      let claims: Record<string, unknown>;
      try {
        claims = await verifyToken(token, { jwtKey, authorizedParties, clockSkewInMs: SKEW_MS });
      } catch (error) {
        if ((error as { reason?: unknown }).reason === 'token-expired')
          throw new AppError('unauthorized', 'expired_token', 'The token has expired; sign in again.');
        throw invalid();
      }
      return readClaims(claims);
    },
  };
}

export function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch {
    return undefined;
  }
}

const invalid = () =>
  new AppError('unauthorized', 'invalid_token', 'The token is not valid here; sign in again.');

const text = (value: unknown, max = 200): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= max ? value : undefined;

/** `org:admin` in Clerk's first version of its tokens, `admin` in the second. */
export const roleOf = (role: unknown): 'admin' | 'member' =>
  role === 'org:admin' || role === 'admin' ? 'admin' : 'member';

function readClaims(claims: Record<string, unknown>): ClerkClaims {
  const userId = text(claims.sub);
  const sessionId = text(claims.sid) ?? text(claims.jti);
  const compact = (typeof claims.o === 'object' && claims.o !== null ? claims.o : {}) as Record<
    string,
    unknown
  >;
  const orgId = text(compact.id) ?? text(claims.org_id);
  // A session that still has to do something, such as choose an organisation, is not signed in.
  if (userId === undefined || sessionId === undefined || claims.sts === 'pending') throw invalid();
  return {
    userId,
    credentialId: credentialOf(sessionId),
    org:
      orgId === undefined
        ? undefined
        : {
            id: orgId,
            slug: text(compact.slg) ?? text(claims.org_slug),
            role: roleOf(compact.rol ?? claims.org_role),
          },
    name:
      text(claims.name) ??
      text([text(claims.first_name), text(claims.last_name)].filter((part) => part !== undefined).join(' ')),
    handle: text(claims.username),
    avatarUrl: text(claims.picture, 2000) ?? text(claims.image_url, 2000),
    issuedAt: Number(claims.iat ?? 0) * 1000,
    expiresAt: Number(claims.exp) * 1000,
  };
}

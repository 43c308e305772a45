// Who is asking. The first argument of every command and query, so that unscoped access looks wrong.
// Made by sign-in or by an agent's run; never from a request's body.

/** As much of a user as travels with every message. */
export interface ScopeUser {
  id: string;
  kind: 'human' | 'agent';
  handle: string;
  name: string;
  avatarUrl?: string | undefined;
  ownerId?: string | undefined;
}

export type Surface = 'rest' | 'socketio' | 'phoenix' | 'mcp' | 'agent' | 'internal';

export interface Scope {
  tenantId: string;
  user: ScopeUser;
  /** Role within the tenant. */
  role: 'admin' | 'member';
  via: Surface;
  /** When the sign-in ends, in ms since 1970; undefined for agents and internal calls. */
  expiresAt?: number | undefined;
  /** The session or key that was signed in with, so that it can be revoked alone. */
  credentialId?: string | undefined;
  /** Whether the key that was signed in with covers an operation; undefined covers all. */
  allows?: ((operation: string) => boolean) | undefined;
  /** How many revocations were known when the sign-in was checked. */
  asOf?: number | undefined;
  /** Links log lines, problems and spans of one request. */
  traceId: string;
}

// What a token of any kind proves, before its user is looked at.

export interface Proof {
  tenantId: string;
  userId: string;
  /** The session or key, so that it can be revoked alone. */
  credentialId: string;
  /** In ms since 1970. */
  expiresAt?: number | undefined;
  /** The user's own role is cut down to this. */
  atMost?: 'admin' | 'member' | undefined;
  allows?: ((operation: string) => boolean) | undefined;
}

// Tables of identity, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';
import type { RevocationReason } from '../../core/revocations.ts';

export interface TenantsTable {
  id: string;
  name: string;
  /** Of the organisation at the identity provider. */
  externalId: string | null;
  deletedAt: Date | null;
  createdAt: Generated<Date>;
}

export interface UsersTable {
  id: string;
  tenantId: string;
  kind: 'human' | 'agent';
  handle: string;
  /** Handle folded so that look-alikes collide. */
  handleKey: string;
  name: string;
  avatarUrl: string | null;
  ownerId: string | null;
  role: ColumnType<'admin' | 'member', 'admin' | 'member' | undefined, 'admin' | 'member'>;
  /** Of the person at the identity provider; the same in each of the person's tenants. */
  externalId: string | null;
  suspendedAt: Date | null;
  /** Was muted or banned somewhere once: whoever asks looks further only then. */
  sanctioned: Generated<boolean>;
  /** How often name or picture changed. */
  profileVersion: Generated<number>;
  deletedAt: Date | null;
  createdAt: Generated<Date>;
}

export interface ApiKeysTable {
  id: string;
  tenantId: string;
  /** Whom the key acts as. */
  userId: string;
  name: string;
  /** The part of the key by which it is found. */
  shortId: string;
  /** SHA-256 of the secret part, in hex. */
  secretHash: string;
  scopes: ColumnType<string[], string, string>;
  role: 'admin' | 'member';
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
  createdAt: Generated<Date>;
}

export interface RevocationsTable {
  id: string;
  tenantId: string;
  userId: string | null;
  credentialId: string | null;
  reason: RevocationReason;
  /** When nothing that it revoked could be valid any more. */
  expiresAt: Date;
  createdAt: Generated<Date>;
}

/** What the identity provider told, by its ids: `user_…`, `org_…`, and `org_…/user_…` for a membership. */
export interface DirectoryTable {
  externalId: string;
  name: string | null;
  handle: string | null;
  avatarUrl: string | null;
  role: 'admin' | 'member' | null;
  changedAt: Date;
  removedAt: Date | null;
}

export interface WebhookReceiptsTable {
  id: string;
  receivedAt: Generated<Date>;
}

export interface SystemFactsTable {
  key: string;
  value: string;
}

export interface IdentityTables {
  tenants: TenantsTable;
  users: UsersTable;
  apiKeys: ApiKeysTable;
  revocations: RevocationsTable;
  directory: DirectoryTable;
  webhookReceipts: WebhookReceiptsTable;
  systemFacts: SystemFactsTable;
}

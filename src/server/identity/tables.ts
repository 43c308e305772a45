// Tables of identity, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';

export interface TenantsTable {
  id: string;
  name: string;
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
  suspendedAt: Date | null;
  deletedAt: Date | null;
  createdAt: Generated<Date>;
}

export interface SystemFactsTable {
  key: string;
  value: string;
}

export interface IdentityTables {
  tenants: TenantsTable;
  users: UsersTable;
  systemFacts: SystemFactsTable;
}

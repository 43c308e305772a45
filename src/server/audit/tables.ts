// Tables of the audit, as Kysely sees them. The database fills in what is not inserted, and lets nothing be changed.
import type { ColumnType } from 'kysely';

type Filled<T> = ColumnType<T, never, never>;

export interface AuditEntriesTable {
  id: string;
  tenantId: string;
  /** JSON, hashed to the letter. */
  entry: ColumnType<string, string, never>;
  action: Filled<string>;
  actorId: Filled<string | null>;
  agentId: Filled<string | null>;
  createdAt: Filled<Date>;
  /** Place in the tenant's chain, taken at commit; null only before it. */
  seq: Filled<number | null>;
  previousHash: Filled<string | null>;
  hash: Filled<string | null>;
}

export interface AuditHeadsTable {
  tenantId: string;
  seq: Filled<number>;
  hash: Filled<string>;
}

export interface AuditTables {
  auditEntries: AuditEntriesTable;
  auditHeads: AuditHeadsTable;
}

// Tables of erasures, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';

export interface ErasureReport {
  done: boolean;
  counts: Record<string, number>;
}

export interface ErasuresTable {
  id: string;
  tenantId: string;
  userId: string;
  erasedBy: string;
  report: ColumnType<ErasureReport, string, string>;
  createdAt: Generated<Date>;
}

export interface ErasureTables {
  erasures: ErasuresTable;
}

// Tables of exports, as Kysely sees them.
import type { Generated } from 'kysely';

export interface ExportsTable {
  id: string;
  tenantId: string;
  userId: string;
  kind: 'room' | 'user' | 'tenant';
  subjectId: string;
  status: 'waiting' | 'ready' | 'failed';
  rows: number | null;
  bytes: number | null;
  error: string | null;
  createdAt: Generated<Date>;
  doneAt: Date | null;
}

export interface ExportsTables {
  exports: ExportsTable;
}

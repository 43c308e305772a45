// The table of tools that people defined, as Kysely sees it. Headers are sealed.
import type { ColumnType, Generated } from 'kysely';
import type { Implementation, ToolParameter } from './contract.ts';

export interface CustomToolsTable {
  id: string;
  tenantId: string;
  ownerId: string;
  name: string;
  description: string;
  parameters: ColumnType<ToolParameter[], string, string>;
  implementation: ColumnType<Implementation, string, string>;
  /** JSON of names and values. */
  sealedHeaders: string | null;
  headerNames: ColumnType<string[], string, string>;
  effect: 'pure' | 'read' | 'write_external' | 'irreversible';
  permissions: ColumnType<('room_admin' | 'agent_owner' | 'admin')[], string, string>;
  audience: 'room' | 'asker';
  timeoutMs: number;
  shared: boolean;
  isActive: Generated<boolean>;
  createdAt: Generated<Date>;
  updatedAt: Generated<Date>;
  deletedAt: Date | null;
}

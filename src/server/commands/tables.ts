// Tables of commands, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';
import type { CommandOption, CommandResult } from './contract.ts';

export interface CommandsTable {
  id: string;
  tenantId: string;
  /** Null for all rooms of the tenant. */
  roomId: string | null;
  name: string;
  description: string;
  options: ColumnType<CommandOption[], string, string>;
  handler: 'agent' | 'webhook';
  agentId: string | null;
  url: string | null;
  /** Sealed. */
  secret: string | null;
  /** Says in rooms what the webhook answers. */
  botId: string | null;
  createdBy: string;
  createdAt: Generated<Date>;
}

/** Calls of the last day, so that a retry gets the first result. */
export interface CommandRunsTable {
  userId: string;
  id: string;
  tenantId: string;
  roomId: string;
  /** Hash of what was called. */
  called: string;
  /** Null while it is under way. */
  result: ColumnType<CommandResult | null, null, string>;
  startedAt: Generated<Date>;
}

export interface CommandsTables {
  commands: CommandsTable;
  commandRuns: CommandRunsTable;
}

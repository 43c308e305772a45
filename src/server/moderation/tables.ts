// Tables of moderation, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';
import type { Appeal, ModerationKind, Report } from './contract.ts';

export interface ModerationRecordsTable {
  id: string;
  tenantId: string;
  /** Null: in every room. */
  roomId: string | null;
  kind: ModerationKind;
  userId: string | null;
  actorId: string | null;
  reason: Generated<string>;
  until: Date | null;
  details: ColumnType<Record<string, unknown>, string | undefined, never>;
  createdAt: Generated<Date>;
  endedAt: Date | null;
  endedBy: string | null;
}

export interface RoomSpeakersTable {
  roomId: string;
  userId: string;
  tenantId: string;
  spokeAt: Date;
}

export interface MessageReportsTable {
  id: string;
  tenantId: string;
  roomId: string;
  messageId: string;
  reporterId: string;
  reason: Report['reason'];
  comment: Generated<string>;
  status: Generated<Report['status']>;
  action: NonNullable<Report['action']> | null;
  note: Generated<string>;
  resolvedBy: string | null;
  resolvedAt: Date | null;
  createdAt: Generated<Date>;
}

export interface ModerationAppealsTable {
  id: string;
  tenantId: string;
  recordId: string;
  /** Null: of a mute in every room. */
  roomId: string | null;
  /** Whom the act concerns. */
  userId: string;
  appellantId: string;
  reason: string;
  status: Generated<Appeal['status']>;
  note: Generated<string>;
  decidedBy: string | null;
  decidedAt: Date | null;
  createdAt: Generated<Date>;
}

export interface ModerationTables {
  moderationAppeals: ModerationAppealsTable;
  moderationRecords: ModerationRecordsTable;
  roomSpeakers: RoomSpeakersTable;
  messageReports: MessageReportsTable;
}

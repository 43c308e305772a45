// Tables of notifications, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';
import type { Notification } from './contract.ts';

export interface NotificationsTable {
  id: string;
  tenantId: string;
  userId: string;
  place: number;
  key: string;
  kind: Notification['kind'];
  roomId: string | null;
  messageId: string | null;
  subject: ColumnType<Record<string, unknown>, string | undefined, never>;
  createdAt: Generated<Date>;
  readAt: Date | null;
}

export interface NotificationSettingsTable {
  userId: string;
  tenantId: string;
  lastPlace: Generated<number>;
  quietFrom: string | null;
  quietTo: string | null;
  timeZone: string | null;
}

export interface NotificationsTables {
  notifications: NotificationsTable;
  notificationSettings: NotificationSettingsTable;
}

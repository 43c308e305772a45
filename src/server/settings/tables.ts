// Tables of settings, as Kysely sees them.
import type { Generated } from 'kysely';
import type { SearchLanguage } from './contract.ts';

export interface RoomSettingsTable {
  roomId: string;
  tenantId: string;
  language: Generated<SearchLanguage>;
  linkPreviews: Generated<boolean>;
  retentionDays: number | null;
  updatedAt: Generated<Date>;
}

export interface SettingsTables {
  roomSettings: RoomSettingsTable;
}

// Tables of rooms, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';
import type { MemberRole, ReactionMode, RoomRights } from './contract.ts';

type AgentsProactive = 'never' | 'by_invitation' | 'always';

export interface RoomsTable {
  id: string;
  tenantId: string;
  slug: string | null;
  kind: 'channel' | 'group' | 'direct';
  name: string;
  topic: string | null;
  visibility: 'public' | 'private';
  agentsAllowed: Generated<boolean>;
  reactionMode: Generated<ReactionMode>;
  agentsProactive: ColumnType<AgentsProactive, AgentsProactive | undefined, AgentsProactive>;
  /** Somebody hears of every message. */
  loud: Generated<boolean>;
  /** An agent is or was a member; the database sees to it. */
  heard: Generated<boolean>;
  /** What was added to the usual capabilities and taken away; null where nothing was. */
  rights: ColumnType<RoomRights | null, string | null | undefined, string | null>;
  slowModeSeconds: Generated<number>;
  /** Of the rules that messages are checked by; 0 without. */
  rulesVersion: Generated<number>;
  /** Somebody was banned once. */
  hasBans: Generated<boolean>;
  /** Sorted ids of a direct room's members. */
  directKey: string | null;
  lastSeq: Generated<number>;
  createdBy: string | null;
  createdAt: Generated<Date>;
  deletedAt: Date | null;
}

export interface MembershipsTable {
  roomId: string;
  userId: string;
  tenantId: string;
  role: ColumnType<MemberRole, MemberRole | undefined, MemberRole>;
  readSeq: Generated<number>;
  /** When the mark was moved the last time; null where joining put it. */
  readAt: Date | null;
  joinedAt: Generated<Date>;
  /** Unread again from here on, until the read mark is set the next time. */
  unreadFrom: number | null;
  /** What stands in the composer, and when it was written; the time stays when the text is gone. */
  draft: string | null;
  draftAt: Date | null;
  /** How much comes into the inbox; null: as the kind of the room has it. */
  notify: 'all' | 'mentions' | 'none' | null;
  mutedUntil: Date | null;
  /** The `profileVersion` of the user that the room's log has said. */
  profileTold: Generated<number>;
}

/** Append-only; `messageId` or `payload` says what happened. */
export interface RoomEventsTable {
  roomId: string;
  seq: number;
  tenantId: string;
  type: string;
  messageId: string | null;
  payload: ColumnType<Record<string, unknown> | null, string | null, never>;
  createdAt: Generated<Date>;
}

export interface RoomsTables {
  rooms: RoomsTable;
  memberships: MembershipsTable;
  roomEvents: RoomEventsTable;
}

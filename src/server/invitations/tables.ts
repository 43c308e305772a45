// Tables of invitations, as Kysely sees them.
import type { Generated } from 'kysely';

export interface RoomInvitesTable {
  id: string;
  tenantId: string;
  roomId: string;
  /** SHA-256 of the token, in hex. */
  tokenHash: string;
  role: 'admin' | 'member';
  maxUses: number | null;
  uses: Generated<number>;
  expiresAt: Date | null;
  createdBy: string;
  createdAt: Generated<Date>;
  revokedAt: Date | null;
  revokedBy: string | null;
}

export interface RoomInviteUsesTable {
  inviteId: string;
  userId: string;
  tenantId: string;
  usedAt: Generated<Date>;
}

export interface RoomInvitationsTable {
  id: string;
  tenantId: string;
  roomId: string;
  userId: string;
  invitedBy: string;
  status: Generated<'pending' | 'accepted' | 'declined'>;
  createdAt: Generated<Date>;
  decidedAt: Date | null;
}

export interface InvitationsTables {
  roomInvites: RoomInvitesTable;
  roomInviteUses: RoomInviteUsesTable;
  roomInvitations: RoomInvitationsTable;
}

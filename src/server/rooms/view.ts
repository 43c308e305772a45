// How rows of rooms and memberships are shown. Pure.
import { toUser } from '../identity/service.ts';
import type { Member, MyMembership, Room } from './contract.ts';
import type { Counts } from './counted-repository.ts';
import type { MemberRow } from './members-repository.ts';
import type { RoomRow } from './repository.ts';

export const toRoom = (row: RoomRow): Room => ({
  id: row.id,
  ...(row.slug === null ? {} : { slug: row.slug }),
  kind: row.kind,
  name: row.name,
  ...(row.topic === null ? {} : { topic: row.topic }),
  visibility: row.visibility,
  agentsAllowed: row.agentsAllowed,
  reactionMode: row.reactionMode,
  agentsProactive: row.agentsProactive,
  ...(row.rights?.admin === undefined && row.rights?.member === undefined
    ? {}
    : { rights: { admin: row.rights.admin, member: row.rights.member } }),
  ...(row.slowModeSeconds === 0 ? {} : { slowModeSeconds: row.slowModeSeconds }),
  lastSeq: row.lastSeq,
  createdAt: row.createdAt.toISOString(),
});

export const toMember = (row: MemberRow): Member => ({
  user: toUser(row),
  role: row.role,
  joinedAt: row.joinedAt.toISOString(),
  ...mutedIn(row),
});

export const mutedIn = ({ mutedHere }: Pick<MemberRow, 'mutedHere'>): Pick<Member, 'muted'> =>
  mutedHere === null ? {} : { muted: isForGood(mutedHere) ? {} : { until: mutedHere.toISOString() } };

/** What stands until somebody ends it has a time that nobody waits for. */
export const isForGood = (until: Date): boolean => until.getUTCFullYear() >= 9999;

/** What someone has read of a room. */
export const toCounts = (
  row: Pick<MemberRow, 'readSeq'> & Counts,
): Pick<MyMembership, 'readSeq' | 'unread' | 'mentions' | 'unreadFrom'> => ({
  readSeq: row.readSeq,
  unread: row.unread,
  mentions: row.mentions,
  ...(row.unreadFrom === null ? {} : { unreadFrom: row.unreadFrom }),
});

// What someone may do in a room: his role's capabilities, what the room adds or takes away, and what stands against him. Pure,
// and the one place that decides; every check and `can` ask here.
import type { Capability, MemberRole, RightsChange, RoomRights } from './contract.ts';

/** Owners alone, for good: a room could be taken from them otherwise. */
const OWNERS_ALONE: ReadonlySet<Capability> = new Set(['room.delete', 'room.rights', 'member.role']);

const MEMBER: readonly Capability[] = ['message.send', 'message.react', 'agent.invoke'];
const ADMIN: readonly Capability[] = [
  ...MEMBER,
  'message.delete_any',
  'message.pin',
  'message.versions',
  'mention.everyone',
  'member.add',
  'member.remove',
  'room.update',
  'agent.stop',
  'delivery.explain',
  'moderation.act',
  'moderation.review',
];

const USUAL: Record<MemberRole, ReadonlySet<Capability>> = {
  owner: new Set([...ADMIN, ...OWNERS_ALONE]),
  admin: new Set(ADMIN),
  member: new Set(MEMBER),
};

/** What nobody does from outside, administrators of the server included. */
const MEMBERS_ALONE: ReadonlySet<Capability> = new Set(MEMBER);

/** What is speaking: who is muted keeps silent. */
const SPEAKING: ReadonlySet<Capability> = new Set([...MEMBER, 'mention.everyone']);

/** What a direct room has nobody for: there all are equal, and its members stay. */
const NOT_IN_DIRECT: ReadonlySet<Capability> = new Set([
  'member.add',
  'member.remove',
  'member.role',
  'room.update',
  'room.rights',
  'moderation.act',
]);

/** What a room may add and take away. */
export const isChangeable = (capability: Capability): boolean => !OWNERS_ALONE.has(capability);

export interface InRoom {
  row: { kind: 'channel' | 'group' | 'direct'; visibility: 'public' | 'private'; rights: RoomRights | null };
  userId: string;
  /** Undefined for who is not a member. */
  role: MemberRole | undefined;
  /** Administrator of the server: may moderate every room that he can see. */
  admin: boolean;
  /** While it lasts. */
  bannedUntil?: Date | null | undefined;
  mutedUntil?: Date | null | undefined;
  /** Until slow mode lets him speak again, in ms; not above zero: now. */
  waitMs?: number | undefined;
}

export type Verdict =
  | { allowed: true }
  | {
      allowed: false;
      reason: 'banned' | 'not_a_member' | 'muted' | 'direct_room' | 'role' | 'room_rule' | 'slow_mode';
      until?: Date;
      retryAfterMs?: number;
    };

const ALLOWED: Verdict = { allowed: true };

export function decideRight(capability: Capability, who: InRoom): Verdict {
  const { row, role, admin, bannedUntil, mutedUntil, waitMs = 0 } = who;
  if (role === undefined && bannedUntil != null)
    return { allowed: false, reason: 'banned', until: bannedUntil };
  if (role === undefined && (!admin || MEMBERS_ALONE.has(capability)))
    return { allowed: false, reason: 'not_a_member' };
  if (mutedUntil != null && SPEAKING.has(capability))
    return { allowed: false, reason: 'muted', until: mutedUntil };
  const verdict = admin ? ALLOWED : byRole(capability, who, role as MemberRole);
  if (verdict.allowed && row.kind === 'direct' && NOT_IN_DIRECT.has(capability))
    return { allowed: false, reason: 'direct_room' };
  if (verdict.allowed && capability === 'message.send' && waitMs > 0)
    return { allowed: false, reason: 'slow_mode', retryAfterMs: waitMs };
  return verdict;
}

function byRole(capability: Capability, { row, userId }: InRoom, role: MemberRole): Verdict {
  const usual = USUAL[role].has(capability) || isUsualHere(capability, row);
  if (role === 'owner')
    return usual || isGiven(capability, row.rights?.members?.[userId]) ? ALLOWED : NOT_BY_ROLE;
  if (!isChangeable(capability)) return usual ? ALLOWED : NOT_BY_ROLE;
  // What was said of one member goes before what was said of all of his role.
  for (const change of [row.rights?.members?.[userId], row.rights?.[role]]) {
    if (change?.take?.includes(capability) === true) return usual ? NOT_BY_ROOM : NOT_BY_ROLE;
    if (isGiven(capability, change)) return ALLOWED;
  }
  return usual ? ALLOWED : NOT_BY_ROLE;
}

const NOT_BY_ROLE: Verdict = { allowed: false, reason: 'role' };
const NOT_BY_ROOM: Verdict = { allowed: false, reason: 'room_rule' };

const isGiven = (capability: Capability, change: RightsChange | undefined): boolean =>
  change?.add?.includes(capability) === true;

/** In public rooms anybody may bring somebody; where few are, everyone may call all of them. */
const isUsualHere = (capability: Capability, { kind, visibility }: InRoom['row']): boolean =>
  (capability === 'member.add' && visibility === 'public') ||
  (capability === 'mention.everyone' && kind !== 'channel');

export const canInRoom = (capability: Capability, who: InRoom): boolean =>
  decideRight(capability, who).allowed;

/** Slow mode and rules are for those who do not look after the room. */
export const isExempt = (who: InRoom): boolean => canInRoom('moderation.act', who);

/** Who may act on whom: only on those below. */
export function rankOf(who: InRoom): number {
  if (who.admin) return 4;
  if (who.role === 'owner') return 3;
  if (who.role === 'admin') return 2;
  return canInRoom('moderation.act', who) ? 1 : 0;
}

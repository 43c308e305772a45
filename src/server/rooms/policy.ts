// What a role in a room allows. Pure.
import type { MemberRole } from './contract.ts';

type Action =
  | 'room.update'
  | 'room.delete'
  | 'member.add'
  | 'member.remove'
  | 'member.role'
  | 'message.delete_any'
  | 'message.pin'
  | 'message.versions'
  | 'mention.everyone'
  | 'delivery.explain'
  | 'agent.stop';

const ALLOWED: Record<MemberRole, ReadonlySet<Action>> = {
  owner: new Set<Action>([
    'room.update',
    'room.delete',
    'member.add',
    'member.remove',
    'member.role',
    'message.delete_any',
    'message.pin',
    'message.versions',
    'mention.everyone',
    'delivery.explain',
    'agent.stop',
  ]),
  admin: new Set<Action>([
    'room.update',
    'member.add',
    'member.remove',
    'message.delete_any',
    'message.pin',
    'message.versions',
    'mention.everyone',
    'delivery.explain',
    'agent.stop',
  ]),
  member: new Set<Action>(),
};

/** @param role undefined when not a member; @param tenantAdmin administrators of the server may moderate every room they can see */
export const canInRoom = (action: Action, role: MemberRole | undefined, tenantAdmin: boolean): boolean =>
  tenantAdmin || (role !== undefined && ALLOWED[role].has(action));

/** In channels only those whose role says so; in groups and direct rooms everyone, for there it reaches few. */
export const canMentionEveryone = (
  kind: 'channel' | 'group' | 'direct',
  role: MemberRole | undefined,
  tenantAdmin: boolean,
): boolean => (kind !== 'channel' && role !== undefined) || canInRoom('mention.everyone', role, tenantAdmin);

// The wire of rooms: channels, groups and direct rooms, membership and roles.
import { z } from 'zod';
import { defineEvent, defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp, User } from '../identity/contract.ts';

/** A room's id or its slug; both are accepted wherever a room is named. */
export const RoomKey = z.string().min(1).max(100);

/** any: as many as one likes; one: one a person and message, a new one takes its place; off: none. */
export const ReactionMode = z.enum(['any', 'one', 'off']);
export type ReactionMode = z.infer<typeof ReactionMode>;
export const AgentsProactive = z.enum(['never', 'by_invitation', 'always']);

/** What a member may do in a room, each by itself. */
export const CAPABILITIES = [
  'message.send',
  'message.react',
  'message.delete_any',
  'message.pin',
  /** See what messages of others said before they were edited. */
  'message.versions',
  'mention.everyone',
  'agent.invoke',
  'agent.stop',
  /** See by what way a message came to somebody else, or why it did not. */
  'delivery.explain',
  'member.add',
  'member.remove',
  'member.role',
  'room.update',
  'room.delete',
  'room.rights',
  /** Mute, kick, ban, slow mode; held messages. */
  'moderation.act',
  /** See reports, held messages and what was done. */
  'moderation.review',
  /** Approve tool calls that change something on this server, something outside, or something for good. */
  'tool.approve:low',
  'tool.approve:medium',
  'tool.approve:high',
] as const;
export const Capability = z.enum(CAPABILITIES);
export type Capability = z.infer<typeof Capability>;

/** What is added to the usual capabilities, and what is taken away. */
export const RightsChange = z.strictObject({
  add: z.array(Capability).max(CAPABILITIES.length).optional(),
  take: z.array(Capability).max(CAPABILITIES.length).optional(),
});
export type RightsChange = z.infer<typeof RightsChange>;

export const RoleRights = z.strictObject({ admin: RightsChange.optional(), member: RightsChange.optional() });

export const RoomRights = z.strictObject({
  ...RoleRights.shape,
  /** By user id; goes before what is said of the role. */
  members: z.record(Id, RightsChange).optional(),
});
export type RoomRights = z.infer<typeof RoomRights>;

export const Room = z.object({
  id: Id,
  slug: z.string().optional(),
  kind: z.enum(['channel', 'group', 'direct']),
  name: z.string(),
  topic: z.string().optional(),
  visibility: z.enum(['public', 'private']),
  agentsAllowed: z.boolean(),
  /** Servers always tell; optional because older ones did not. */
  reactionMode: ReactionMode.optional(),
  /** Whether agents may speak first here: never, those that an owner or admin of the room brought, or all. */
  agentsProactive: AgentsProactive,
  /** What roles may do beyond or short of the usual; absent where nothing was changed. */
  rights: RoleRights.optional(),
  /** Seconds that a member waits between two messages; absent without slow mode. */
  slowModeSeconds: z.number().int().optional(),
  /** Sequence of the newest entry of the room's log. */
  lastSeq: z.number().int(),
  createdAt: Timestamp,
});
export type Room = z.infer<typeof Room>;

/** owner: everything; admin: settings and members; member: read and write. */
export const MemberRole = z.enum(['owner', 'admin', 'member']);
export type MemberRole = z.infer<typeof MemberRole>;

export const Member = z.object({
  user: User,
  role: MemberRole,
  joinedAt: Timestamp,
  /** Muted in this room until then, or for good where no time stands; what is past is over. */
  muted: z.object({ until: Timestamp.optional() }).optional(),
});
export type Member = z.infer<typeof Member>;

export const MyMembership = z.object({
  ...Member.shape,
  /** Newest seq I have read. */
  readSeq: z.number().int(),
  /** Messages by others after readSeq; derived, never stored. */
  unread: z.number().int(),
  /** Of these, messages that mention me. */
  mentions: z.number().int(),
  /** I marked the room unread from here on: unread counts from this seq, or from readSeq where that is less. Ends with the next read mark. */
  unreadFrom: z.number().int().optional(),
});
export type MyMembership = z.infer<typeof MyMembership>;

/** A room as it stands in my list. */
export const RoomListItem = z.object({ ...Room.shape, me: MyMembership.optional() });
export type RoomListItem = z.infer<typeof RoomListItem>;

const RoomName = z
  .string()
  .trim()
  .min(1, 'needs at least one character')
  .max(80, 'has at most 80 characters');
const Slug = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    'has 1 to 63 lower-case letters, digits and hyphens, and starts with a letter or digit',
  )
  .refine(
    (slug) => !/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(slug),
    'may not look like an id',
  );

const room = { roomId: RoomKey };
const tag = 'Rooms';

export const listRooms = defineOperation({
  name: 'rooms.list',
  summary: 'Rooms I am in, with unread counts; with scope=public also those I may join',
  tag,
  rest: { method: 'get', path: '/api/rooms' },
  socket: 'list_rooms',
  input: z.object({ ...Page, scope: z.enum(['mine', 'public']).default('mine') }),
  output: z.object({ data: z.array(RoomListItem), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const createRoom = defineOperation({
  name: 'rooms.create',
  summary: 'Create a channel or a group; I become its owner',
  tag,
  rest: { method: 'post', path: '/api/rooms', status: 201 },
  socket: 'create_room',
  input: z.strictObject({
    name: RoomName,
    slug: Slug.optional(),
    kind: z.enum(['channel', 'group']).default('channel'),
    topic: z.string().max(500).optional(),
    visibility: z.enum(['public', 'private']).optional(),
    agentsAllowed: z.boolean().default(true),
    memberIds: z.array(Id).max(200).default([]),
  }),
  output: Room,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'rooms.create', points: 300, seconds: 60 },
});

export const openDirectRoom = defineOperation({
  name: 'rooms.open_direct',
  summary: 'The direct room of exactly these people or agents and me; created if new',
  description: 'Keyed by its set of members: whoever opens it, and however often, gets the same room.',
  tag,
  rest: { method: 'post', path: '/api/rooms/direct', status: 201 },
  socket: 'open_direct_room',
  input: z.strictObject({ userIds: z.array(Id).min(1).max(9) }),
  output: Room,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'rooms.create', points: 300, seconds: 60 },
});

export const getRoom = defineOperation({
  name: 'rooms.get',
  summary: 'One room, by id or slug',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId' },
  socket: 'get_room',
  input: z.object(room),
  output: RoomListItem,
  permission: 'signed_in',
  effect: 'read',
});

export const updateRoom = defineOperation({
  name: 'rooms.update',
  summary:
    'Change name, topic, visibility, reactions or what agents may do here (owner or admin of the room)',
  description: 'In a direct room `agentsProactive` alone can be changed, by each of its people.',
  tag,
  rest: { method: 'patch', path: '/api/rooms/:roomId' },
  socket: 'update_room',
  input: z.strictObject({
    ...room,
    name: RoomName.optional(),
    topic: z.string().max(500).nullable().optional(),
    visibility: z.enum(['public', 'private']).optional(),
    agentsAllowed: z.boolean().optional(),
    reactionMode: ReactionMode.optional(),
    agentsProactive: AgentsProactive.optional(),
  }),
  output: Room,
  permission: 'signed_in',
  effect: 'reversible',
});

export const deleteRoom = defineOperation({
  name: 'rooms.delete',
  summary: 'Delete a room for everyone (its owner, or an administrator)',
  tag,
  rest: { method: 'delete', path: '/api/rooms/:roomId' },
  socket: 'delete_room',
  input: z.object(room),
  output: z.object({ deleted: z.literal(true) }),
  permission: 'signed_in',
  effect: 'irreversible',
});

export const joinRoom = defineOperation({
  name: 'rooms.join',
  summary: 'Become a member of a public room',
  tag,
  rest: { method: 'post', path: '/api/rooms/:roomId/join' },
  input: z.object(room),
  output: z.object({ room: Room, me: MyMembership }),
  permission: 'signed_in',
  effect: 'reversible',
});

export const leaveRoom = defineOperation({
  name: 'rooms.leave',
  summary: 'Stop being a member of a room',
  tag,
  rest: { method: 'post', path: '/api/rooms/:roomId/leave' },
  socket: 'quit_room',
  input: z.object(room),
  output: z.object({ left: z.literal(true) }),
  permission: 'signed_in',
  effect: 'reversible',
});

export const listMembers = defineOperation({
  name: 'rooms.members',
  summary: 'Members of a room, with their roles',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/members' },
  socket: 'list_members',
  input: z.object({ ...room, ...Page }),
  output: z.object({ data: z.array(Member), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const addMember = defineOperation({
  name: 'rooms.add_member',
  summary: 'Add a person to a room (owner or admin of the room; in public rooms any member)',
  tag,
  rest: { method: 'post', path: '/api/rooms/:roomId/members', status: 201 },
  socket: 'add_member',
  input: z.strictObject({ ...room, userId: Id, role: z.enum(['admin', 'member']).default('member') }),
  output: Member,
  permission: 'signed_in',
  effect: 'reversible',
});

export const updateMember = defineOperation({
  name: 'rooms.update_member',
  summary: "Change a member's role (owner of the room)",
  tag,
  rest: { method: 'patch', path: '/api/rooms/:roomId/members/:userId' },
  socket: 'update_member',
  input: z.strictObject({ ...room, userId: Id, role: MemberRole }),
  output: Member,
  permission: 'signed_in',
  effect: 'reversible',
});

export const removeMember = defineOperation({
  name: 'rooms.remove_member',
  summary: 'Remove someone from a room (owner or admin of the room)',
  tag,
  rest: { method: 'delete', path: '/api/rooms/:roomId/members/:userId' },
  socket: 'remove_member',
  input: z.object({ ...room, userId: Id }),
  output: z.object({ removed: z.literal(true) }),
  permission: 'signed_in',
  effect: 'reversible',
});

/** A verdict on one capability. */
const May = z.object({
  allowed: z.boolean(),
  /**
   * Why not: `not_a_member`, `banned`, `muted`, `slow_mode`, `direct_room` (nobody does this there), `role` (the role does not
   * have it), `room_rule` (the room took it away).
   */
  reason: z
    .enum(['not_a_member', 'banned', 'muted', 'slow_mode', 'direct_room', 'role', 'room_rule'])
    .optional(),
  /** When that ends; absent where it does not end by itself. */
  until: Timestamp.optional(),
  retryAfterMs: z.number().int().optional(),
});

export const canDo = defineOperation({
  name: 'rooms.can',
  summary: 'What somebody may do in a room, and why not',
  description:
    'By the same functions that decide about the action itself. Without `action` and `actions`: about all. `userId`: myself, an agent of mine, and for moderators of the room everyone.',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/can' },
  socket: 'can',
  input: z.object({
    ...room,
    action: Capability.optional(),
    actions: z.array(Capability).min(1).max(CAPABILITIES.length).optional(),
    userId: Id.optional(),
  }),
  output: z.object({ roomId: Id, userId: Id, can: z.partialRecord(Capability, May) }),
  permission: 'signed_in',
  effect: 'read',
  rate: { bucket: 'rooms.read', points: 1200, seconds: 60 },
});

export const getRights = defineOperation({
  name: 'rooms.rights',
  summary: 'What roles and members of a room may do beyond or short of the usual',
  description: 'Single members are told to owners and admins of the room only.',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/rights' },
  socket: 'get_room_rights',
  input: z.object(room),
  output: RoomRights,
  permission: 'signed_in',
  effect: 'read',
});

export const setRights = defineOperation({
  name: 'rooms.set_rights',
  summary: 'Add capabilities to a role or a member of a room, or take them away (owner of the room)',
  description:
    'Replaces what was said of the role or the member; an empty change gives back the usual. `room.delete`, `room.rights` and `member.role` stay with owners.',
  tag,
  rest: { method: 'patch', path: '/api/rooms/:roomId/rights' },
  socket: 'set_room_rights',
  input: z
    .strictObject({
      ...room,
      role: z.enum(['admin', 'member']).optional(),
      userId: Id.optional(),
      ...RightsChange.shape,
    })
    .refine(({ role, userId }) => (role === undefined) !== (userId === undefined), 'name a role or a userId'),
  output: RoomRights,
  permission: 'signed_in',
  effect: 'reversible',
});

const entry = { roomId: Id, seq: z.number().int() };

export const memberJoined = defineEvent({
  type: 'member_joined',
  summary: 'Someone became a member',
  kind: 'log',
  audience: 'room',
  payload: z.object({ ...entry, member: Member }),
});
export const memberLeft = defineEvent({
  type: 'member_left',
  summary: 'Someone left or was removed',
  kind: 'log',
  audience: 'room',
  payload: z.object({ ...entry, userId: Id, by: Id }),
});
export const memberUpdated = defineEvent({
  type: 'member_updated',
  summary: "A member's role, rights, mute, name or picture changed",
  kind: 'log',
  audience: 'room',
  payload: z.object({ ...entry, member: Member }),
});
export const roomUpdated = defineEvent({
  type: 'room_updated',
  summary: 'Name, topic or settings changed, or the room was deleted',
  kind: 'log',
  audience: 'room',
  payload: z.object({ ...entry, room: Room, deleted: z.boolean().optional() }),
});

export const roomAdded = defineEvent({
  type: 'room_added',
  summary:
    'I am a member of this room from now on: I was put into it, made it, or joined it on another connection',
  kind: 'signal',
  audience: 'user',
  payload: z.object({ roomId: Id, room: RoomListItem, by: Id }),
});
export const roomRemoved = defineEvent({
  type: 'room_removed',
  summary: 'I am not a member of this room any more, or the room was deleted',
  kind: 'signal',
  audience: 'user',
  payload: z.object({
    roomId: Id,
    /** Sequence of the entry that says so in the room's log. */
    lastSeq: z.number().int(),
    by: Id,
    deleted: z.boolean().optional(),
  }),
});
export const roomChanged = defineEvent({
  type: 'room_changed',
  summary: 'Name, topic or settings of a room of mine changed, or my role in it (then `role` is there)',
  kind: 'signal',
  audience: 'user',
  payload: z.object({ roomId: Id, room: Room, role: MemberRole.optional() }),
});

export const roomsEvents = [
  memberJoined,
  memberLeft,
  memberUpdated,
  roomUpdated,
  roomAdded,
  roomRemoved,
  roomChanged,
];

// The wire of invitations: links into a room, and inviting somebody by name.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp, User } from '../identity/contract.ts';
import { MyMembership, Room, RoomKey } from '../rooms/contract.ts';

const tag = 'Invitations';
const rate = { bucket: 'invitations', points: 120, seconds: 60 };
const Token = z.string().regex(/^[A-Za-z0-9_-]{20,64}$/, 'is the last part of an invite link');
const Entered = z.object({ room: Room, me: MyMembership });

/** As much of a room as whoever is invited sees. */
const RoomGlimpse = z.object({
  id: Id,
  kind: z.enum(['channel', 'group', 'direct']),
  name: z.string(),
  topic: z.string().optional(),
  memberCount: z.number().int(),
});

export const Invite = z.object({
  id: Id,
  roomId: Id,
  role: z.enum(['admin', 'member']),
  maxUses: z.number().int().optional(),
  /** People who came in by it. */
  uses: z.number().int(),
  expiresAt: Timestamp.optional(),
  createdBy: Id,
  createdAt: Timestamp,
});
export type Invite = z.infer<typeof Invite>;

export const createInvite = defineOperation({
  name: 'invites.create',
  summary: 'Make a link by which people come into a room (whoever may add members)',
  description:
    'The token is told this once, and kept as a hash. Admins are let in by links of owners and admins only.',
  tag,
  rest: { method: 'post', path: '/api/rooms/:roomId/invites', status: 201 },
  socket: 'create_invite',
  input: z.strictObject({
    roomId: RoomKey,
    expiresAt: Timestamp.optional(),
    maxUses: z.number().int().min(1).max(100_000).optional(),
    role: z.enum(['admin', 'member']).default('member'),
  }),
  output: z.object({
    ...Invite.shape,
    token: z.string(),
    /** Path of the link on this server: there the console shows where it leads. */
    url: z.string(),
  }),
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const listInvites = defineOperation({
  name: 'invites.list',
  summary: 'Links into a room that still let people in, newest first',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/invites' },
  socket: 'list_invites',
  input: z.object({ roomId: RoomKey, ...Page }),
  output: z.object({ data: z.array(Invite), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const revokeInvite = defineOperation({
  name: 'invites.revoke',
  summary: 'Let nobody in by a link any more (who made it, or who may remove members)',
  tag,
  rest: { method: 'delete', path: '/api/rooms/:roomId/invites/:inviteId' },
  socket: 'revoke_invite',
  input: z.object({ roomId: RoomKey, inviteId: Id }),
  output: z.object({ revoked: z.literal(true) }),
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const previewInvite = defineOperation({
  name: 'invites.preview',
  summary: 'Where a link leads, before one goes there',
  tag,
  rest: { method: 'get', path: '/api/invites/:token' },
  socket: 'preview_invite',
  input: z.object({ token: Token }),
  output: z.object({
    room: RoomGlimpse,
    invitedBy: User,
    role: z.enum(['admin', 'member']),
    expiresAt: Timestamp.optional(),
    /** I am in the room already. */
    isMember: z.boolean(),
  }),
  permission: 'signed_in',
  effect: 'read',
  rate,
});

export const acceptInvite = defineOperation({
  name: 'invites.accept',
  summary: 'Come into a room by a link; nothing happens for who is in it',
  tag,
  rest: { method: 'post', path: '/api/invites/:token/accept' },
  socket: 'accept_invite',
  input: z.object({ token: Token }),
  output: Entered,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const Invitation = z.object({
  id: Id,
  room: RoomGlimpse,
  userId: Id,
  invitedBy: User,
  status: z.enum(['pending', 'accepted', 'declined']),
  createdAt: Timestamp,
});
export type Invitation = z.infer<typeof Invitation>;

export const inviteUser = defineOperation({
  name: 'invitations.create',
  summary: 'Invite somebody into a room by id or handle (whoever may add members)',
  description:
    'A person accepts or declines; an agent comes in at once where the room allows agents. Who was invited already is not invited twice.',
  tag,
  rest: { method: 'post', path: '/api/rooms/:roomId/invitations', status: 201 },
  socket: 'invite_user',
  input: z
    .strictObject({ roomId: RoomKey, userId: Id.optional(), handle: z.string().min(1).max(64).optional() })
    .refine(
      ({ userId, handle }) => (userId === undefined) !== (handle === undefined),
      'give userId or handle',
    ),
  output: Invitation,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const listInvitations = defineOperation({
  name: 'invitations.list',
  summary: 'Rooms that I am invited into, newest first',
  tag,
  rest: { method: 'get', path: '/api/invitations' },
  socket: 'list_invitations',
  input: z.object(Page),
  output: z.object({ data: z.array(Invitation), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const acceptInvitation = defineOperation({
  name: 'invitations.accept',
  summary: 'Come into a room that I am invited into',
  tag,
  rest: { method: 'post', path: '/api/invitations/:invitationId/accept' },
  socket: 'accept_invitation',
  input: z.object({ invitationId: Id }),
  output: Entered,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

export const declineInvitation = defineOperation({
  name: 'invitations.decline',
  summary: 'Decline an invitation; I may be invited again',
  tag,
  rest: { method: 'post', path: '/api/invitations/:invitationId/decline' },
  socket: 'decline_invitation',
  input: z.object({ invitationId: Id }),
  output: z.object({ declined: z.literal(true) }),
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

// The wire of invitations: which agents take part in a room.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id } from '../../server/identity/contract.ts';
import { Member, RoomKey } from '../../server/rooms/contract.ts';

const room = { roomId: RoomKey };
const tag = 'Agents';

export const listRoomAgents = defineOperation({
  name: 'rooms.agents',
  summary: 'Agents that are members of a room',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/agents' },
  socket: 'list_room_agents',
  input: z.object(room),
  output: z.object({ data: z.array(Member) }),
  permission: 'signed_in',
  effect: 'read',
});

export const inviteAgent = defineOperation({
  name: 'rooms.invite_agent',
  summary: 'Add an agent to a room (whoever may add members)',
  tag,
  rest: { method: 'post', path: '/api/rooms/:roomId/agents', status: 201 },
  socket: 'invite_agent',
  input: z.strictObject({ ...room, agentId: Id }),
  output: Member,
  permission: 'signed_in',
  effect: 'reversible',
});

export const dismissAgent = defineOperation({
  name: 'rooms.dismiss_agent',
  summary: 'Remove an agent from a room (owner or admin of the room, or the owner of the agent)',
  tag,
  rest: { method: 'delete', path: '/api/rooms/:roomId/agents/:agentId' },
  socket: 'dismiss_agent',
  input: z.object({ ...room, agentId: Id }),
  output: z.object({ removed: z.literal(true) }),
  permission: 'signed_in',
  effect: 'reversible',
});

// Tools about people and rooms: find someone, write to them alone, make and change rooms. Each is one of the operations that
// people call, carried out as the agent and only where the asker could have done it too.
import { z } from 'zod';
import { derivedId } from '../../core/ids.ts';
import type { User } from '../../server/identity/contract.ts';
import type { Message } from '../../server/messages/contract.ts';
import type { Room, RoomListItem } from '../../server/rooms/contract.ts';
import { type Operate, refusable } from '../operate.ts';
import { defineTool, type Tool, type ToolContext, type ToolResult, toolFailure } from '../tool.ts';

const findInput = z.strictObject({
  query: z.string().trim().min(1).max(64).describe('A name or handle, or its beginning.'),
  kind: z.enum(['human', 'agent']).optional(),
});

const directInput = z.strictObject({
  to: z.string().trim().min(1).max(64).describe('Handle of the person, e.g. "sam".'),
  text: z.string().trim().min(1).max(4000).describe('What to tell them.'),
});

const RoomName = z.string().trim().min(1).max(100).describe('Id or slug of the room, e.g. "lobby".');
const roomsInput = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('list') }),
  z.strictObject({
    action: z.literal('create'),
    name: z.string().trim().min(1).max(80),
    topic: z.string().max(500).optional(),
    visibility: z.enum(['public', 'private']).optional(),
  }),
  z.strictObject({ action: z.literal('join'), room: RoomName }),
  z.strictObject({ action: z.literal('leave'), room: RoomName }),
  z.strictObject({ action: z.literal('invite'), room: RoomName, user: z.string().trim().min(1).max(64) }),
  z.strictObject({ action: z.literal('set_topic'), room: RoomName, topic: z.string().max(500) }),
]);
type RoomsInput = z.infer<typeof roomsInput>;

export function createPeopleTools(operate: Operate): Tool[] {
  return [
    defineTool<z.infer<typeof findInput>>({
      name: 'find_user',
      description: 'Finds people and agents of this server by name or handle.',
      input: findInput,
      effect: 'read',
      byDefault: true,
      timeoutMs: 10_000,
      permissions: [],
      execute: (input, ctx) =>
        refusable(async () => {
          const query = { ...input, query: input.query.replace(/^@/, ''), limit: 20 };
          const { data } = await operate.asAgent<{ data: User[] }>(ctx, 'users.list', query);
          const users = data.map(({ handle, name, kind }) => ({ handle, name, kind }));
          return { ok: true, output: { users }, summary: `${users.length} found` };
        }),
    }),
    defineTool<z.infer<typeof directInput>>({
      name: 'send_direct_message',
      description:
        'Sends a private message to one person, in the direct room between you and them. Only when you are asked to. They are told who asked.',
      input: directInput,
      effect: 'write_internal',
      timeoutMs: 10_000,
      permissions: [],
      preview: ({ to, text }) => `Writes to @${to.replace(/^@/, '')}: ${text}`,
      execute: (input, ctx) => refusable(() => sendDirect(input, ctx)),
    }),
    defineTool<RoomsInput>({
      name: 'manage_rooms',
      description:
        'Lists public rooms, creates a room, joins or leaves one, invites someone, or sets a topic. You and the one who asks must both be allowed to.',
      input: roomsInput,
      effect: 'write_internal',
      timeoutMs: 10_000,
      permissions: [],
      execute: (input, ctx) => refusable(() => manage(input, ctx)),
    }),
  ];

  async function sendDirect(
    { to, text }: z.infer<typeof directInput>,
    ctx: ToolContext,
  ): Promise<ToolResult> {
    const user = await operate.asAgent<User>(ctx, 'users.get', { userId: to.replace(/^@/, '') });
    if (user.kind !== 'human')
      return toolFailure('not_a_person', `@${user.handle} is an agent; write to people.`);
    const room = await operate.asAgent<Room>(ctx, 'rooms.open_direct', { userIds: [user.id] });
    const own = user.id === ctx.asker.userId;
    const message = await operate.asAgent<Message>(ctx, 'messages.send', {
      roomId: room.id,
      id: derivedId('direct', ctx.idempotencyKey ?? ctx.runId),
      body: own ? text : `${ctx.asker.name} asked me to tell you: ${text}`,
      metadata: { askedBy: ctx.asker.userId },
    });
    return {
      ok: true,
      output: { sentTo: user.handle, messageId: message.id },
      summary: `to @${user.handle}`,
    };
  }

  async function manage(input: RoomsInput, ctx: ToolContext): Promise<ToolResult> {
    if (input.action === 'list') {
      const page = { scope: 'public', limit: 100 };
      const { data } = await operate.asAgent<{ data: RoomListItem[] }>(ctx, 'rooms.list', page);
      const rooms = data.filter((room) => room.visibility === 'public').map(toShort);
      return { ok: true, output: { rooms }, summary: `${rooms.length} rooms` };
    }
    if (input.action === 'create') return create(input, ctx);
    const asked = await operate.asAsker<RoomListItem>(ctx, 'rooms.get', { roomId: input.room });
    const role = asked.me?.role;
    const roomId = asked.id;
    if (input.action === 'join') {
      const { room } = await operate.asAgent<{ room: Room }>(ctx, 'rooms.join', { roomId });
      return { ok: true, output: { joined: toShort(room) }, summary: `joined ${room.name}` };
    }
    if (role !== 'owner' && role !== 'admin')
      return toolFailure(
        'asker_lacks_permission',
        `${ctx.asker.name} is no admin of that room, so you may not do this for them. Say so.`,
      );
    if (input.action === 'leave') {
      await operate.asAgent(ctx, 'rooms.leave', { roomId });
      return { ok: true, output: { left: asked.name }, summary: `left ${asked.name}` };
    }
    if (input.action === 'set_topic') {
      const room = await operate.asAgent<Room>(ctx, 'rooms.update', { roomId, topic: input.topic });
      return { ok: true, output: { room: toShort(room) }, summary: 'topic set' };
    }
    const user = await operate.asAgent<User>(ctx, 'users.get', { userId: input.user.replace(/^@/, '') });
    await operate.asAgent(ctx, 'rooms.add_member', { roomId, userId: user.id });
    return { ok: true, output: { invited: user.handle, to: asked.name }, summary: `invited @${user.handle}` };
  }

  /** The asker becomes its admin: what is made for them is theirs to change. A second try finds the first one's room. */
  async function create(
    { name, topic, visibility }: RoomsInput & { action: 'create' },
    ctx: ToolContext,
  ): Promise<ToolResult> {
    const words = name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replace(/^-+/, '')
      .slice(0, 40);
    const mark = derivedId('room', ctx.idempotencyKey ?? ctx.runId).slice(0, 8);
    const slug = `${words.replace(/-+$/, '') || 'room'}-${mark}`;
    const there = await operate
      .asAgent<RoomListItem>(ctx, 'rooms.get', { roomId: slug })
      .catch(() => undefined);
    const room =
      there ??
      (await operate.asAgent<Room>(ctx, 'rooms.create', {
        name,
        slug,
        kind: visibility === 'private' ? 'group' : 'channel',
        memberIds: [ctx.asker.userId],
        ...(topic === undefined ? {} : { topic }),
        ...(visibility === undefined ? {} : { visibility }),
      }));
    await operate.asAgent(ctx, 'rooms.update_member', {
      roomId: room.id,
      userId: ctx.asker.userId,
      role: 'admin',
    });
    return { ok: true, output: { created: toShort(room) }, summary: `created ${name}` };
  }
}

const toShort = ({ id, slug, name, topic }: Room) => ({
  id,
  name,
  ...(slug === undefined ? {} : { slug }),
  ...(topic === undefined ? {} : { topic }),
});

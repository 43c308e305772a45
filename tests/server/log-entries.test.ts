// P8 for each type of entry that a room's log may hold, by each way it comes about: an old copy with the entries since is what a fresh
// fetch gives. Fails for a type that nothing here brings about.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { LogEvent, Message } from '../../src/server/messages/contract.ts';
import type { Member, Room } from '../../src/server/rooms/contract.ts';
import { calling, saying, startTown, type Town } from '../agents/town.ts';
import { request } from '../support/clients.ts';
import { apply, type Copy, messagesOf } from './room-copy.ts';

let town: Town;
let root: Scope;
let ada: Scope;
let bea: Scope;
let cyd: Scope;
let agent: Agent;

beforeAll(async () => {
  town = await startTown();
  root = await town.person('Root Person');
  [ada, bea, cyd] = [await town.person('Ada'), await town.person('Bea'), await town.person('Cyd')];
  agent = await town.agent(ada, { handle: 'otto', capabilities: ['send_card'] });
});
afterAll(() => town.stop());

/** A room of Ada, with Bea, whose copy is looked at, and the agent; Cyd is elsewhere. */
interface Place {
  room: Room;
  /** Bea's: reacted to by her, with a reply by Ada, pinned. */
  first: Message;
  reply: Message;
}

async function place(): Promise<Place> {
  const room = await town.room(ada, agent);
  await town.call(ada, 'add_member', { roomId: room.id, userId: bea.user.id });
  const first = await town.say(bea, room, 'First');
  const reply = await town.say(ada, room, 'A reply', { threadId: first.id });
  await town.call(bea, 'add_reaction', { messageId: first.id, emoji: '👍' });
  await town.call(ada, 'add_reaction', { messageId: first.id, emoji: '👍' });
  await town.call(ada, 'pin_message', { messageId: first.id });
  return { room, first, reply };
}

async function answered(room: Room, card?: object): Promise<Message> {
  town.plays((_, call) =>
    card !== undefined && call === 1 ? calling('send_card', card) : saying('Here it is.'),
  );
  await town.say(bea, room, '@otto a card, please');
  await town.settle();
  return (await town.messages(bea, room)).at(-1) as Message;
}

const card = {
  blocks: [{ type: 'buttons', buttons: [{ actionId: 'book', label: 'Book', value: '4' }] }],
  fallback: 'Shall I?',
};
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const on = (room: Room, whom: { id: string }, more: object = {}) => ({
  roomId: room.id,
  userId: whom.id,
  ...more,
});

/** By type of entry: what brings one about. */
const CAUSES: Record<string, Record<string, (at: Place) => Promise<unknown>>> = {
  new_message: {
    'somebody speaks': ({ room }) => town.say(ada, room, 'Hello @bea and @all'),
    'somebody replies': ({ room, reply }) => town.say(bea, room, 'So', { threadId: reply.id }),
    'a moderator lets one through that was held': async ({ room }) => {
      await town.call(ada, 'set_room_rules', {
        roomId: room.id,
        phrases: [{ phrase: 'spam', action: 'hold' }],
      });
      const id = newId();
      await town.say(bea, room, 'spam', { id }).catch(() => undefined);
      await town.call(ada, 'release_message', { messageId: id });
    },
  },
  agent_message: {
    'an agent answers': ({ room }) => answered(room),
    'an agent shows a card': ({ room }) => answered(room, card),
  },
  message_updated: {
    'its author edits it': ({ first }) =>
      town.call(bea, 'edit_message', { messageId: first.id, body: 'Now @ada' }),
    'a card is pressed': async ({ room }) => {
      const { id: messageId } = await answered(room, card);
      await town.call(bea, 'card_action', { messageId, actionId: 'book', id: newId() });
    },
    'a page that it links is shown': ({ first }) =>
      town.app.parts.messages.putPreviews(bea.tenantId, first, [
        { url: 'https://example.org/', title: 'A page' },
      ]),
  },
  message_deleted: {
    'its author deletes it': ({ first }) => town.call(bea, 'delete_message', { messageId: first.id }),
    'a reply goes': ({ reply }) => town.call(ada, 'delete_message', { messageId: reply.id }),
    'a moderator deletes it': ({ first }) => town.call(ada, 'delete_message', { messageId: first.id }),
    'its time is over': ({ room }) =>
      town.app.parts.messages.wipe(ada.tenantId, room.id, { before: new Date(Date.now() + 60_000) }, 100),
    'its author is erased': async ({ room, first, reply }) => {
      const dan = await town.person(`Dan ${newId()}`);
      await town.call(dan, 'rooms.join', { roomId: room.id });
      await town.say(dan, room, 'I was here');
      await town.call(dan, 'add_reaction', { messageId: first.id, emoji: '👍' });
      await town.call(dan, 'add_reaction', { messageId: reply.id, emoji: '❤️' });
      await town.call(root, 'erase_person', { userId: dan.user.id });
      await town.settle();
    },
  },
  member_joined: {
    'somebody joins': ({ room }) => town.call(cyd, 'rooms.join', { roomId: room.id }),
    'somebody is added': ({ room }) => town.call(ada, 'add_member', on(room, cyd.user)),
    'a link lets somebody in': async ({ room }) => {
      const { token } = await town.call(ada, 'create_invite', { roomId: room.id, role: 'admin' });
      await town.call(cyd, 'accept_invite', { token });
    },
    'an invitation is accepted': async ({ room }) => {
      const { id } = await town.call(ada, 'invite_user', on(room, cyd.user));
      await town.call(cyd, 'accept_invitation', { invitationId: id });
    },
    'an agent comes': async ({ room }) =>
      town.call(ada, 'invite_agent', { roomId: room.id, agentId: (await town.agent(ada)).id }),
  },
  member_left: {
    'somebody leaves': async ({ room }) => {
      await town.call(cyd, 'rooms.join', { roomId: room.id });
      await town.call(cyd, 'quit_room', { roomId: room.id });
    },
    'an agent is removed': ({ room }) => town.call(ada, 'remove_member', on(room, agent)),
    'somebody is kicked': async ({ room }) => {
      await town.call(cyd, 'rooms.join', { roomId: room.id });
      await town.call(ada, 'kick_member', on(room, cyd.user));
    },
    'somebody is banned': async ({ room }) => {
      await town.call(cyd, 'rooms.join', { roomId: room.id });
      await town.call(ada, 'ban_member', on(room, cyd.user));
    },
  },
  member_updated: {
    'somebody takes another name and picture': async ({ room }) => {
      const eve = await town.person(`Eve ${newId()}`);
      await town.call(eve, 'rooms.join', { roomId: room.id });
      await town.say(eve, room, 'Under my old name');
      await town.call(eve, 'update_me', { name: 'Evelyn', avatarUrl: 'https://example.org/eve.png' });
    },
    'an agent is called otherwise': async ({ room }) => {
      await answered(room);
      await town.call(ada, 'update_agent', { agentId: agent.id, name: `Otto ${newId().slice(-6)}` });
    },
    'a role changes': ({ room }) => town.call(ada, 'update_member', on(room, bea.user, { role: 'admin' })),
    'somebody is muted for a time': ({ room }) =>
      town.call(ada, 'mute_member', on(room, bea.user, { until: inAnHour() })),
    'an agent is muted': ({ room }) => town.call(ada, 'mute_member', on(room, agent)),
    'a mute ends': async ({ room }) => {
      await town.call(ada, 'mute_member', on(room, bea.user));
      await town.call(ada, 'unmute_member', on(room, bea.user));
    },
  },
  room_updated: {
    'it gets another name': ({ room }) =>
      town.call(ada, 'update_room', {
        roomId: room.id,
        name: 'Another',
        topic: 'Things',
        reactionMode: 'one',
      }),
    'it becomes slow': ({ room }) => town.call(ada, 'set_slow_mode', { roomId: room.id, seconds: 10 }),
    'it is slow no more': async ({ room }) => {
      await town.call(ada, 'set_slow_mode', { roomId: room.id, seconds: 10 });
      await town.call(ada, 'set_slow_mode', { roomId: room.id, seconds: 0 });
    },
    'a role may do more': ({ room }) =>
      town.call(ada, 'set_room_rights', { roomId: room.id, role: 'member', add: ['message.pin'] }),
  },
  reaction_added: {
    'a first one': ({ first }) => town.call(bea, 'add_reaction', { messageId: first.id, emoji: '❤️' }),
    'one takes the place of another': async ({ room, first }) => {
      await town.call(ada, 'update_room', { roomId: room.id, reactionMode: 'one' });
      await town.call(bea, 'add_reaction', { messageId: first.id, emoji: '❤️' });
    },
  },
  reaction_removed: {
    'mine, of several': ({ first }) =>
      town.call(bea, 'remove_reaction', { messageId: first.id, emoji: '👍' }),
    "somebody else's": ({ first }) => town.call(ada, 'remove_reaction', { messageId: first.id, emoji: '👍' }),
  },
  message_pinned: {
    'one more': ({ reply }) => town.call(ada, 'pin_message', { messageId: reply.id }),
  },
  message_unpinned: {
    'the only one': ({ first }) => town.call(ada, 'unpin_message', { messageId: first.id }),
  },
};

/** What Bea is shown who has nothing yet. */
async function fresh({ id: roomId }: { id: string }): Promise<Copy> {
  const { me: _, ...room } = await town.call(bea, 'get_room', { roomId });
  const { data: members } = await town.call(bea, 'list_members', { roomId, limit: 200 });
  const { data: messages } = await town.call(bea, 'list_messages', { roomId, limit: 200 });
  return {
    room,
    members: new Map(members.map((m: Member) => [m.user.id, m])),
    messages: new Map(messages.map((m: Message) => [m.id, m])),
  };
}

test.each(
  Object.entries(CAUSES).flatMap(([type, causes]) => Object.keys(causes).map((name) => [type, name])),
)('%s: %s', async (type, name) => {
  const at = await place();
  const copy = await fresh(at.room);
  await CAUSES[type as string]?.[name as string]?.(at);
  await town.settle();
  const { events, lastSeq, hasMore } = await town.call(bea, 'list_events', {
    roomId: at.room.id,
    afterSeq: copy.room.lastSeq,
  });
  expect(hasMore).toBe(false);
  expect(events.map((event: LogEvent) => event.type)).toContain(type);
  for (const event of events) apply(copy, event, bea.user.id);
  const now = await fresh(at.room);
  expect({ ...copy.room, lastSeq }).toEqual(now.room);
  expect(copy.members).toEqual(now.members);
  expect(messagesOf(copy)).toEqual([...now.messages.values()]);
  const { data: pins } = await town.call(bea, 'list_pins', { roomId: at.room.id });
  const pinned = messagesOf(copy).filter((message) => message.pinned !== undefined);
  expect(pinned.map(({ id }) => id).sort()).toEqual(pins.map(({ id }: Message) => id).sort());
});

test('nothing else stands in the log of a room', async () => {
  const { body } = await request(town.test.url, 'GET', '/api/openapi.json');
  const events = body['x-events'] as { type: string; kind: string }[];
  const types = events.filter(({ kind }) => kind === 'log').map(({ type }) => type);
  expect(types.sort()).toEqual(Object.keys(CAUSES).sort());
});

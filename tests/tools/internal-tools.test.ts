// The built-in tools that act on this server, called as an agent would: they do what the operations do, as the agent and at the
// asker's word, only where both may; and a second try of one call makes nothing twice.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { calling, saying, startTown, type Town } from '../agents/town.ts';

let town: Town;
let admin: Scope;
let ada: Scope;
let sam: Scope;
let bot: Agent;
let room: Room;

const TOOLS = [
  'find_user',
  'send_direct_message',
  'manage_rooms',
  'tasks',
  'calendar',
  'files',
  'create_document',
  'knowledge_search',
  'summarize',
  'add_reaction',
];

beforeAll(async () => {
  town = await startTown();
  admin = await town.person('Grace');
  ada = await town.person('Ada');
  sam = await town.person('Sam');
}, 60_000);
afterAll(() => town.stop());
beforeEach(async () => {
  bot = await town.agent(ada, { capabilities: TOOLS });
  room = await town.room(ada, bot);
  await town.call(ada, 'add_member', { roomId: room.id, userId: sam.user.id });
});

/** What a tool has just answered to the model. */
function answered(request: Town['requests'][number]): string | undefined {
  const content = request.messages.at(-1)?.content[0];
  return content?.type === 'tool_result' ? content.result : undefined;
}

/** What the tool answered in a run that this person caused: its output, or `{error}`. */
// biome-ignore lint/suspicious/noExplicitAny: answers of many types
async function use(asker: Scope, tool: string, args: object, where: { id: string } = room): Promise<any> {
  town.plays((request) => (answered(request) === undefined ? calling(tool, args) : saying('Done.')));
  await town.say(asker, where, `@${bot.handle} please`);
  await town.settle();
  // Whatever else was asked of the model meanwhile: the request that came back with an answer of the tool.
  const result = town.requests.map(answered).find((found) => found !== undefined);
  if (result === undefined) throw new Error(`${tool} was not called`);
  return JSON.parse(result);
}

describe('messages', () => {
  it('reacts to the message it was asked by, once, and to none of another room', async () => {
    await use(sam, 'add_reaction', { emoji: '👍' });
    const [asked] = (await town.messages(sam, room)).slice(-2);
    expect(asked?.reactions).toEqual([{ emoji: '👍', count: 1, mine: false }]);
    expect(await use(sam, 'add_reaction', { emoji: '👍', messageId: asked?.id })).toEqual({ reacted: '👍' });
    const other = await town.room(ada, bot);
    const secret = await town.say(ada, other, 'Nobody else knows');
    expect(await use(sam, 'add_reaction', { emoji: '👍', messageId: secret.id })).toMatchObject({
      error: { code: 'other_room' },
    });
    const missing = { error: { code: 'message_not_found' } };
    const foreign = await town.room(ada);
    await town.call(ada, 'update_room', { roomId: foreign.id, visibility: 'private' });
    const hidden = await town.say(ada, foreign, 'Nobody at all');
    for (const messageId of [hidden.id, room.id])
      expect(await use(sam, 'add_reaction', { emoji: '👍', messageId })).toMatchObject(missing);
    const bare = await town.agent(ada, { capabilities: [] });
    await town.call(ada, 'invite_agent', { roomId: room.id, agentId: bare.id });
    town.plays((_, call) => (call === 1 ? calling('add_reaction', { emoji: '👎' }) : saying('Done.')));
    const begged = await town.say(sam, room, `@${bare.handle} react`);
    await town.settle();
    expect((await town.call(sam, 'get_message', { messageId: begged.id })).reactions).toEqual([]);
  });
});

describe('people and rooms', () => {
  it('finds people, and shows no more than names', async () => {
    expect(await use(sam, 'find_user', { query: '@ada' })).toEqual({
      users: [{ handle: 'ada', name: 'Ada', kind: 'human' }],
    });
  });

  it('writes to one person, who is told at whose word', async () => {
    expect(await use(sam, 'send_direct_message', { to: '@ada', text: 'Lunch?' })).toMatchObject({
      sentTo: 'ada',
    });
    const { id } = await town.call(ada, 'open_direct_room', { userIds: [bot.id] });
    const [message] = await town.messages(ada, { id });
    expect(message).toMatchObject({
      body: 'Sam asked me to tell you: Lunch?',
      author: { id: bot.id },
      metadata: { askedBy: sam.user.id },
    });
    expect(await use(sam, 'send_direct_message', { to: 'nobody-here', text: 'Hi' })).toMatchObject({
      error: { code: 'user_not_found' },
    });
    expect(await use(sam, 'send_direct_message', { to: bot.handle, text: 'Hi' })).toMatchObject({
      error: { code: 'not_a_person' },
    });
  });

  it('makes a room whose admin the asker is', async () => {
    const { created } = await use(sam, 'manage_rooms', {
      action: 'create',
      name: 'Garden',
      visibility: 'private',
    });
    expect(await town.call(sam, 'get_room', { roomId: created.id })).toMatchObject({
      name: 'Garden',
      visibility: 'private',
      me: { role: 'admin' },
    });
    await expect(town.call(ada, 'get_room', { roomId: created.id })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('changes a room only for its admins, and tells nobody of rooms they cannot see', async () => {
    const topic = { action: 'set_topic', room: room.id, topic: 'Taken over' };
    expect(await use(sam, 'manage_rooms', topic)).toMatchObject({
      error: { code: 'asker_lacks_permission' },
    });
    const secret = await town.room(ada, bot);
    await town.call(ada, 'update_room', { roomId: secret.id, visibility: 'private' });
    const join = { action: 'join', room: secret.id };
    expect(await use(sam, 'manage_rooms', join)).toMatchObject({ error: { code: 'room_not_found' } });
    const { rooms } = await use(sam, 'manage_rooms', { action: 'list' });
    expect(rooms.map(({ id }: { id: string }) => id)).not.toContain(secret.id);
    // The agent is no admin itself: the asker's right does not become its own.
    expect(await use(ada, 'manage_rooms', topic)).toMatchObject({ error: { code: 'not_allowed' } });
    await town.call(ada, 'update_member', { roomId: room.id, userId: bot.id, role: 'admin' });
    expect(await use(ada, 'manage_rooms', topic)).toMatchObject({ room: { topic: 'Taken over' } });
  });
});

describe('what a room shares', () => {
  it('keeps to-dos', async () => {
    const { task } = await use(sam, 'tasks', { action: 'add', title: 'Water the plants', assignee: 'ada' });
    expect(task).toMatchObject({ title: 'Water the plants', assigneeId: ada.user.id });
    const { data } = await town.call(ada, 'list_todos', { roomId: room.id, open: true });
    expect(data).toMatchObject([{ id: task.id, createdBy: bot.id }]);
    await use(sam, 'tasks', { action: 'complete', id: task.id });
    expect((await use(sam, 'tasks', { action: 'list', open: true })).tasks).toEqual([]);
    expect((await use(sam, 'tasks', { action: 'list' })).tasks).toMatchObject([
      { doneAt: expect.any(String) },
    ]);
  });

  it('reaches only what belongs to the room it is asked in', async () => {
    const other = await town.room(ada, bot);
    const secret = await town.call(ada, 'create_todo', { roomId: other.id, title: 'Secret' });
    for (const action of ['complete', 'remove'])
      expect(await use(sam, 'tasks', { action, id: secret.id })).toMatchObject({
        error: { code: 'todo_not_found' },
      });
    await town.call(ada, 'write_file', { roomId: other.id, path: 'secret.txt', body: 'hush' });
    expect(await use(sam, 'files', { action: 'read', path: 'secret.txt' })).toMatchObject({
      error: { code: 'file_not_found' },
    });
    expect(await town.call(ada, 'list_todos', { roomId: other.id })).toMatchObject({
      data: [{ title: 'Secret' }],
    });
  });

  it('schedules, finds free time and cancels', async () => {
    const day = (time: string) => `2030-05-06T${time}:00Z`;
    const meeting = { action: 'schedule', title: 'Review', startsAt: day('10:00'), endsAt: day('11:00') };
    const { event } = await use(sam, 'calendar', meeting);
    const { free } = await use(sam, 'calendar', {
      action: 'availability',
      from: day('09:30'),
      to: day('12:00'),
      minutes: 45,
    });
    expect(free).toEqual([{ from: '2030-05-06T11:00:00.000Z', to: '2030-05-06T12:00:00.000Z' }]);
    await town.call(sam, 'delete_calendar_event', { eventId: event.id });
    const span = { action: 'list', from: day('00:00'), to: day('23:00') };
    expect((await use(sam, 'calendar', span)).events).toEqual([]);
    const wrong = { ...meeting, endsAt: day('09:00') };
    expect(await use(sam, 'calendar', wrong)).toMatchObject({ error: { code: 'bad_span' } });
  });

  it('writes files, and does not overwrite what changed since it was read', async () => {
    await use(sam, 'files', { action: 'write', path: 'notes/plan.md', body: 'One', version: 0 });
    await town.call(ada, 'write_file', { roomId: room.id, path: 'notes/plan.md', body: 'Two' });
    expect(
      await use(sam, 'files', { action: 'write', path: 'notes/plan.md', body: 'Three', version: 1 }),
    ).toMatchObject({ error: { code: 'version_changed' } });
    expect(await use(sam, 'files', { action: 'read', path: 'notes/plan.md' })).toMatchObject({
      body: 'Two',
      version: 2,
    });
    for (const path of ['../etc/passwd', '/etc/passwd', 'a//b', 'a\\b'])
      expect(await use(sam, 'files', { action: 'write', path, body: '' })).toMatchObject({
        error: { code: 'invalid_input' },
      });
  });

  it('makes documents whose text is inert', async () => {
    const made = await use(sam, 'create_document', {
      title: 'Quarterly <b>plan</b>',
      format: 'slides',
      content: '# One\n\n- a\n- b\n---\n# Two\n\n<script>alert(1)</script>',
    });
    const file = await town.call(ada, 'get_file', { fileId: made.id });
    expect(file).toMatchObject({ contentType: 'text/html', version: 1 });
    expect(file.body.match(/<section>/g)).toHaveLength(2);
    expect(file.body).toContain('<li>a</li>');
    expect(file.body).not.toContain('<script>');
    expect(file.body).not.toContain('<b>');
  });

  it('makes nothing twice when the worker dies between the effect and its record', async () => {
    let died = false;
    town.at(({ boundary }) => {
      if (boundary.startsWith('before:tool:') && !died) {
        died = true;
        throw new Error('the worker dies');
      }
    });
    try {
      await use(sam, 'tasks', { action: 'add', title: 'Once' }).catch(() => undefined);
      await town.settle();
    } finally {
      town.at(undefined);
    }
    expect(died).toBe(true);
    const { data } = await town.call(ada, 'list_todos', { roomId: room.id });
    expect(data.map(({ title }: { title: string }) => title)).toEqual(['Once']);
  });
});

describe('the operations behind them', () => {
  it('answer alike for what is missing and what is not theirs', async () => {
    const stranger = await town.stranger('Stranger');
    const secret = await town.room(ada, bot);
    const todo = await town.call(ada, 'create_todo', { roomId: secret.id, title: 'Secret' });
    const event = await town.call(ada, 'create_calendar_event', {
      roomId: secret.id,
      title: 'Secret',
      startsAt: '2030-01-01T10:00:00Z',
      endsAt: '2030-01-01T11:00:00Z',
    });
    const file = await town.call(ada, 'write_file', { roomId: secret.id, path: 'a', body: 'b' });
    const article = await town.call(ada, 'add_knowledge', { agentId: bot.id, title: 'T', body: 'B' });
    await town.call(ada, 'update_room', { roomId: secret.id, visibility: 'private' });
    for (const who of [sam, stranger])
      for (const [name, input, reason] of [
        ['update_todo', { todoId: todo.id, done: true }, 'todo_not_found'],
        ['delete_todo', { todoId: todo.id }, 'todo_not_found'],
        ['delete_calendar_event', { eventId: event.id }, 'event_not_found'],
        ['get_file', { fileId: file.id }, 'file_not_found'],
        ['delete_file', { fileId: file.id }, 'file_not_found'],
        ['list_todos', { roomId: secret.id }, 'room_not_found'],
        ['create_todo', { roomId: secret.id, title: 'x' }, 'room_not_found'],
        ['write_file', { roomId: secret.id, path: 'a', body: 'x' }, 'room_not_found'],
        ['delete_knowledge', { articleId: article.id }, 'article_not_found'],
      ] as const)
        await expect(town.call(who, name, input), name).rejects.toMatchObject({ code: 'not_found', reason });
    await expect(town.call(sam, 'search_knowledge', { agentId: bot.id, query: 'B' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(
      town.call(stranger, 'add_knowledge', { agentId: bot.id, title: 'T', body: 'B' }),
    ).rejects.toMatchObject({ code: 'not_found', reason: 'agent_not_found' });
    expect(await town.call(admin, 'list_knowledge', { agentId: bot.id })).toMatchObject({
      data: [{ title: 'T' }],
    });
  });

  it('answers a retry with the first result, and refuses an id of another', async () => {
    const first = await town.call(ada, 'create_todo', { roomId: room.id, title: 'One' });
    const again = { roomId: room.id, id: first.id, title: 'One' };
    expect(await town.call(ada, 'create_todo', again)).toEqual(first);
    await expect(town.call(sam, 'create_todo', again)).rejects.toMatchObject({ reason: 'id_reused' });
  });
});

describe('what it reads', () => {
  it('finds knowledge by any of the words, in its own articles only', async () => {
    const other = await town.agent(ada);
    await town.call(ada, 'add_knowledge', { agentId: other.id, title: 'Hours', body: 'Open at noon.' });
    await town.call(ada, 'add_knowledge', {
      agentId: bot.id,
      title: 'Returns',
      body: 'Goods may be returned within thirty days. Keep the receipt.',
    });
    const { passages } = await use(sam, 'knowledge_search', {
      query: 'how long can I return a broken lamp?',
    });
    expect(passages).toMatchObject([{ title: 'Returns', passage: expect.stringContaining('thirty days') }]);
    expect((await use(sam, 'knowledge_search', { query: 'open hours noon' })).passages).toEqual([]);
    expect((await use(sam, 'knowledge_search', { query: "'; drop table users; -- & | !" })).passages).toEqual(
      [],
    );
  });

  it('sums up what was said, by the model, as data', async () => {
    await town.say(ada, room, 'We meet on Friday at ten.');
    town.plays((request) => {
      if (request.system.includes('Sum up')) return saying('They meet on Friday.');
      return answered(request) === undefined
        ? calling('summarize', { what: 'conversation' })
        : saying('Done.');
    });
    await town.say(sam, room, `@${bot.handle} sum up`);
    await town.settle();
    const asked = town.requests.find(({ system }) => system.includes('Sum up'));
    expect(asked?.tools).toEqual([]);
    expect(JSON.stringify(asked?.messages)).toContain('Ada: We meet on Friday at ten.');
    expect(asked?.system).not.toContain('Friday');
    // A task that an earlier run began may have answers of its own.
    expect(town.requests.map(answered)).toContainEqual(expect.stringContaining('They meet on Friday.'));
  });
});

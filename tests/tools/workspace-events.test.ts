// Who listens to a room hears of its to-dos, calendar and files as they change, by people and agents alike: what was fetched and
// what was heard, in any order, is what a fresh fetch gives. Nobody else hears anything.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { calling, type Heard, saying, startTown, type Town } from '../agents/town.ts';
import { describeEachDatabase } from '../support/app.ts';
import { listen, SOCKET_SURFACES } from '../support/clients.ts';

type Thing = { id: string; version?: number };
const KINDS = [
  ['task_list_updated', 'todo', 'todoId'],
  ['calendar_updated', 'event', 'eventId'],
  ['file_updated', 'file', 'fileId'],
] as const;

/** What a client has after these events, which may come in any order: the higher version counts, what was deleted stays so. */
function apply(
  before: Thing[],
  heard: Pick<Heard, 'type' | 'payload'>[],
  kind: (typeof KINDS)[number],
): Thing[] {
  const [type, name, idName] = kind;
  const things = new Map(before.map((thing) => [thing.id, thing]));
  const gone = new Set<string>();
  for (const { payload } of heard.filter((h) => h.type === type)) {
    const thing = payload[name] as Thing | undefined;
    if (thing === undefined) gone.add(payload[idName]);
    else if ((things.get(thing.id)?.version ?? 0) <= (thing.version ?? 1)) things.set(thing.id, thing);
  }
  return [...things.values()].filter(({ id }) => !gone.has(id));
}

const byId = (things: Thing[]) => things.toSorted((a, b) => a.id.localeCompare(b.id));

describeEachDatabase('the workspace of a room', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  let bot: Agent;
  let room: Room;
  beforeAll(async () => {
    town = await startTown({ database });
    await town.person('Zoe');
    [ada, bea] = [await town.person('Ada'), await town.person('Bea')];
    bot = await town.agent(ada, { capabilities: ['tasks', 'calendar', 'files', 'create_document'] });
    room = await town.room(ada, bot);
    await town.call(bea, 'rooms.join', { roomId: room.id });
  });
  afterAll(() => town.stop());

  const span = { from: '2030-01-01T00:00:00Z', to: '2030-12-31T00:00:00Z' };
  const lists = async (): Promise<Thing[][]> => {
    const { id: roomId } = room;
    const [todos, events, files] = await Promise.all([
      town.call(ada, 'list_todos', { roomId }),
      town.call(ada, 'list_calendar', { roomId, ...span }),
      town.call(ada, 'list_files', { roomId }),
    ]);
    return [todos.data, events.data, files.data];
  };

  /** The agent does this, at Ada's word. */
  async function does(tool: string, args: object): Promise<void> {
    town.plays((_, call) => (call === 1 ? calling(tool, args) : saying('Done.')));
    await town.say(ada, room, `@${bot.handle} please`);
    await town.settle();
  }

  it('state and events, in any order, are what a fresh fetch gives', async () => {
    const { id: roomId } = room;
    const kept = await town.call(ada, 'create_todo', { roomId, title: 'Old' });
    const before = await lists();
    const heard = town.listen(room);
    await does('tasks', { action: 'add', title: 'Water the plants' });
    const made = heard.find((h) => h.type === 'task_list_updated')?.payload;
    expect(made).toMatchObject({
      roomId,
      change: 'created',
      by: bot.id,
      todo: { title: 'Water the plants', version: 1 },
    });
    await does('tasks', { action: 'complete', id: kept.id });
    await does('calendar', {
      action: 'schedule',
      title: 'Lunch',
      startsAt: '2030-03-01T12:00:00Z',
      endsAt: '2030-03-01T13:00:00Z',
    });
    await does('files', { action: 'write', path: 'notes/plan.md', body: 'what nobody hears' });
    await does('create_document', { title: 'Report', content: '# One' });
    await town.call(bea, 'write_file', { roomId, path: 'notes/plan.md', body: 'again' });
    await town.call(bea, 'update_todo', { todoId: kept.id, title: 'Older' });
    await town.call(bea, 'delete_todo', { todoId: made.todoId });
    const gone = await town.call(bea, 'create_calendar_event', {
      roomId,
      title: 'Gone',
      startsAt: '2030-04-01T12:00:00Z',
      endsAt: '2030-04-01T13:00:00Z',
    });
    await town.call(bea, 'delete_calendar_event', { eventId: gone.id });
    const after = await lists();
    expect(after.map((list) => list.length)).toEqual([1, 1, 2]);
    for (const told of [heard, heard.toReversed()])
      expect(KINDS.map((kind, i) => byId(apply(before[i] as Thing[], told, kind)))).toEqual(after.map(byId));
    const files = heard.filter((h) => h.type === 'file_updated');
    expect(JSON.stringify(files)).not.toContain('what nobody hears');
  });

  it('what is refused, or done already, is not told', async () => {
    const { id: roomId } = room;
    const id = crypto.randomUUID();
    await town.call(ada, 'create_todo', { roomId, id, title: 'Once' });
    const heard = town.listen(room);
    await town.call(ada, 'create_todo', { roomId, id, title: 'Once' });
    await expect(
      town.call(bea, 'write_file', { roomId, path: 'new.md', body: 'x', version: 7 }),
    ).rejects.toMatchObject({ code: 'conflict' });
    expect(heard).toEqual([]);
  });

  it('who is given a to-do hears of it alone; who takes one himself, or had it, does not', async () => {
    const { id: roomId } = room;
    const [hers, his] = [town.listenTo(bea), town.listenTo(ada)];
    await does('tasks', { action: 'add', title: 'For Bea', assignee: bea.user.handle });
    expect(hers).toMatchObject([
      {
        type: 'task_assigned',
        payload: { roomId, by: bot.id, todo: { title: 'For Bea', assigneeId: bea.user.id } },
      },
    ]);
    await town.call(ada, 'update_todo', { todoId: hers[0]?.payload.todo.id, title: 'Still for Bea' });
    await town.call(bea, 'create_todo', { roomId, title: 'Mine', assigneeId: bea.user.id });
    expect(hers.filter((told) => told.type === 'task_assigned')).toHaveLength(1);
    expect(his.filter((told) => told.type === 'task_assigned')).toEqual([]);
  });

  it.each(SOCKET_SURFACES)('is heard by %s in this room, and by nobody who is not in it', async (surface) => {
    const there = await listen(surface, town.test, await town.test.signIn('Ada'));
    const elsewhere = await listen(surface, town.test, await town.test.signIn('Cid'));
    const secret = await there.call('create_room', { name: 'Ours', visibility: 'private' });
    await expect(elsewhere.join(secret.id)).rejects.toThrow();
    await elsewhere.join('lobby');
    await there.join(secret.id);
    await there.call('create_todo', { roomId: secret.id, title: 'Quietly' });
    await there.until('the to-do', () => there.heard.some((h) => h.type === 'task_list_updated'));
    expect(there.heard.find((h) => h.type === 'task_list_updated')?.payload).toMatchObject({
      roomId: secret.id,
      change: 'created',
      todo: { title: 'Quietly' },
    });
    // What he hears of the lobby comes after what he would have heard.
    await elsewhere.call('send_message', { roomId: 'lobby', body: 'anyone?' });
    await elsewhere.until('his own words', () => elsewhere.heard.some((h) => h.type === 'new_message'));
    expect(elsewhere.heard.some((h) => h.type.endsWith('_updated') && h.type !== 'member_updated')).toBe(
      false,
    );
    await Promise.all([there.close(), elsewhere.close()]);
    await town.settle();
  });
});

// Another name or picture is told once to every room of whoever has it, and to nobody twice.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { LogEvent } from '../../src/server/messages/contract.ts';
import { startTown, type Town } from '../agents/town.ts';

let town: Town;
let ada: Scope;
let bea: Scope;

beforeAll(async () => {
  town = await startTown();
  await town.person('Root Person');
  [ada, bea] = [await town.person('Ada'), await town.person('Bea')];
});
afterAll(() => town.stop());

const rename = async (who: Scope, change: object) => {
  await town.call(who, 'update_me', change);
  await town.settle();
};
const logOf = async (room: { id: string }): Promise<LogEvent[]> =>
  (await town.call(ada, 'list_events', { roomId: room.id, afterSeq: 0 })).events;
const toldIn = async (room: { id: string }) =>
  (await logOf(room)).filter(({ type }) => type === 'member_updated').map(({ payload }) => payload.member);

test('one entry for each change, none for what stayed or is told again', async () => {
  const room = await town.room(ada);
  await rename(ada, { name: 'Ada L.' });
  await rename(ada, { avatarUrl: 'https://example.org/ada.png' });
  await rename(ada, { name: 'Ada L.', avatarUrl: 'https://example.org/ada.png' });
  const { tenantId, user } = ada;
  const [job] = town.app.parts.rooms.jobs;
  const context = { signal: new AbortController().signal, attempt: 1, taken: () => {} };
  await job?.handle({ tenantId, userId: user.id }, context);
  await rename(ada, { avatarUrl: null });
  const avatarUrl = 'https://example.org/ada.png';
  const { avatarUrl: _, ...bare } = user;
  expect(await toldIn(room)).toMatchObject([
    { user: { ...bare, name: 'Ada L.' }, role: 'owner' },
    { user: { ...bare, name: 'Ada L.', avatarUrl }, role: 'owner' },
    { user: { ...bare, name: 'Ada L.' }, role: 'owner' },
  ]);
  expect((await toldIn(room)).at(-1)).not.toHaveProperty('user.avatarUrl');
});

test('who comes in later comes in under the new name, and is not told again', async () => {
  const room = await town.room(ada);
  const eve = await town.person(`Eve ${newId()}`);
  await rename(eve, { name: 'Evelyn' });
  // The sign-in is older than the name.
  await town.call(eve, 'rooms.join', { roomId: room.id });
  await town.settle();
  const joined = (await logOf(room)).filter(({ type }) => type === 'member_joined');
  expect(joined.at(-1)?.payload).toMatchObject({ member: { user: { id: eve.user.id, name: 'Evelyn' } } });
  expect(await toldIn(room)).toEqual([]);
});

test('what is said live after the change is said under the new name, by a connection that is older', async () => {
  const room = await town.room(ada);
  const { name: _, ...same } = ada.user;
  await rename(ada, { name: 'Ada of Now' });
  const heard = town.listen(room);
  await town.say(ada, room, 'Hello');
  expect(heard).toMatchObject([
    { type: 'new_message', payload: { author: { ...same, name: 'Ada of Now' } } },
  ]);
});

test('a direct room is called by its people, as they are called now', async () => {
  const room = await town.call(ada, 'open_direct_room', { userIds: [bea.user.id] });
  const heard = town.listen(room);
  const mine = town.listenTo(ada);
  await rename(bea, { name: 'Zoe' });
  const { name } = await town.call(ada, 'get_room', { roomId: room.id });
  expect(name).toMatch(/, Zoe$/);
  expect(heard.map(({ type }) => type)).toEqual(['member_updated', 'room_updated']);
  expect(heard[1]?.payload.room.name).toBe(name);
  expect(mine.find(({ type }) => type === 'room_changed')?.payload.room.name).toBe(name);
});

test('somebody in more rooms than are looked up at once is told of in all of them', async () => {
  const { db } = town.app.parts.database;
  const { tenantId, user } = await town.person(`Uma ${newId()}`);
  const ids = Array.from({ length: 203 }, () => newId());
  const row = { tenantId, slug: null, kind: 'group' as const, name: 'Many', topic: null, directKey: null };
  await db
    .insertInto('rooms')
    .values(
      ids.map((id) => ({ ...row, id, visibility: 'private' as const, createdBy: null, deletedAt: null })),
    )
    .execute();
  await db
    .insertInto('memberships')
    .values(
      ids.map((roomId) => ({
        roomId,
        userId: user.id,
        tenantId,
        readAt: null,
        unreadFrom: null,
        draft: null,
        draftAt: null,
        notify: null,
        mutedUntil: null,
      })),
    )
    .execute();
  const uma = await town.app.parts.identity.wordScope(tenantId, user.id);
  await rename(uma, { name: 'Uma T.' });
  const told = await db
    .selectFrom('roomEvents')
    .select(['roomId', 'type'])
    .where('roomId', 'in', ids)
    .execute();
  expect(told.map(({ roomId }) => roomId).sort()).toEqual([...ids].sort());
  expect(new Set(told.map(({ type }) => type))).toEqual(new Set(['member_updated']));
});

test('a name is not changed in a loop', async () => {
  const ivo = await town.person(`Ivo ${newId()}`);
  for (let i = 0; i < 20; i++) await town.call(ivo, 'update_me', { name: 'Ivo' });
  await expect(town.call(ivo, 'update_me', { name: 'Ivo' })).rejects.toMatchObject({ code: 'rate_limited' });
});

// Rooms that agents listen in are marked by the database: those that had an agent before it knew of the mark, and those that get one.
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { up } from '../../migrations/0033_heard_rooms.ts';
import type { Scope } from '../../src/core/scope.ts';
import { startTown, type Town } from '../agents/town.ts';
import { describeEachDatabase } from '../support/app.ts';

describeEachDatabase('rooms that agents listen in', (database) => {
  let town: Town;
  let ada: Scope;
  beforeAll(async () => {
    town = await startTown({ database });
    await town.person('Root Person');
    ada = await town.person('Ada');
  });
  afterAll(() => town.stop());

  it('are known when the database is brought up to date, and when an agent comes', async () => {
    const { db } = town.app.parts.database;
    const bot = await town.agent(ada);
    const old = await town.room(ada, bot);
    const quiet = await town.call(ada, 'create_room', { name: 'Only people' });
    for (const statement of [
      'drop trigger room_is_heard on agent_rooms',
      'drop function room_is_heard()',
      'alter table rooms drop column heard',
    ])
      await sql.raw(statement).execute(db);
    await up(db as never);

    const heard = async ({ id }: { id: string }) =>
      (await db.selectFrom('rooms').select('heard').where('id', '=', id).executeTakeFirstOrThrow()).heard;
    expect([await heard(old), await heard(quiet)]).toEqual([true, false]);
    await town.call(ada, 'add_member', { roomId: quiet.id, userId: bot.id });
    expect(await heard(quiet)).toBe(true);
  });
});

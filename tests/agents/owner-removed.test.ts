// Agents whose owner is removed while they speak: they stop at once, keep silent, and answer again only by an administrator's word.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/app.ts';
import { until } from '../support/until.ts';
import { saying, startTown, type Town, text } from './town.ts';

describeEachDatabase('the agents of who is removed', (database) => {
  let town: Town;
  beforeAll(async () => {
    town = await startTown({ database });
  });
  afterAll(() => town.stop());

  it('stop at once and stay silent; the agents of others go on', async () => {
    const [admin, ada, bea] = [await town.person('Zoe'), await town.person('Ada'), await town.person('Bea')];
    const [hers, other] = [await town.agent(ada), await town.agent(bea)];
    const room = await town.room(bea, other);
    await town.call(bea, 'add_member', { roomId: room.id, userId: hers.id });
    const answers = async () =>
      (await town.messages(bea, room)).filter((m) => m.kind === 'agent').map((m) => m.author.id);

    town.plays(async function* (request) {
      for (let i = 0; !request.signal.aborted; i++) {
        yield text(`word${i} `);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      yield* saying('the end');
    });
    const heard = town.listen(room);
    await town.say(bea, room, `@${hers.handle} talk`);
    await until('it talks', () => heard.some((h) => h.type === 'agent_message_delta'));
    await town.call(admin, 'remove_user', { userId: ada.user.id });
    await town.settle();
    expect((await town.runs(admin, hers))[0]).toMatchObject({
      status: 'cancelled',
      reason: 'owner_removed',
    });
    expect(await answers()).toEqual([]);

    town.plays(() => saying('Here.'));
    const asked = await town.say(bea, room, `@${hers.handle} @${other.handle} hello`);
    await town.settle();
    expect(await answers()).toEqual([other.id]);
    const turns = await town.turns(bea, room, asked);
    expect(turns.find((turn) => turn.agentId === hers.id)).toMatchObject({ decision: 'silent' });

    await town.call(admin, 'activate_agent', { agentId: hers.id, active: true });
    await town.say(bea, room, `@${hers.handle} back?`);
    await town.settle();
    expect(await answers()).toEqual([other.id, hers.id]);
  });
});

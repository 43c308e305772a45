// What the filter takes out reaches nobody: not while the text is streamed, not as the message, not in the journal; and that it
// did so is on record for who answers for the agent.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import { describeEachDatabase } from '../support/app.ts';
import { assemble, calling, saying, startTown, type Town, untilOver } from './town.ts';

const KEY = `ghp_${'Zz9'.repeat(10)}`;
const CLEAN = 'Take (removed) and look: ! [x](https://evil.example/?q=1) for (removed).';

describeEachDatabase('the text of an agent', (database) => {
  let town: Town;
  let ada: Scope;
  let bot: Agent;
  let room: Room;
  beforeAll(async () => {
    town = await startTown({ database });
    await town.person('Zoe');
    ada = await town.person('Ada');
    bot = await town.agent(ada);
    room = await town.room(ada, bot);
  });
  afterAll(() => town.stop());

  it('is streamed, stored and journalled without what it may not carry, and that is recorded', async () => {
    town.plays((_request, call) =>
      call === 1
        ? calling('clock', {}, `Take ${KEY.slice(0, 9)}`)
        : saying(...[...`Take ${KEY} and look: ![x](https://evil.example/?q=1) for 4111-1111-1111-1111.`]),
    );
    const heard = town.listen(room);
    await town.say(ada, room, `@${bot.handle} tell`);
    const run = await untilOver(town, ada, bot);
    expect(run.status).toBe('completed');
    const answer = (await town.messages(ada, room)).find((m) => m.id === run.replyMessageId);
    // A key that is cut off is no key.
    expect(answer?.body).toBe(`Take ${KEY.slice(0, 9)}\n\n${CLEAN}`);
    expect(assemble(heard)).toBe(answer?.body);
    expect(JSON.stringify(heard)).not.toContain(KEY.slice(0, 12));
    expect(JSON.stringify(heard)).not.toContain('4111-1');
    const { steps } = await town.run(ada, run.id);
    expect(steps.at(-1)?.data).toMatchObject({
      text: CLEAN,
      filtered: expect.arrayContaining([{ rule: 'secret', times: 1 }]),
    });
    const { data } = await town.call(ada, 'list_content_checks', { agentId: bot.id });
    expect(data).toMatchObject([
      {
        agentId: bot.id,
        runId: run.id,
        roomId: room.id,
        messageId: run.replyMessageId,
        verdict: 'redacted',
        findings: { secret: 1, remote_image: 1, card_number: 1 },
      },
    ]);
  });

  it('is judged again when the agent sends or changes it in another way; a person’s words are left alone', async () => {
    const { identity, messages } = town.app.parts;
    const scope = await identity.agentScope(ada.tenantId, bot.id);
    const sent = await messages.send(scope, { roomId: room.id, body: `Here: ${KEY}` });
    expect(sent.body).toBe('Here: (removed)');
    const edited = await messages.edit(scope, { messageId: sent.id, body: `Now: ${KEY}.` });
    expect(edited.body).toBe('Now: (removed).');
    expect((await town.say(ada, room, KEY)).body).toBe(KEY);
  });

  it('has a record that nobody else sees', async () => {
    const [bea, eve] = [await town.person('Bea'), await town.stranger(`Eve ${database}`)];
    const look = (by: Scope, agentId: string) => town.call(by, 'list_content_checks', { agentId });
    await expect(look(bea, bot.id)).rejects.toMatchObject({ code: 'forbidden' });
    const [foreign, missing] = await Promise.all(
      [look(eve, bot.id), look(eve, room.id)].map((tried) => tried.catch((error: Error) => error)),
    );
    expect(foreign).toMatchObject({ code: 'not_found' });
    expect((foreign as Error).message).toBe((missing as Error).message);
  });
});

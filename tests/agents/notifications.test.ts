// What agents bring into people's inboxes: an answer to whoever asked, and a call that waits to whoever answers for the agent.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Scope } from '../../src/core/scope.ts';
import { createOutside } from './outside.ts';
import { calling, saying, startTown, type Town } from './town.ts';

const outside = createOutside();
let town: Town;
let ada: Scope;
let bea: Scope;
beforeAll(async () => {
  town = await startTown({ tools: outside.tools });
  await town.person('Zoe');
  [ada, bea] = [await town.person('Ada'), await town.person('Bea')];
});
afterAll(() => town.stop());

test('an answer comes to who asked, a call that waits to the owner, and nothing to others', async () => {
  const bot = await town.agent(ada);
  const room = await town.room(ada, bot);
  await town.call(bea, 'rooms.join', { roomId: room.id });
  town.plays((request) => {
    const answered = request.messages.some((m) => m.content.some((part) => part.type === 'tool_result'));
    return answered ? saying('Done.') : calling('post_letter', { to: 'Ann', text: 'Hello' });
  });
  await town.say(bea, room, `@${bot.handle} post it`);
  await town.settle();
  const inbox = async (who: Scope) => (await town.call(who, 'list_notifications')).data;
  const [waiting] = await inbox(ada);
  expect(waiting).toMatchObject({
    kind: 'approval',
    roomId: room.id,
    subject: { agentId: bot.id, tool: 'post_letter' },
  });
  expect(await inbox(bea)).toEqual([]);
  const { approvalId } = waiting.subject;
  await town.call(ada, 'decide_approval', { approvalId, decision: 'approve' });
  await town.settle();
  expect(await inbox(bea)).toMatchObject([
    { kind: 'reply', message: { body: 'Done.', author: { id: bot.id } } },
  ]);
  expect(await inbox(ada)).toHaveLength(1);
});

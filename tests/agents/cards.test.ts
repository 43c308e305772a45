// Agents and cards: what an agent shows with its answer, and the turn that somebody's press asks it for, in his name and nobody
// else's. The model is played.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import { calling, saying, startTown, type Town } from './town.ts';

let town: Town;
let ada: Scope;
let bob: Scope;
let agent: Agent;

const card = {
  title: 'Book the room?',
  blocks: [
    { type: 'buttons', buttons: [{ actionId: 'book', label: 'Book', value: 'room 4', mode: 'many' }] },
  ],
  fallback: 'Shall I book room 4?',
};

beforeAll(async () => {
  town = await startTown();
  await town.person('Root Person');
  ada = await town.person('Ada');
  bob = await town.person('Bob');
  agent = await town.agent(ada, {
    handle: 'otto',
    capabilities: ['calculator', 'send_card', 'add_reaction', 'remember'],
  });
});
afterAll(() => town.stop());

async function roomWithCard() {
  const room = await town.room(ada, agent);
  await town.call(ada, 'add_member', { roomId: room.id, userId: bob.user.id });
  town.plays((_, call) => (call === 1 ? calling('send_card', card) : saying('Here it is.')));
  await town.say(ada, room, '@otto a room, please');
  await town.settle();
  const message = (await town.messages(ada, room)).at(-1);
  if (message === undefined) throw new Error('The agent said nothing.');
  return { room, message };
}
const press = (who: Scope, message: { id: string }, id = newId()) =>
  town.call(who, 'card_action', { messageId: message.id, actionId: 'book', id });

test('an agent shows a card with its answer; without words the fallback stands for it', async () => {
  const { room, message } = await roomWithCard();
  expect(message).toMatchObject({ author: { id: agent.id }, body: 'Here it is.', cards: [card] });
  town.plays((_, call) => (call === 1 ? calling('send_card', card) : saying('')));
  await town.say(ada, room, '@otto again');
  await town.settle();
  expect((await town.messages(ada, room)).at(-1)).toMatchObject({ body: card.fallback, cards: [card] });
});

test('a card with a secret in it is shown without it, and one that is none is told to the model', async () => {
  const room = await town.room(ada, agent);
  const key = `sk-ant-api03-${'aB3'.repeat(31)}AA`;
  const leaky = { ...card, blocks: [{ type: 'text', text: `The key is ${key}.` }, ...card.blocks] };
  town.plays((_, call) =>
    call === 1
      ? calling('send_card', { blocks: [] })
      : call === 2
        ? calling('send_card', leaky)
        : saying('So.'),
  );
  await town.say(ada, room, '@otto a card');
  await town.settle();
  const message = (await town.messages(ada, room)).at(-1);
  expect(message?.cards).toHaveLength(1);
  expect(JSON.stringify(message)).not.toContain(key);
  expect(JSON.stringify(town.requests[1])).toContain('invalid_input');
});

test('a press asks the agent for one turn, in the name of who pressed', async () => {
  const { room, message } = await roomWithCard();
  town.plays((_, call) => (call === 1 ? calling('add_reaction', { emoji: '✅' }) : saying('Booked.')));
  const id = newId();
  await press(bob, message, id);
  await press(bob, message, id);
  await town.settle();
  const [said, ...others] = (await town.messages(ada, room)).filter(({ seq }) => seq > message.seq);
  expect(others).toEqual([]);
  expect(said).toMatchObject({ author: { id: agent.id }, body: 'Booked.' });
  expect(town.requests).toHaveLength(2);
  const asked = JSON.stringify(town.requests[0]?.messages.at(-1));
  for (const part of ['Bob', 'book', 'room 4', 'Book the room?']) expect(asked).toContain(part);
  const [run] = await town.runs(ada, agent);
  expect(run).toMatchObject({ status: 'completed', triggerReason: 'card_action' });
  expect((await town.run(bob, (run as { id: string }).id)).id).toBe(run?.id);
  const why = await town.call(bob, 'explain_message', { messageId: said?.id });
  expect(why).toMatchObject({ reason: 'card_action', triggerMessageId: message.id });
  // What it did without saying where, it did to the card.
  expect((await town.call(ada, 'get_message', { messageId: message.id })).reactions).toMatchObject([
    { emoji: '✅' },
  ]);
});

test('a press asks for nothing where the agent may not speak, and agents ask each other for nothing', async () => {
  const { room, message } = await roomWithCard();
  const other = await town.agent(ada);
  await town.call(ada, 'invite_agent', { roomId: room.id, agentId: other.id });
  town.plays(() => saying('No.'));
  const before = (await town.runs(ada, agent)).length;
  await press(await town.app.parts.identity.agentScope(ada.tenantId, other.id), message);
  await town.call(ada, 'update_room_agent_settings', { roomId: room.id, responseMode: 'off' });
  await press(bob, message);
  await town.settle();
  expect(await town.runs(ada, agent)).toHaveLength(before);
  const [shown] = (await town.call(ada, 'get_message', { messageId: message.id })).cards;
  expect(shown.state).toMatchObject([{ actionId: 'book', count: 2, by: bob.user.id }]);
});

test('what is deleted before the agent comes to it is answered by nobody', async () => {
  const { room, message } = await roomWithCard();
  town.plays(() => saying('Too late.'));
  town.at(async ({ boundary }) => {
    if (boundary === 'before:reply') await town.call(ada, 'delete_message', { messageId: message.id });
  });
  await press(bob, message);
  await town.settle();
  town.at(undefined);
  const [run] = await town.runs(ada, agent);
  expect(run).toMatchObject({ status: 'silent', reason: 'message_deleted' });
  expect((await town.messages(ada, room)).some(({ body }) => body === 'Too late.')).toBe(false);
});

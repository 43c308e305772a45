// An agent written with the SDK, against the real server: what is meant for it is answered once, whoever of its copies is faster,
// also what was asked while it was away; nothing else is.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Agent, type AgentOptions, createAgent } from '../../client-sdk/src/agent/agent.ts';
import { createAdmin } from '../../client-sdk/src/node.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { until } from '../support/until.ts';

let app: TestApp;
let helper: { token: string; user: { id: string; handle: string } };
let ada: ReturnType<typeof createAdmin>;
const agents: Agent[] = [];

beforeAll(async () => {
  app = await startApp();
  ada = createAdmin({ url: app.url, key: (await app.signIn('Ada')).token });
  helper = await app.signIn('Helper');
});
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.stop();
});
afterAll(async () => {
  await app.stop();
});

function agentWith(options: Partial<AgentOptions> & Pick<AgentOptions, 'answer'>): Agent {
  const agent = createAgent({ url: app.url, getToken: () => helper.token, storage: null, ...options });
  agents.push(agent);
  return agent;
}
const newRoom = async () => {
  const room = await ada.call('create_room', { name: 'Room', memberIds: [helper.user.id] });
  return { id: room.id, say: (body: string) => ada.call('send_message', { roomId: room.id, body }) };
};
const answersIn = async (roomId: string) =>
  (await ada.call('list_messages', { roomId, limit: 100 })).data
    .filter((message) => message.author.id === helper.user.id)
    .map((message) => message.body);

test('answers what mentions it, once, in order, and nothing else; failures stay out of the room', async () => {
  const room = await newRoom();
  const failures: string[] = [];
  const agent = agentWith({
    answer({ message, before }) {
      if (message.body.includes('fail')) throw new Error('no idea');
      return message.body.includes('silence') ? undefined : `${message.body.slice(8)} after ${before.length}`;
    },
    onError: (error) => failures.push(String(error)),
  });
  await agent.start();
  for (const body of ['hello all', '@helper one', '@helper fail', '@helper silence', '@helper two'])
    await room.say(body);
  await until('both are answered', async () => (await answersIn(room.id)).length === 2);
  expect(await answersIn(room.id)).toEqual(['one after 1', expect.stringMatching(/^two after \d$/)]);
  expect(failures).toEqual(['Error: no idea']);
});

test('two copies of it, and one that was away: one answer to each question', async () => {
  const room = await newRoom();

  const first = agentWith({ answer: ({ message }) => `a: ${message.body}` });
  const second = agentWith({ answer: ({ message }) => `b: ${message.body}` });
  await Promise.all([first.start(), second.start()]);
  await room.say('@helper one');
  await until('it is answered', async () => (await answersIn(room.id)).length >= 1);
  await Promise.all([first.stop(), second.stop()]);
  await room.say('@helper two');
  await room.say('not for it');
  const back = agentWith({
    answer: ({ message }) => `c: ${message.body}`,
  });
  await back.start();
  await until('what it missed is answered', async () =>
    (await answersIn(room.id)).some((body) => body === 'c: @helper two'),
  );
  const answers = await answersIn(room.id);
  expect(answers).toHaveLength(2);
  expect(answers[0]).toMatch(/^[ab]: @helper one$/);
});

test('says why it cannot start', async () => {
  const agent = agentWith({ getToken: () => 'nothing', answer: () => undefined });
  await expect(agent.start()).rejects.toMatchObject({ code: 'unauthorized' });
});

// An agent written with the SDK, against the real server: what is meant for it is answered once, whoever of its copies is faster,
// also what was asked while it was away; nothing else is. Presses of its cards and calls of its commands reach it likewise.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
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
  app = await startApp({ config: { OUTGOING_ALLOW_HOSTS: '127.0.0.1' } });
  ada = createAdmin({ url: app.url, key: (await app.signIn('Ada')).token });
  helper = await app.signIn('Helper');
});
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.stop();
});
afterAll(async () => {
  await app.stop();
});

function agentWith(options: Partial<AgentOptions>): Agent {
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

const CARD = {
  blocks: [
    {
      type: 'buttons' as const,
      buttons: [
        { actionId: 'yes', label: 'Yes', value: 'aye' },
        { actionId: 'no', label: 'No' },
      ],
    },
    { type: 'select' as const, actionId: 'where', options: [{ value: 'eu', label: 'Europe' }] },
    {
      type: 'form' as const,
      actionId: 'why',
      fields: [{ name: 'reason', label: 'Reason', type: 'text' as const }],
    },
  ],
  fallback: 'Yes or no?',
};

test('presses of its cards are told in order, also those of while it was away, and answered once', async () => {
  const room = await newRoom();
  const told: string[] = [];
  const cards = () =>
    agentWith({
      onCard({ actionId, value, by, count, message }) {
        told.push(`${actionId} ${value ?? '-'} ${count}`);
        if (actionId === 'no') throw new Error('no is no answer');
        return `${by === message.author.id ? 'mine' : 'theirs'}: ${actionId} ${count}`;
      },
      onError: (error, about) => told.push(`${String(error)} ${about !== undefined && 'actionId' in about}`),
    });
  const first = cards();
  await first.start();
  const seat = first.client.room(room.id);
  const sent = seat.messages.send('', { cards: [CARD] });
  const shownAtOnce = seat.getSnapshot().messages.at(-1)?.cards;
  const posted = await sent.confirmed;
  expect(shownAtOnce).toEqual(posted.cards);
  const press = (actionId: string, id: string) =>
    ada.call('card_action', {
      messageId: posted.id,
      actionId,
      id: `00000000-0000-4000-8000-00000000000${id}`,
    });
  await press('yes', '1');
  await press('yes', '1');
  await until('the first is told', () => told.length === 1);
  await press('no', '2');
  await until('a failure stays with the program', () => told.length === 3);
  await until('it is answered', async () => (await answersIn(room.id)).length === 2);
  await first.stop();
  expect(told.splice(0)).toEqual(['yes aye 1', 'no - 1', 'Error: no is no answer true']);

  await press('yes', '3');
  await press('yes', '4');
  const [second, third] = [cards(), cards()];
  await Promise.all([second.start(), third.start()]);
  await until('the last of what it missed is answered', async () =>
    (await answersIn(room.id)).includes('theirs: yes 3'),
  );
  // The same card by somebody else is not its business.
  const hers = await ada.call('send_message', { roomId: room.id, body: '', cards: [CARD] });
  await second.client.room(room.id).messages.act(hers.id, 'yes');
  await press('yes', '5');
  await until('and the next one, by whichever copy', async () =>
    (await answersIn(room.id)).includes('theirs: yes 4'),
  );
  expect(await answersIn(room.id)).toEqual(['Yes or no?', 'theirs: yes 1', 'theirs: yes 3', 'theirs: yes 4']);
});

test('its commands are carried out once each, for who is signed as the server, and failures may be asked again', async () => {
  const room = await newRoom();
  const done: string[] = [];
  let agent: Agent | undefined;
  const service = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const answer = await agent?.receive({ body: Buffer.concat(pieces), headers: request.headers });
    response.writeHead(answer?.status ?? 503).end(answer?.body);
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;
  const made = await ada.call('create_command', {
    roomId: room.id,
    name: 'deploy',
    description: 'Deploys',
    options: [{ name: 'where', type: 'string', required: true }],
    handler: { kind: 'webhook', url },
  });
  const secret = made.secret as string;
  const failures: unknown[] = [];
  agent = agentWith({
    commandSecrets: ['whsec_AAAA', secret],
    onCommand({ name, options, by, roomId }) {
      done.push(`${by.handle} ${name} ${options.where} ${roomId === room.id}`);
      if (options.where === 'moon' && failures.length === 0) throw new Error('too far');
      if (options.where === 'nowhere') return undefined;
      return options.where === 'all' ? { visibility: 'room', body: 'Everywhere.' } : `To ${options.where}.`;
    },
    onError: (error) => failures.push(error),
  });
  await agent.start();
  const run = (where: string, id: string) =>
    ada.call('run_command', {
      roomId: room.id,
      text: `/deploy ${where}`,
      id: `00000000-0000-4000-8000-0000000000${id}`,
    });
  expect(await run('mars', '11')).toEqual({ reply: { visibility: 'private', body: 'To mars.' } });
  expect(await run('nowhere', '12')).toEqual({});
  expect(await run('all', '13')).toMatchObject({ messageId: expect.any(String) });
  await expect(run('moon', '14')).rejects.toMatchObject({ reason: 'command_failed' });
  expect(await run('moon', '14')).toMatchObject({ reply: { body: 'To moon.' } });
  expect(done).toEqual(['mars', 'nowhere', 'all', 'moon', 'moon'].map((where) => `ada deploy ${where} true`));
  expect(failures).toEqual([new Error('too far')]);

  // Told twice, as over a network that loses answers.
  const at = new Date();
  const by = { id: helper.user.id, kind: 'human', handle: 'helper', name: 'Helper' };
  const data = {
    id: 'x',
    commandId: made.id,
    name: 'deploy',
    options: { where: 'venus' },
    roomId: room.id,
    by,
  };
  const body = JSON.stringify({ type: 'command', data });
  const headers = {
    'webhook-id': 'cmd_x',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('cmd_x', at, body),
  };
  const answers = await Promise.all([agent.receive({ body, headers }), agent.receive({ body, headers })]);
  expect(answers).toEqual(Array(2).fill({ status: 200, body: '{"body":"To venus."}' }));
  expect(done.splice(5)).toEqual(['helper deploy venus true']);

  const forged = await fetch(url, { method: 'POST', body: '{"type":"command","data":{}}' });
  expect([forged.status, await forged.json()]).toMatchObject([401, { reason: 'missing_signature' }]);
  expect(done).toHaveLength(5);
  service.closeAllConnections();
  service.close();
  await expect(agentWith({}).receive({ body: '', headers: {} })).rejects.toThrow(/onCommand/);
});

test('says why it cannot start', async () => {
  const agent = agentWith({ getToken: () => 'nothing', answer: () => undefined });
  await expect(agent.start()).rejects.toMatchObject({ code: 'unauthorized' });
});

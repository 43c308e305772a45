// A small workspace worth looking at: a team that plans a bakery's new shop, with the agents that help. Everything goes through
// the server's own operations. Must never touch the database.
import type { SignedIn } from '../../tests/support/app.ts';

export interface Town {
  people: Record<'grace' | 'ada' | 'ben' | 'chidi' | 'dana', SignedIn>;
  rooms: Record<'lobby' | 'shop' | 'kitchen' | 'money', string>;
  agents: Record<'parley' | 'scribe' | 'ledger', string>;
  messages: Record<string, string>;
}
interface Answer {
  id: string;
  /** Of lists. */
  data: { id: string }[];
}
type Call = (who: SignedIn, method: string, path: string, body?: object) => Promise<Answer>;

function createCall(url: string): Call {
  return async (who, method, path, body) => {
    const response = await fetch(`${url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${who.token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  };
}

export async function settle(url: string): Promise<Town> {
  const call = createCall(url);
  async function enter(name: string): Promise<SignedIn> {
    const response = await fetch(`${url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    return (await response.json()) as SignedIn;
  }
  // The first one administers the server.
  const grace = await enter('Grace Hopper');
  const [ada, ben, chidi, dana] = [
    await enter('Ada Lovelace'),
    await enter('Ben Okafor'),
    await enter('Chidi Anagonye'),
    await enter('Dana Scott'),
  ];
  const everyone = [ada, ben, chidi, dana].map(({ user }) => user.id);
  const room = async (name: string, topic: string, more: object = {}) =>
    (await call(grace, 'POST', '/rooms', { name, topic, memberIds: everyone, ...more })).id;
  const shop = await room('Mill Street shop', 'Opening on the first of March', { slug: 'mill-street' });
  const kitchen = await room('Kitchen', 'Recipes, ovens, what ran out', { slug: 'kitchen' });
  const money = await room('Money', 'Figures are for us alone', { slug: 'money', visibility: 'private' });
  const lobby = (await call(grace, 'GET', '/rooms/lobby')).id;
  for (const who of [ada, ben, chidi, dana]) await call(who, 'POST', '/rooms/lobby/join');

  const { data: users } = await call(grace, 'GET', '/users?query=parley&kind=agent');
  const parley = users[0]?.id ?? '';
  const agent = async (owner: SignedIn, name: string, description: string, responseMode: string) =>
    (await call(owner, 'POST', '/agents', { name, description, responseMode })).id;
  const scribe = await agent(
    grace,
    'Scribe',
    'Writes down what was decided, and reminds whoever promised something.',
    'mention',
  );
  const ledger = await agent(grace, 'Ledger', 'Adds up costs and says what a change would mean.', 'mention');
  await call(grace, 'POST', `/rooms/${shop}/members`, { userId: scribe });
  await call(grace, 'POST', `/rooms/${shop}/members`, { userId: parley }).catch(() => {});
  await call(grace, 'POST', `/rooms/${money}/members`, { userId: ledger });

  const messages: Record<string, string> = {};
  async function say(who: SignedIn, roomId: string, body: string, more: object = {}): Promise<string> {
    const { id } = await call(who, 'POST', `/rooms/${roomId}/messages`, { body, ...more });
    messages[body.slice(0, 24)] = id;
    return id;
  }
  await say(grace, lobby, 'Welcome, everyone. Rooms are on the left; @parley answers anywhere it is asked.');
  await say(ben, lobby, 'Good morning. The bread at the station was ours, and it was gone by eight.');
  await say(dana, lobby, 'That is the best news of the week.');

  const lease = await say(ada, shop, 'The lease is signed. The keys come on the 4th of January.');
  for (const who of [grace, ben, chidi])
    await call(who, 'PUT', `/messages/${lease}/reactions/${encodeURIComponent('🎉')}`);
  await call(dana, 'PUT', `/messages/${lease}/reactions/${encodeURIComponent('🥖')}`);
  const plan = await say(
    chidi,
    shop,
    'What has to happen before we open:\n\n1. Floor and walls, three weeks\n2. The oven, which needs the *new* cable\n3. Two people for the counter\n\nI would begin with the cable.',
  );
  await call(grace, 'POST', `/messages/${plan}/pin`);
  await say(ben, shop, 'The electrician has time on the 7th, or not before February.', { threadId: plan });
  await say(ada, shop, 'Take the 7th. @grace-hopper can you let her in?', { threadId: plan });
  await say(grace, shop, 'I will be there at eight.', { threadId: plan });
  await say(dana, shop, 'Two have written about the counter already. Shall I meet them here, @grace-hopper?');
  await say(ada, shop, 'The sign maker asks which green. I said: the one of the old door.');
  await say(ben, kitchen, 'We are low on rye. The mill delivers on Thursday.');
  const rye = await say(
    chidi,
    kitchen,
    'The new rye loaf holds for four days now. Recipe: https://example.org/rye',
  );
  await call(ada, 'PUT', `/messages/${rye}/reactions/${encodeURIComponent('👏')}`);
  await say(
    dana,
    kitchen,
    '@grace-hopper the small oven clicks again. Is the number of the repair shop still right?',
  );
  await say(grace, money, 'The bank wants a plan for the first year by Friday.');
  await say(ada, money, 'The rent is 2,400 a month, and the oven 18,500 once.');

  await say(grace, money, '@ledger tell us what it adds up to in the first year, please.');
  await say(grace, shop, '@scribe what did we decide so far?');
  await say(grace, lobby, '@parley please write to the landlord that we accept.');

  const direct = (await call(ada, 'POST', '/rooms/direct', { userIds: [grace.user.id] })).id;
  await say(ada, direct, 'Do you have a minute before lunch? It is about the counter.');

  const later = (hours: number) => new Date(Date.now() + hours * 3600_000).toISOString();
  await call(grace, 'PUT', `/messages/${lease}/saved`, {
    note: 'The copy for the bank is in the blue folder',
  });
  await call(grace, 'PUT', `/messages/${rye}/saved`, { note: '' });
  await call(grace, 'POST', '/scheduled/messages', {
    roomId: money,
    body: 'The plan for the bank is in the room’s files. Please read it before noon.',
    dueAt: later(20),
  });
  await call(grace, 'POST', '/scheduled/messages', {
    roomId: lobby,
    body: 'Happy first of December! There is stollen in the back.',
    dueAt: later(240),
  });
  await call(grace, 'POST', '/scheduled/reminders', { note: 'Call the mill about the rye', dueAt: later(2) });
  await call(grace, 'POST', '/scheduled/reminders', { messageId: plan, note: '', dueAt: later(64) });
  await call(grace, 'PUT', `/rooms/${kitchen}/draft`, {
    body: 'I found the number of the repair shop, it is',
  });
  await call(grace, 'POST', '/webhooks', {
    roomId: shop,
    url: 'https://example.org/hooks/mill-street',
    events: ['new_message', 'message_pinned'],
  });
  await call(grace, 'POST', `/rooms/${kitchen}/hooks`, { name: 'Oven sensor' });
  await call(grace, 'POST', '/keys', { name: 'Nightly report', scopes: ['messages.*', 'exports.*'] });
  for (const [title, done] of [
    ['Order the cable for the oven', true],
    ['Choose the green for the sign', false],
    ['Two people for the counter', false],
  ] as const) {
    const todo = await call(grace, 'POST', `/rooms/${shop}/todos`, { title });
    if (done) await call(grace, 'PATCH', `/todos/${todo.id}`, { done });
  }
  await call(grace, 'POST', `/rooms/${shop}/calendar`, {
    title: 'The electrician comes',
    startsAt: later(48),
    endsAt: later(50),
  });

  const offer = await say(dana, lobby, 'My cousin sells used ovens, half the price, write to me!');
  await call(ben, 'POST', `/messages/${offer}/report`, {
    reason: 'spam',
    comment: 'The third time this week',
  });
  await call(grace, 'PUT', `/rooms/${kitchen}/rules`, {
    phrases: [{ phrase: 'cheap flour', action: 'hold' }],
  });
  // Refused for now, with the word that it waits.
  await call(chidi, 'POST', `/rooms/${kitchen}/messages`, {
    body: 'There is cheap flour at the port today.',
  }).catch(() => {});

  return {
    people: { grace, ada, ben, chidi, dana },
    rooms: { lobby, shop, kitchen, money },
    agents: { parley, scribe, ledger },
    messages,
  };
}

// A connection that breaks and is made again within the grace time: others see no leave. One that is closed: they do.
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { PresenceChange } from '../../src/server/presence/roster.ts';
import { createView } from '../cluster/presence-view.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type ChatClientOptions, connectChat, rest } from '../support/chat-clients.ts';
import { until } from '../support/until.ts';

let app: TestApp;
let people: [SignedIn, SignedIn, SignedIn];
beforeAll(async () => {
  app = await startApp();
  people = [await app.signIn('Ada'), await app.signIn('Bob'), await app.signIn('Eve')];
});
afterAll(() => app.stop());

test.each(['socketio', 'phoenix'] as const)('over %s', async (protocol) => {
  const [ada, bob, eve] = people;
  const room = await rest<{ id: string }>(app.url, ada.token, 'POST', '/api/rooms', {
    name: 'Shaky',
    memberIds: [bob.user.id, eve.user.id],
  });
  const enter = async ({ token, user }: SignedIn, onHeard?: ChatClientOptions['onHeard']) => {
    const client = await connectChat({
      url: app.url,
      protocol,
      token,
      userId: user.id,
      roomId: room.id,
      ...(onHeard === undefined ? {} : { onHeard }),
    });
    onTestFinished(() => client.close());
    return client;
  };
  const view = createView();
  await enter(ada, ({ type, payload }) => {
    const state = (payload.presence ?? payload) as PresenceChange['joins'];
    if (type === 'presence_state') view.fold({ joins: state, leaves: {} });
    if (type === 'presence_diff') view.fold(payload as unknown as PresenceChange);
  });
  const shaky = await enter(bob);
  const leaving = await enter(eve);
  await until('both are seen', () => view.people().has(bob.user.id) && view.people().has(eve.user.id));
  for (let lives = 2; lives <= 4; lives++) {
    shaky.reconnect();
    await until('he is back', () => shaky.isJoined() && shaky.joins.length === lives);
  }
  leaving.close();
  await until('she is gone', () => !view.people().has(eve.user.id));
  expect(view.missed).toEqual([eve.user.id]);
});

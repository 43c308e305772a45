// The realtime client of Supabase, which speaks Phoenix channels with topics and join payloads of its own.
// `client.channel('x')` always asks for `realtime:x`, which is no topic here; the exported channel class takes any topic.
import { RealtimeChannel, RealtimeClient } from '@supabase/realtime-js';
import type { Socket } from 'phoenix';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createNetwork } from '../../e2e/support/network.ts';
import { type SignedIn, startApp, type TestApp } from '../../support/app.ts';
import { connect } from '../../support/clients.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
let ada: SignedIn;
beforeAll(async () => {
  app = await startApp();
  ada = await app.signIn('Ada');
});
afterAll(() => app.stop());

function dial(url: string, vsn: string): RealtimeClient {
  const client = new RealtimeClient(`${url.replace('http', 'ws')}/socket`, {
    // The client asks for an API key of Supabase; everything here goes along as query parameters.
    params: { apikey: 'not looked at', token: ada.token },
    vsn,
    reconnectAfterMs: () => 20,
  });
  // By the socket underneath: the client's own `disconnect` leaves a timer of 10 s behind.
  const { socketAdapter } = client as unknown as {
    socketAdapter: { getSocket(): Pick<Socket, 'disconnect'> };
  };
  onTestFinished(() => new Promise<void>((done) => socketAdapter.getSocket().disconnect(() => done())));
  return client;
}
/** Its `on` and `send` take any word, and its types only those of Supabase. */
const on = (channel: RealtimeChannel, event: string, heard: (payload: { body: string }) => void) =>
  (channel.on as (type: string, filter: object, callback: typeof heard) => unknown).call(
    channel,
    event,
    {},
    heard,
  );
const send = (channel: RealtimeChannel, body: string) =>
  channel.send({ type: 'send_message', event: '', body } as unknown as Parameters<typeof channel.send>[0]);

describe.each(['1.0.0', '2.0.0'])('with vsn %s', (vsn) => {
  test('joins a room, sends, hears all in order, and is back after the connection was cut', async () => {
    const rest = await connect('rest', app, ada);
    const { id: room } = await rest.call('create_room', { name: 'Supabase' });
    const network = await createNetwork(app.url);
    onTestFinished(() => network.stop());
    const channel = new RealtimeChannel(`room:${room}`, { config: {} }, dial(network.url, vsn));
    const heard: string[] = [];
    const states: string[] = [];
    on(channel, 'new_message', ({ body }) => heard.push(body));
    channel.subscribe((state) => states.push(state));
    await until('it has joined', () => states.includes('SUBSCRIBED'));

    expect(await send(channel, 'from Supabase')).toBe('ok');
    for (const body of ['one', 'two', 'three']) await rest.call('send_message', { roomId: room, body });
    await until('it has heard all', () => heard.length === 4);

    states.length = 0;
    network.cut();
    network.mend();
    await until('it has joined again', () => states.includes('SUBSCRIBED'));
    expect(await send(channel, 'back')).toBe('ok');
    await until('it hears again', () => heard.length === 5);
    expect(heard).toEqual(['from Supabase', 'one', 'two', 'three', 'back']);
  });

  test('its own topics are refused in words, and the connection stays', async () => {
    const client = dial(app.url, vsn);
    const channel = client.channel('lobby');
    const problem = await new Promise<unknown>((resolve) => {
      channel.subscribe((state, error) => state === 'CHANNEL_ERROR' && resolve(error?.cause));
    });
    expect(problem).toMatchObject({ reason: 'unmatched topic' });
    expect(client.isConnected()).toBe(true);
  });
});

// Previews of links: fetched after the message, once, through the guard, shown as a change of the message; none where a room or an
// address forbids it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Message } from '../../src/server/messages/contract.ts';
import { linksIn, previewOf } from '../../src/server/previews/page.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Caller, connect, type Listener, listen } from '../support/clients.ts';

let app: TestApp;
let ada: SignedIn;
let adas: Caller;
let ear: Listener;
let site = '';
let visits: string[] = [];
let page = '';
const server = createServer((request, response) => {
  visits.push(request.url ?? '');
  if (request.url === '/away')
    return void response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
  response.setHeader('content-type', 'text/html; charset=utf-8').end(page);
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  app = await startApp({ config: { LINK_PREVIEWS: 'true', OUTGOING_ALLOW_HOSTS: '127.0.0.1' } });
  ada = await app.signIn('Ada');
  adas = await connect('rest', app, ada);
});
beforeEach(async () => {
  visits = [];
  page =
    '<html><head><title>Plain</title><meta property="og:title" content="A  &amp; B"><meta name="description" content="What it is"></head><body>';
  ear = await listen('socketio over websocket', app, ada);
});
afterEach(() => ear.close());
afterAll(async () => {
  await app.stop();
  server.closeAllConnections();
  server.close();
});

const newRoom = async (): Promise<string> => (await adas.call('create_room', { name: 'A room' })).id;
const send = (roomId: string, body: string): Promise<Message> => adas.call('send_message', { roomId, body });
const updates = (id: string) =>
  ear.heard.filter((h) => h.type === 'message_updated' && (h.payload.message as Message).id === id);

test('a preview comes as a change of the message, and stays with it', async () => {
  const roomId = await newRoom();
  await ear.join(roomId);
  const message = await send(roomId, `look (${site}/a), and again ${site}/a.`);
  expect(message.previews).toBeUndefined();
  await ear.until('the preview', () => updates(message.id).length > 0);
  const shown = updates(message.id)[0]?.payload.message as Message;
  expect(shown.previews).toEqual([{ url: `${site}/a`, title: 'A & B', description: 'What it is' }]);
  expect(shown.version).toBe(1);
  expect(await adas.call('get_message', { messageId: message.id })).toEqual(shown);
  // The next one is told from what was read.
  const second = await send(roomId, `${site}/a`);
  await ear.until('the second', () => updates(second.id).length > 0);
  expect(visits).toEqual(['/a']);
  page = '<title>Another</title>';
  const edited = await adas.call('edit_message', { messageId: second.id, body: `${site}/b` });
  expect(edited.previews).toBeUndefined();
  await ear.until('the new one', () =>
    updates(second.id).some((h) => (h.payload.message as Message).previews?.[0]?.title === 'Another'),
  );
});

test('a room that wants none has none', async () => {
  const roomId = await newRoom();
  await adas.call('update_room_settings', { roomId, linkPreviews: false });
  const { id } = await send(roomId, `${site}/off`);
  await app.app.settle();
  expect(visits).toEqual([]);
  expect((await adas.call('get_message', { messageId: id })).previews).toBeUndefined();
});

test('private addresses are not reached, neither named nor redirected to', async () => {
  const roomId = await newRoom();
  const { id } = await send(roomId, `${site}/away http://[::1]:1/ http://169.254.169.254/latest`);
  await app.app.settle();
  expect(visits).toEqual(['/away']);
  expect((await adas.call('get_message', { messageId: id })).previews).toBeUndefined();
  const strict = await startApp({ config: { LINK_PREVIEWS: 'true' } });
  try {
    const bob = await connect('rest', strict, await strict.signIn('Bob'));
    const { id: room } = await bob.call('create_room', { name: 'R' });
    visits = [];
    await bob.call('send_message', { roomId: room, body: `${site}/canary` });
    await strict.app.settle();
    expect(visits).toEqual([]);
  } finally {
    await strict.stop();
  }
});

test('what a page says is plain and short, whatever it holds', () => {
  const long = 'x'.repeat(5000);
  expect(
    previewOf('http://p', `<meta property=og:title content="\u202Ea\u0000<b>${long}">`)?.title,
  ).toHaveLength(200);
  expect(previewOf('http://p', '<body><title>no</title>')).toBeUndefined();
  expect(previewOf('http://p', '<title> \n </title>')).toBeUndefined();
  expect(previewOf('http://p', '<title>1 &lt;b&gt; 2</title>')).toEqual({
    url: 'http://p',
    title: '1 <b> 2',
  });
});

test.each([
  ['see https://e.org/a, then', ['https://e.org/a']],
  ['(https://e.org/wiki/A_(b))', ['https://e.org/wiki/A_(b)']],
  ['HTTP://E.ORG#x http://e.org#y', ['http://e.org/']],
  ['ftp://e.org javascript:alert(1) //e.org', []],
  [
    'http://1.org http://2.org http://3.org http://4.org',
    ['http://1.org/', 'http://2.org/', 'http://3.org/'],
  ],
])('links of %j', (text, links) => {
  expect(linksIn(text)).toEqual(links);
});

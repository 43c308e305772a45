// Garbage on every door: the process stays, nothing is thrown outside a handler, and others do not notice.
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { startOn, temporaryFolder } from './folder.ts';
import { setStage } from './story.ts';

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const RAW: (string | Buffer)[] = [
  '\r\n\r\n',
  'GARBAGE\r\n\r\n',
  'GET / HTTP/9.9\r\n\r\n',
  `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(70_000)}\r\n\r\n`,
  'POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n{{{{{',
  'GET /%ff%fe/%00 HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET http://[::1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  'GET //socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  'GET /socket/websocket?vsn=2.0.0&token=%%% HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  'GET /socket.io/?EIO=99&transport=what HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /socket.io/?EIO=4&transport=websocket&sid=nobody HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, 0xff, 0xfe]),
  Buffer.alloc(4096, 0xff),
];

const FRAMES: (string | Buffer)[] = [
  '',
  'null',
  '{}',
  '[]',
  '[null,null,null,null,null]',
  '["1","1",{},[],{}]',
  '["1","1","room:lobby","phx_join",null]',
  '["1","1","room:lobby","phx_join","text"]',
  `["1","1","room:lobby","phx_join",${nested(8000)}]`,
  `["1","2","room:lobby","send_message",${nested(8000)}]`,
  '["1","2","room:lobby","constructor",{}]',
  '["1","2","room:lobby","send_message",{"__proto__":{"x":1},"body":"x"}]',
  '["1","2","phoenix","phx_join",{}]',
  '[[],{},"user:x","phx_leave",7]',
  '\u0000',
  'x'.repeat(60_000),
  'x'.repeat(70_000),
  Buffer.from([0, 255, 255, 255, 1]),
  Buffer.alloc(1000, 0),
];

const PACKETS: (string | Buffer)[] = [
  ...FRAMES,
  '2',
  '3',
  '40{"token":',
  `40${nested(8000)}`,
  '41',
  '42',
  '42[]',
  '42{}',
  '42[null]',
  '42["disconnect"]',
  '42["error","x"]',
  '42["newListener","x"]',
  '42["__proto__",{}]',
  '420["join_room"]',
  '420["join_room",null]',
  `420["join_room",{"roomId":${nested(8000)}}]`,
  `421["send_message",${nested(8000)}]`,
  '422["send_message",{"roomId":{"toString":1},"body":[]}]',
  '43999["an ack nobody waits for"]',
  '451-["send_message",{"_placeholder":true,"num":0}]',
  '4599999999999-["x"]',
  '451-["x",{"_placeholder":true,"num":-5}]',
  '47',
  '4',
  '5',
  '6',
  '99999',
];

/** Not WebSocket at all: reserved bits, no mask, a length beyond all memory, half a frame. */
const BROKEN: Buffer[] = [
  Buffer.from([0xff, 0xff, 0xff]),
  Buffer.from([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]),
  Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]),
  Buffer.from([0x83, 0x80, 0, 0, 0, 0]),
  Buffer.from([0x88, 0x81, 0, 0, 0, 0, 1]),
  Buffer.from([0x81, 0x84, 0, 0, 0, 0, 0xff, 0xfe, 0xfd, 0xfc]),
];

/** Says something on a TCP connection and resolves once the server has closed it, or shortly after it answered. */
function sayRaw(port: number, data: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(data));
    socket.on('error', () => {});
    socket.on('data', () => {});
    socket.once('close', () => resolve());
    socket.setTimeout(3000, () => socket.destroy());
  });
}

/** Opens a WebSocket for each frame, says it after `greeting`, and a ping: the pong proves that it was read. */
function sayFrame(url: string, greeting: string[], frame: string | Buffer, broken?: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const ws = new WebSocket(url, { perMessageDeflate: false });
    const end = () => {
      ws.terminate();
      resolve();
    };
    ws.on('error', () => {});
    ws.on('close', end);
    ws.on('pong', end);
    ws.on('open', () => {
      for (const word of greeting) ws.send(word);
      if (broken === undefined) ws.send(frame);
      else (ws as unknown as { _socket: { write(data: Buffer): void } })._socket.write(broken);
      ws.ping();
      setTimeout(end, 3000).unref();
    });
  });
}

test('no bytes from a client end the process', async () => {
  const server = await startOn(temporaryFolder(), 0);
  const stage = await setStage(server.url, 2);
  onTestFinished(() => {
    for (const client of stage.clients) client.close();
  });
  const port = Number(new URL(server.url).port);
  const ws = server.url.replace('http', 'ws');
  const phoenix = `${ws}/socket/websocket?vsn=2.0.0&token=${stage.token}`;
  const socketio = `${ws}/socket.io/?EIO=4&transport=websocket`;
  const hello = [`40${JSON.stringify({ token: stage.token })}`];
  const join = [JSON.stringify(['1', '1', `room:${stage.roomId}`, 'phx_join', {}])];

  await Promise.all(RAW.map((data) => sayRaw(port, data)));
  await Promise.all([
    ...FRAMES.map((frame) => sayFrame(phoenix, join, frame)),
    ...FRAMES.map((frame) => sayFrame(phoenix.replace('2.0.0', '1.0.0'), [], frame)),
    ...PACKETS.map((frame) => sayFrame(socketio, hello, frame)),
    ...PACKETS.map((frame) => sayFrame(socketio, [], frame)),
    ...BROKEN.flatMap((bytes) => [sayFrame(phoenix, join, '', bytes), sayFrame(socketio, hello, '', bytes)]),
  ]);
  await Promise.all(
    PACKETS.map((body) =>
      fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, { method: 'POST', body: body as string })
        .then((response) => response.text())
        .catch(() => ''),
    ),
  );

  expect(server.ended()).toBeUndefined();
  const health = await fetch(`${server.url}/healthz`);
  expect(health.status).toBe(200);
  for (const client of stage.clients) {
    expect(client.closes).toEqual([]);
    const sent = await client.send({ id: crypto.randomUUID(), body: 'still here' });
    expect(sent.body).toBe('still here');
  }
  expect(server.output()).not.toMatch(/was not caught|was not handled|an operation failed/);
}, 90_000);

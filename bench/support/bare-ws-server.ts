// What Node and `ws` give without anything else, in Phoenix framing: each message is encoded once, and its bytes are shared.
// `joined` puts the frames of a loop turn into one write per member, which is the limit. Must never store or check anything.
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

const joined = process.argv[2] === 'joined';

interface Room {
  members: Set<Socket>;
  frames: Buffer[];
}
const rooms = new Map<string, Room>();
/** Answers to one connection that wait for the end of the turn. */
const answers = new Map<Socket, Buffer[]>();
const changed = new Set<Room>();
let due = false;

const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false, clientTracking: false });
server.on('connection', (ws: WebSocket, request) => {
  const { socket } = request;
  socket.setNoDelay(true);
  let member: Room | undefined;
  ws.on('message', (data) => {
    const [joinRef, ref, topic, event, payload] = JSON.parse(data.toString());
    if (event === 'phx_join') {
      member = rooms.get(topic) ?? { members: new Set(), frames: [] };
      rooms.set(topic, member);
      member.members.add(socket);
    } else if (event === 'send_message' && member !== undefined) {
      const { body } = payload as { body: string };
      const message = { id: crypto.randomUUID(), roomId: topic, author: 'x', body, createdAt: new Date() };
      publish(member, frameOf(`[null,null,"${topic}","new_message",${JSON.stringify(message)}]`));
    }
    answer(
      socket,
      frameOf(JSON.stringify([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: {} }])),
    );
  });
  ws.on('close', () => member?.members.delete(socket));
});

function publish(room: Room, frame: Buffer): void {
  if (!joined) {
    for (const socket of room.members) socket.write(frame);
    return;
  }
  room.frames.push(frame);
  changed.add(room);
  flushLater();
}

function answer(socket: Socket, frame: Buffer): void {
  if (!joined) {
    socket.write(frame);
    return;
  }
  const waiting = answers.get(socket);
  if (waiting === undefined) answers.set(socket, [frame]);
  else waiting.push(frame);
  flushLater();
}

function flushLater(): void {
  if (due) return;
  due = true;
  setImmediate(flush);
}

function flush(): void {
  due = false;
  for (const room of changed) {
    const bytes = room.frames.length === 1 ? (room.frames[0] as Buffer) : Buffer.concat(room.frames);
    room.frames = [];
    for (const socket of room.members) {
      const own = answers.get(socket);
      if (own === undefined) {
        socket.write(bytes);
      } else {
        answers.delete(socket);
        socket.write(Buffer.concat([...own, bytes]));
      }
    }
  }
  changed.clear();
  for (const [socket, own] of answers) socket.write(Buffer.concat(own));
  answers.clear();
}

/** One unmasked text frame, header and payload in one buffer. */
function frameOf(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : 4;
  if (length > 0xffff) throw new Error('a benchmark message is short');
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x81;
  if (header === 2) {
    frame[1] = length;
  } else {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  }
  frame.write(text, header);
  return frame;
}

http.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
  process.stdout.write(`ready ${(http.address() as AddressInfo).port}\n`);
});
process.on('disconnect', () => process.exit(0));

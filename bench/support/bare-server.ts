// What the numbers are compared with: socket.io and nothing else, and the same with one transaction a message.
// Must stay as plain as a newcomer's first server, and must not be made slower than that.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { openStore } from './one-insert.ts';

const [how = 'nothing', url] = process.argv.slice(2);
const store = how === 'nothing' ? undefined : await openStore(how === 'postgres' ? url : undefined);

const http = createServer();
const io = new Server(http, { serveClient: false, perMessageDeflate: false });
io.on('connection', (socket) => {
  socket.on('join_room', ({ roomId }: { roomId: string }, ack: (answer: object) => void) => {
    socket.join(roomId);
    ack({ ok: true, data: { roomId } });
  });
  socket.on(
    'send_message',
    async ({ roomId, body }: { roomId: string; body: string }, ack: (answer: object) => void) => {
      const message = { id: crypto.randomUUID(), roomId, author: socket.id, body, createdAt: new Date() };
      if (store !== undefined) await store.insert(message);
      io.to(roomId).emit('new_message', message);
      ack({ ok: true, data: message });
    },
  );
});
http.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
  process.stdout.write(`ready ${(http.address() as AddressInfo).port}\n`);
});
process.on('disconnect', () => process.exit(0));

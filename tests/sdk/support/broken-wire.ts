// A wire between a client and a server that can be cut, or made to carry nothing back. Must never change a byte that it carries.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface BrokenWire {
  /** Instead of the server's own address. */
  url: string;
  /** Ends every connection; new ones are refused until `mend`. */
  cut(): void;
  /** What the client says still arrives; the server's answers are lost. */
  loseAnswers(): void;
  mend(): void;
  stop(): Promise<void>;
}

export async function startWire(target: string): Promise<BrokenWire> {
  const port = Number(new URL(target).port);
  const sockets = new Set<Socket>();
  let state: 'whole' | 'one-way' | 'cut' = 'whole';

  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };
  const server = createServer((near) => {
    keep(near);
    if (state === 'cut') return near.destroy();
    const far = keep(connect(port, '127.0.0.1'));
    near.on('data', (bytes) => far.write(bytes)).on('close', () => far.destroy());
    far.on('data', (bytes) => state === 'whole' && near.write(bytes)).on('close', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const wire: BrokenWire = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      state = 'cut';
      for (const socket of sockets) socket.destroy();
    },
    loseAnswers() {
      state = 'one-way';
    },
    mend() {
      state = 'whole';
    },
    async stop() {
      wire.cut();
      server.close();
      await once(server, 'close');
    },
  };
  return wire;
}

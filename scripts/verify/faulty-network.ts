// A TCP proxy on loopback for one client, which cuts, stalls and delays its connections by a seeded schedule.
// Must never change, lose or reorder a byte of a connection that it leaves standing.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Dice } from './seeded.ts';

export interface FaultyNetwork {
  url: string;
  faults: { cut: number; stall: number; delay: number };
  /** No fault from now on; what is held goes on its way. */
  calmDown(): void;
  close(): Promise<void>;
}

/** @param everyMs between faults, about; undefined: never any */
export async function startNetwork(
  target: URL,
  dice: Dice,
  everyMs: number | undefined,
): Promise<FaultyNetwork> {
  const pairs = new Set<[Socket, Socket]>();
  const faults = { cut: 0, stall: 0, delay: 0 };
  const waiting = new Set<NodeJS.Timeout>();
  let delayMs = 0;
  let stalled = false;
  let timer: NodeJS.Timeout | undefined;
  const later = (ms: number, work: () => void) => {
    const one = setTimeout(() => {
      waiting.delete(one);
      work();
    }, ms);
    waiting.add(one);
  };
  const forward = (from: Socket, to: Socket) => {
    let tail = Promise.resolve();
    from.on('data', (bytes: Buffer) => {
      const wait = delayMs;
      tail = tail.then(async () => {
        if (wait > 0) await new Promise<void>((resolve) => later(wait, resolve));
        while (stalled) await new Promise<void>((resolve) => later(20, resolve));
        if (!to.destroyed) to.write(bytes);
      });
    });
    from.on('end', () => void tail.then(() => to.end()));
    from.on('close', () => to.destroy());
    from.on('error', () => to.destroy());
  };
  const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const server = createServer((client) => {
    const upstream =
      target.protocol === 'https:' ? connectTls({ host, port, servername: host }) : connect({ host, port });
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    client.on('close', () => pairs.delete(pair));
    forward(client, upstream);
    forward(upstream, client);
  });
  const strike = () => {
    const kind = dice.pick(['cut', 'cut', 'stall', 'delay'] as const);
    faults[kind]++;
    if (kind === 'cut') for (const [client] of pairs) client.resetAndDestroy();
    else if (kind === 'stall') {
      stalled = true;
      later(dice.between(200, 1200), () => {
        stalled = false;
      });
    } else {
      delayMs = dice.between(20, 200);
      later(dice.between(500, 2000), () => {
        delayMs = 0;
      });
    }
    schedule();
  };
  const schedule = () => {
    if (everyMs !== undefined) timer = setTimeout(strike, everyMs * dice.between(0.5, 1.5));
  };
  const calmDown = () => {
    clearTimeout(timer);
    delayMs = 0;
    stalled = false;
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  schedule();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    calmDown,
    async close() {
      calmDown();
      for (const [client, upstream] of pairs) {
        client.destroy();
        upstream.destroy();
      }
      for (const one of waiting) clearTimeout(one);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

// A network in memory between clients and a fake server: delays, loses, repeats and reorders what it carries.
// All of it by a seed and by manual time, so that every run can be run again.
import type { ClientOptions } from '../api.ts';
import type { TransportFactory } from '../ports.ts';
import { lifeOf } from '../tokens.ts';
import { createFakeServer, type FakeServer } from './fake-server.ts';
import type { FakeConnection } from './fake-world.ts';
import { createManualTime, type ManualTime } from './time.ts';

export type { FakeServer } from './fake-server.ts';
export type { ManualTime } from './time.ts';

export interface Faults {
  /** Chance that a packet is lost; a lost request or answer ends in a timeout. */
  drop: number;
  /** Chance that a packet comes twice. */
  duplicate: number;
  /** Milliseconds; each packet takes between `min` and `max`. */
  min: number;
  max: number;
  /** Packets may overtake each other. */
  reorder: boolean;
}

export interface LossyNetwork {
  server: FakeServer;
  time: ManualTime;
  /** May be changed at any time. */
  faults: Faults;
  /** No connection can be made while true. */
  down: boolean;
  /** What `createClient` needs to be a client of this network; the token is the user's name. */
  clientOptions(
    user: string,
  ): Pick<
    ClientOptions,
    'url' | 'getToken' | 'transport' | 'clock' | 'timers' | 'random' | 'environment' | 'storage'
  >;
  /** Tells all clients that the page or the network came back. */
  wake(): void;
}

export function createLossyNetwork({ seed = 1, faults = {} as Partial<Faults> } = {}): LossyNetwork {
  const time = createManualTime();
  const server = createFakeServer(time.clock.now);
  const random = seeded(seed);
  const wakers = new Set<() => void>();

  const network: LossyNetwork = {
    server,
    time,
    faults: { drop: 0, duplicate: 0, min: 1, max: 5, reorder: false, ...faults },
    down: false,
    clientOptions: (user) => ({
      url: 'memory:',
      getToken: () => user,
      storage: null,
      transport,
      clock: time.clock,
      timers: time.timers,
      random,
      environment: {
        onWake(wake) {
          wakers.add(wake);
          return () => wakers.delete(wake);
        },
      },
    }),
    wake() {
      for (const wake of [...wakers]) wake();
    },
  };

  /** One direction of one connection. */
  function createLane() {
    let busyUntil = 0;
    return (deliver: () => void): void => {
      const { drop, duplicate, min, max, reorder } = network.faults;
      const copies = random() < drop ? 0 : random() < duplicate ? 2 : 1;
      for (let i = 0; i < copies; i++) {
        const due = time.clock.now() + min + random() * (max - min);
        if (!reorder) busyUntil = Math.max(busyUntil, due);
        time.timers.after((reorder ? due : busyUntil) - time.clock.now(), deliver);
      }
    };
  }

  const transport: TransportFactory = (_, handlers) => {
    let own: FakeConnection | undefined;
    let attempt = 0;
    let cancelExpiry = () => {};
    let up = createLane();
    let down = createLane();

    function end(): void {
      attempt += 1;
      cancelExpiry();
      if (own !== undefined) server.close(own);
      own = undefined;
    }
    /** As the server does: a connection ends with the newest token that it was given. */
    function awaitExpiry(connection: FakeConnection): void {
      const life = lifeOf(connection.token, time.clock.now());
      if (life === undefined) return;
      cancelExpiry = time.timers.after(life.leftMs, () => {
        const { leftMs = 0 } = lifeOf(connection.token, time.clock.now()) ?? {};
        if (leftMs > 0) awaitExpiry(connection);
        else connection.drop('io server disconnect');
      });
    }
    return {
      connect(token) {
        end();
        const mine = attempt;
        up = createLane();
        down = createLane();
        const lane = down;
        const alive = (deliver: () => void) => () => {
          if (mine === attempt) deliver();
        };
        time.timers.after(
          network.faults.min,
          alive(() => {
            if (network.down) return handlers.refused({ message: 'down' });
            own = server.open(token, {
              event: (name, payload) => lane(alive(() => handlers.event(name, structuredClone(payload)))),
              drop: (reason) =>
                time.timers.after(
                  network.faults.min,
                  alive(() => {
                    end();
                    handlers.disconnected(reason);
                  }),
                ),
            });
            if (own !== undefined) {
              awaitExpiry(own);
              return handlers.connected();
            }
            handlers.refused({ message: 'refused', code: 'unauthorized', reason: 'token_invalid' });
          }),
        );
      },
      disconnect: end,
      emit(name, input, ack) {
        const mine = own;
        const lane = down;
        const turn = attempt;
        up(() => {
          if (mine === undefined) return;
          const reply = server.handle(mine, name, structuredClone(input) as Record<string, unknown>);
          if (reply === undefined) return;
          lane(() => {
            if (turn === attempt) ack(structuredClone(reply));
          });
        });
      },
    };
  };
  return network;
}

/** mulberry32: small, fast, and the same everywhere. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

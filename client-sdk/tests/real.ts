// Clients of a real server inside the test process, and waiting for what their stores say.
import { startApp, type TestApp } from '../../tests/support/app.ts';
import type { Client, ClientOptions, Store, TransportFactory } from '../src/api.ts';
import { createClient, signIn } from '../src/index.ts';
import { socketTransport } from '../src/socket-transport.ts';

/** Resolves as soon as the store says so. The test's own time limit is the deadline. */
export function when<T>(store: Store<T>, condition: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const look = () => {
      const value = store.getSnapshot();
      if (!condition(value)) return;
      off();
      resolve(value);
    };
    const off = store.subscribe(look);
    look();
  });
}

/** A server, and people at it. `leave` closes the clients that were made since. */
export async function openWorld() {
  const app: TestApp = await startApp();
  const clients: Client[] = [];

  /** Signed in; `cut` breaks the connection as a lost network would. */
  async function enter(name: string, options: Partial<ClientOptions> = {}) {
    const { token, user } = await signIn(app.url, name);
    let cut = () => {};
    const transport: TransportFactory = (given, handlers) => {
      const inner = socketTransport(given, handlers);
      cut = () => {
        inner.disconnect();
        handlers.disconnected('transport close');
      };
      return inner;
    };
    const client = createClient({ url: app.url, getToken: () => token, transport, ...options });
    clients.push(client);
    client.connect();
    return { client, user, token, cut: () => cut() };
  }

  async function createRoom(who: { client: Client }, name: string) {
    const info = await who.client.rooms.create({ name });
    const room = who.client.room(info.id);
    room.join();
    await room.whenLive();
    return { info, room };
  }

  return {
    app,
    enter,
    createRoom,
    leave() {
      for (const client of clients.splice(0)) client.close();
    },
  };
}

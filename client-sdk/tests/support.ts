// A client on the network in memory, and the shortest way to say what a test needs.

import type { ClientOptions, RoomHandle, StorageLike } from '../src/api.ts';
import { createClient } from '../src/client.ts';
import { createLossyNetwork, type Faults } from '../src/testing/network.ts';

export function setUp({
  seed = 1,
  faults = {} as Partial<Faults>,
  user = 'ada',
  options = {} as Partial<ClientOptions>,
} = {}) {
  const network = createLossyNetwork({ seed, faults });
  const { server, time } = network;
  const lobby = server.createRoom('lobby');
  server.user(user);
  const client = createClient({ ...network.clientOptions(user), ...options });
  return { network, server, time, lobby, client };
}

/** Connected, in the lobby, everything settled. */
export async function setUpLive(setup: Parameters<typeof setUp>[0] = {}, messages = 0) {
  const world = setUp(setup);
  for (let i = 1; i <= messages; i++) world.server.post('lobby', 'bob', `m${i}`);
  const room = world.client.room('lobby');
  room.join();
  world.client.connect();
  await world.time.advance(100);
  return { ...world, room };
}

export const bodies = (room: RoomHandle): string[] =>
  room.getSnapshot().messages.map((message) => message.body);

export function createMemoryStorage(): StorageLike & { readonly map: Map<string, string> } {
  const map = new Map<string, string>();
  return {
    map,
    get length() {
      return map.size;
    },
    key: (index) => [...map.keys()][index] ?? null,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
  };
}

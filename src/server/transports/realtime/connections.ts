// The connections of this node by their users, and how to close them.
import type { LiveConnection } from '../../../core/connections.ts';
import type { SeatSeen } from '../../../core/deliveries.ts';
import type { Ending } from '../../../core/revocations.ts';
import type { Scope } from '../../../core/scope.ts';

export interface LocalConnections {
  /**
   * @param seats its places in a room
   * @returns takes it out again
   */
  add(
    connection: LiveConnection,
    scope: Scope,
    hangUp: (ending: Ending) => void,
    seats: (roomId: string) => SeatSeen[],
  ): () => void;
  /** Places of a user's connections in a room. */
  seats(tenantId: string, userId: string, roomId: string): SeatSeen[];
  list(tenantId: string, userId: string): LiveConnection[];
  disconnect(tenantId: string, userId: string): LiveConnection[];
}

interface Held {
  connection: LiveConnection;
  hangUp: (ending: Ending) => void;
  seats: (roomId: string) => SeatSeen[];
}

export function createLocalConnections(): LocalConnections {
  const users = new Map<string, Set<Held>>();
  const keyOf = (tenantId: string, userId: string) => `${tenantId}:${userId}`;
  const list = (tenantId: string, userId: string) =>
    [...(users.get(keyOf(tenantId, userId)) ?? [])].map((held) => held.connection);
  return {
    add(connection, { tenantId, user }, hangUp, seats) {
      const key = keyOf(tenantId, user.id);
      let mine = users.get(key);
      if (mine === undefined) {
        mine = new Set();
        users.set(key, mine);
      }
      const held = { connection, hangUp, seats };
      mine.add(held);
      return () => {
        mine.delete(held);
        if (mine.size === 0 && users.get(key) === mine) users.delete(key);
      };
    },
    list,
    seats: (tenantId, userId, roomId) =>
      [...(users.get(keyOf(tenantId, userId)) ?? [])].flatMap((held) => held.seats(roomId)),
    disconnect(tenantId, userId) {
      const closed = list(tenantId, userId);
      for (const { hangUp } of [...(users.get(keyOf(tenantId, userId)) ?? [])])
        hangUp({ code: 4002, reason: 'disconnected' });
      return closed;
    },
  };
}

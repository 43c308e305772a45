// Presence: people by their connections, agents by their membership. Signals only; nothing is stored (P7).
import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import type { Seat } from '../../core/module.ts';
import type { MembershipChanged, RoomsService } from '../rooms/service.ts';
import type { PresenceMeta, PresenceState } from './contract.ts';
import type { PresenceChange, Roster } from './roster.ts';

export type PresenceService = ReturnType<typeof createPresenceService>;

export interface PresenceDeps {
  clock: Clock;
  database: Database;
  events: Events;
  rooms: RoomsService;
  roster: Roster;
  signal(roomId: string, type: string, payload: object): void;
}

const agentSeat = (agentId: string) => `agent:${agentId}`;

export function createPresenceService({ clock, database, events, rooms, roster, signal }: PresenceDeps) {
  /** Rooms someone here listens to, and how many seats: agents are tracked in these only. */
  const listened = new Map<string, number>();
  const startedAt = clock.date().toISOString();

  function announce(roomId: string, change: PresenceChange | undefined): void {
    if (change !== undefined) signal(roomId, 'presence_diff', { roomId, ...change });
  }

  function trackAgent(roomId: string, agentId: string): PresenceChange {
    return roster.track(roomId, agentSeat(agentId), agentId, {
      role: 'agent',
      onlineAt: startedAt,
      aiStatus: 'idle',
    });
  }

  events.on<MembershipChanged>('membership.changed', async (tx, changes) => {
    database.afterCommit(tx, () => {
      for (const { roomId, user, change } of changes) {
        if (user.kind !== 'agent' || !listened.has(roomId)) continue;
        announce(
          roomId,
          change === 'joined' ? trackAgent(roomId, user.id) : roster.untrack(roomId, agentSeat(user.id)),
        );
      }
    });
  });

  return {
    list: (roomId: string): PresenceState => roster.list(roomId),

    /** Before a seat's join is answered: makes the room's agents present. */
    async open(roomId: string): Promise<void> {
      const seats = listened.get(roomId) ?? 0;
      listened.set(roomId, seats + 1);
      if (seats > 0) return;
      try {
        for (const { user } of await rooms.agentsIn(database.db, roomId)) {
          if (roster.list(roomId)[user.id] === undefined) announce(roomId, trackAgent(roomId, user.id));
        }
      } catch (error) {
        this.close(roomId);
        throw error;
      }
    },

    close(roomId: string): void {
      const seats = (listened.get(roomId) ?? 1) - 1;
      if (seats > 0) return void listened.set(roomId, seats);
      listened.delete(roomId);
      for (const [userId, { metas }] of Object.entries(roster.list(roomId))) {
        if (metas.some((meta) => meta.role === 'agent')) roster.untrack(roomId, agentSeat(userId));
      }
    },

    enter(roomId: string, seat: Seat): void {
      const meta: Omit<PresenceMeta, 'phx_ref'> = {
        role: seat.scope.user.kind,
        onlineAt: clock.date().toISOString(),
      };
      announce(roomId, roster.track(roomId, seat.id, seat.scope.user.id, meta));
      seat.push('presence_state', { roomId, presence: roster.list(roomId) });
    },

    leave(roomId: string, seat: Seat): void {
      announce(roomId, roster.untrack(roomId, seat.id));
    },

    /** What an agent is doing, for everyone who looks at the room on this node. */
    setAgentStatus(roomId: string, agentId: string, aiStatus: NonNullable<PresenceMeta['aiStatus']>): void {
      announce(roomId, roster.update(roomId, agentSeat(agentId), { aiStatus }));
    },
  };
}

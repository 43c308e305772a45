// Presence: people by their connections, agents by their membership. Signals only; nothing is stored (P7).
// A connection that broke keeps its place for a moment, so that a reload is no leave and join.
import type { Bus, BusMessage } from '../../core/bus.ts';
import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import type { Seat } from '../../core/module.ts';
import type { Pace } from '../../core/pace.ts';
import { jsonOfShared } from '../../core/shared-json.ts';
import type { MembershipChanged, RoomsService } from '../rooms/service.ts';
import type { PresenceMeta, PresenceState } from './contract.ts';
import { type GatheredChange, gather, told } from './gather.ts';
import { agentSeat, type PresenceChange, type Roster } from './roster.ts';

export type PresenceService = ReturnType<typeof createPresenceService>;

export interface PresenceDeps {
  clock: Clock;
  database: Database;
  events: Events;
  rooms: RoomsService;
  roster: Roster;
  bus: Bus;
  pace: Pace;
  /** How long a broken connection keeps its place, in ms. */
  graceMs: number;
}

type AiStatus = NonNullable<PresenceMeta['aiStatus']>;
type AgentNews = { agentId: string; status: AiStatus } | { agentId: string; change: 'joined' | 'left' };

interface Listened {
  /** By `clock.elapsed()`. */
  since: number;
  seats: number;
  unsubscribe: () => void;
  /** Seats of this node that are shown, up to SHOWN. */
  shown: Set<string>;
  /** Seats that wait for a place among those shown: they are only counted. */
  counted: Map<string, Seat>;
  countTimer: NodeJS.Timeout | undefined;
}

/**
 * Connections of one room that a node shows one by one. Showing everyone to everyone costs the square of their number;
 * beyond this, others are a number in `presence_count`.
 */
const SHOWN = 250;
/** Other nodes answer within this who they have in a room. */
const ANSWERS_MS = 250;
const COUNT_EVERY_MS = 1000;

/** Every node keeps the agents of the rooms it listens to, and hears of them here. */
const agentsTopic = (roomId: string) => `agents:${roomId}`;

export function createPresenceService({
  clock,
  database,
  events,
  rooms,
  roster,
  bus,
  pace,
  graceMs,
}: PresenceDeps) {
  const listened = new Map<string, Listened>();
  const leaving = new Set<NodeJS.Timeout>();
  const startedAt = clock.date().toISOString();

  /** Changes that are told together when the turn, or the room's rest, is over. */
  const untold = new Map<string, GatheredChange>();
  /** What a room's newcomers are sent, until something changes. */
  const snapshots = new Map<string, { state: PresenceState; json: string }>();

  /** To the connections of this node: every node announces to its own. */
  function announce(roomId: string, change: PresenceChange | undefined): void {
    if (change === undefined) return;
    snapshots.delete(roomId);
    const gathered = untold.get(roomId);
    if (gathered !== undefined) return gather(gathered, change);
    const first: GatheredChange = { joins: new Map(), leaves: new Map() };
    gather(first, change);
    untold.set(roomId, first);
    const rest = pace.rest(`room:${roomId}`);
    if (rest > 0) setTimeout(tell, rest, roomId).unref();
    else setImmediate(tell, roomId);
  }

  function tell(roomId: string): void {
    const gathered = untold.get(roomId);
    untold.delete(roomId);
    if (gathered === undefined || gathered.joins.size + gathered.leaves.size === 0) return;
    bus.publishLocal(`room:${roomId}`, {
      kind: 'signal',
      type: 'presence_diff',
      json: JSON.stringify({ roomId, ...told(gathered) }),
    });
  }

  function snapshot(roomId: string): { state: PresenceState; json: string } {
    let found = snapshots.get(roomId);
    if (found === undefined) {
      const state = roster.list(roomId);
      found = { state, json: `{"roomId":${JSON.stringify(roomId)},"presence":${jsonOfShared(state)}}` };
      if (listened.has(roomId)) snapshots.set(roomId, found);
    }
    return found;
  }

  const pushState = (roomId: string, seat: Seat): void =>
    seat.pushJson('presence_state', snapshot(roomId).json);

  function tellOfAgent(roomId: string, news: AgentNews): void {
    bus.publish(agentsTopic(roomId), { kind: 'signal', type: 'agent', json: JSON.stringify(news) });
  }

  function hearOfAgent(roomId: string, message: BusMessage): void {
    if (message.kind !== 'signal' || !listened.has(roomId)) return;
    const news = JSON.parse(message.json) as AgentNews;
    const seat = agentSeat(news.agentId);
    if ('status' in news) announce(roomId, roster.update(roomId, seat, { aiStatus: news.status }));
    else if (news.change === 'left') announce(roomId, roster.untrack(roomId, seat));
    else if (!roster.has(roomId, seat)) announce(roomId, trackAgent(roomId, news.agentId));
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
        if (user.kind === 'agent') tellOfAgent(roomId, { agentId: user.id, change });
      }
    });
  });

  function show(roomId: string, room: Listened, seat: Seat): void {
    room.shown.add(seat.id);
    const meta: Omit<PresenceMeta, 'phx_ref'> = {
      role: seat.scope.user.kind,
      onlineAt: clock.date().toISOString(),
    };
    announce(roomId, roster.track(roomId, seat.id, seat.scope.user.id, meta));
  }

  function hide(roomId: string, seat: Seat): void {
    const room = listened.get(roomId);
    if (room === undefined) return;
    if (!room.shown.delete(seat.id)) {
      room.counted.delete(seat.id);
      return tellCount(roomId, room);
    }
    announce(roomId, roster.untrack(roomId, seat.id));
    const [next] = room.counted.values();
    if (next === undefined) return;
    room.counted.delete(next.id);
    show(roomId, room, next);
    tellCount(roomId, room);
  }

  /** At most once a second: how many connections there are, shown or not. */
  function tellCount(roomId: string, room: Listened): void {
    if (room.countTimer !== undefined) return;
    room.countTimer = setTimeout(() => {
      room.countTimer = undefined;
      const json = JSON.stringify({
        roomId,
        connections: room.shown.size + room.counted.size,
        shown: room.shown.size,
      });
      bus.publishLocal(`room:${roomId}`, { kind: 'signal', type: 'presence_count', json });
    }, COUNT_EVERY_MS);
    room.countTimer.unref();
  }

  function close(roomId: string): void {
    const room = listened.get(roomId);
    if (room === undefined) return;
    room.seats--;
    if (room.seats > 0) return;
    room.unsubscribe();
    clearTimeout(room.countTimer);
    listened.delete(roomId);
    snapshots.delete(roomId);
    for (const [userId, { metas }] of Object.entries(roster.list(roomId))) {
      if (metas.some((meta) => meta.role === 'agent')) roster.untrack(roomId, agentSeat(userId));
    }
    roster.close(roomId);
  }

  function peopleIn(roomId: string): string[] {
    const shown = Object.entries(roster.list(roomId)).filter(([, { metas }]) =>
      metas.some(({ role }) => role === 'human'),
    );
    const counted = [...(listened.get(roomId)?.counted.values() ?? [])].filter(
      ({ scope }) => scope.user.kind === 'human',
    );
    return [...new Set([...shown.map(([id]) => id), ...counted.map(({ scope }) => scope.user.id)])];
  }

  /** Before a seat's join is answered: makes the room's agents present. Every call is made good by `leave` or `close`. */
  async function open(roomId: string): Promise<void> {
    const room = listened.get(roomId);
    if (room !== undefined) {
      room.seats++;
      return;
    }
    const unsubscribe = bus.subscribe(agentsTopic(roomId), (message) => hearOfAgent(roomId, message));
    listened.set(roomId, {
      since: clock.elapsed(),
      seats: 1,
      unsubscribe,
      shown: new Set(),
      counted: new Map(),
      countTimer: undefined,
    });
    roster.open(roomId);
    try {
      for (const { user } of await rooms.agentsIn(database.db, roomId)) {
        if (listened.has(roomId) && !roster.has(roomId, agentSeat(user.id)))
          announce(roomId, trackAgent(roomId, user.id));
      }
    } catch (error) {
      close(roomId);
      throw error;
    }
  }

  return {
    /** Shared: not to be changed. */
    list: (roomId: string): PresenceState => snapshot(roomId).state,
    /** Changes that other nodes tell of. */
    announce,

    /** The people who are connected to a room now, as far as nodes tell within a moment. Only a room new to this node is waited for. */
    async present(roomId: string): Promise<string[]> {
      if (!roster.asksOthers) return peopleIn(roomId);
      await open(roomId);
      try {
        const heardFor = clock.elapsed() - (listened.get(roomId)?.since ?? 0);
        if (heardFor < ANSWERS_MS) await clock.sleep(ANSWERS_MS - heardFor);
        return peopleIn(roomId);
      } finally {
        close(roomId);
      }
    },

    open,
    close,

    enter(roomId: string, seat: Seat): void {
      const room = listened.get(roomId);
      if (room === undefined) return;
      if (room.shown.size < SHOWN) {
        show(roomId, room, seat);
        return pushState(roomId, seat);
      }
      room.counted.set(seat.id, seat);
      pushState(roomId, seat);
      tellCount(roomId, room);
    },

    /** Adds to what others see of a seat; its ref and role stay the server's. */
    update(roomId: string, seat: Seat, meta: object): void {
      const { phx_ref: _ref, phx_ref_prev: _prev, role: _role, ...rest } = meta as Partial<PresenceMeta>;
      announce(roomId, roster.update(roomId, seat.id, rest));
    },

    leave(roomId: string, seat: Seat, abrupt: boolean): void {
      const go = () => {
        hide(roomId, seat);
        close(roomId);
      };
      if (!abrupt || graceMs === 0) return go();
      const timer = setTimeout(() => {
        leaving.delete(timer);
        go();
      }, graceMs);
      timer.unref();
      leaving.add(timer);
    },

    /** What an agent is doing, for everyone who looks at the room. */
    setAgentStatus: (roomId: string, agentId: string, status: AiStatus): void =>
      tellOfAgent(roomId, { agentId, status }),

    start: () => roster.start(),
    stop(): void {
      for (const timer of leaving) clearTimeout(timer);
      for (const room of listened.values()) clearTimeout(room.countTimer);
      roster.stop();
    },
  };
}

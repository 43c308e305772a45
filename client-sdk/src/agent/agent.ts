// Reads the rooms in order, asks the program for an answer to what is meant for it, and sends it under an id made of the
// question's. Must never answer itself, nor other agents unless told to, and never put an error into a room.
import type { ChatMessage, Client, ClientOptions, Off, RoomHandle } from '../api.ts';
import { createClient } from '../client.ts';
import { ParleyError } from '../error.ts';
import { answerId } from './answer-id.ts';

/** Messages that came while it was away are answered too, the newest so many of a room. */
const MAX_MISSED = 200;

/** One message that is meant for the agent. */
export interface Ask {
  readonly message: ChatMessage;
  readonly room: RoomHandle;
  /** What was said before it and is loaded, oldest first. */
  readonly before: readonly ChatMessage[];
  readonly client: Client;
  /** Fires when the agent stops. */
  readonly signal: AbortSignal;
}

export interface AgentOptions extends ClientOptions {
  /** Rooms by id or slug; without it, every room that it is a member of, also those it is put into later. */
  rooms?: readonly string[];
  /** Answers with the words to say, or nothing to stay silent. In each room it is asked one message after the other. */
  answer: (ask: Ask) => string | undefined | Promise<string | undefined>;
  /**
   * What is meant for it. Unless told: what mentions it, and everything in direct rooms. Its own words never are, and
   * those of other agents only with `hearsAgents`.
   */
  isMeant?: (message: ChatMessage, room: RoomHandle) => boolean;
  /** Two agents that answer each other do not stop by themselves: count your turns. */
  hearsAgents?: boolean;
  /** Told of every failure; the room is not. */
  onError?: (error: unknown, ask?: Ask) => void;
}

export interface Agent {
  readonly client: Client;
  /**
   * Resolves once it listens to its rooms; what was meant for it since it last read them is being answered then. Rejects when it
   * may not sign in.
   */
  start(): Promise<void>;
  /** Stops listening; what is being answered is given the signal and its answer is not sent. */
  stop(): Promise<void>;
}

interface Seat {
  room: RoomHandle;
  off: Off;
  working: Promise<void>;
}

/** Makes an agent; it does nothing before `start()`. */
export function createAgent(options: AgentOptions): Agent {
  const { rooms, answer, isMeant = isAddressed, hearsAgents = false, onError = report, ...more } = options;
  const client = createClient(more);
  const seats = new Map<string, Seat>();
  const places = new Map<string, number>();
  const over = new AbortController();
  const offs: Off[] = [];

  /** How far it read: where the server's mark of its membership stood, and from there on its own count. */
  function place(room: RoomHandle): number {
    const { room: info, me, lastSeq } = room.getSnapshot();
    if (info === undefined) return lastSeq;
    const known = places.get(info.id) ?? me?.readSeq ?? lastSeq;
    places.set(info.id, known);
    return known;
  }
  function setPlace(room: RoomHandle, roomId: string, seq: number): void {
    places.set(roomId, seq);
    room.markRead(seq).catch(() => {});
  }

  function sit(key: string): void {
    if (seats.has(key)) return;
    const room = client.room(key);
    const seat: Seat = { room, off: () => {}, working: Promise.resolve() };
    seats.set(key, seat);
    let looking = false;
    const look = () => {
      if (looking || over.signal.aborted || room.getSnapshot().status !== 'live') return;
      looking = true;
      seat.working = read(room).then(
        () => {
          looking = false;
          if (isBehind(room)) look();
        },
        (error) => {
          // The room's next change is the next try.
          looking = false;
          if (!over.signal.aborted) onError(error);
        },
      );
    };
    const unsubscribe = room.subscribe(look);
    const leave = room.join();
    seat.off = () => {
      unsubscribe();
      leave();
    };
    look();
  }

  function isBehind(room: RoomHandle): boolean {
    const { status, lastSeq } = room.getSnapshot();
    return status === 'live' && lastSeq > place(room);
  }

  /** Goes through what came since its place, in order. */
  async function read(room: RoomHandle): Promise<void> {
    const { room: info, lastSeq } = room.getSnapshot();
    const since = place(room);
    if (info === undefined || lastSeq <= since) return;
    await loadSince(room, since);
    const { messages } = room.getSnapshot();
    const fresh = messages.filter((m) => m.delivery === undefined && m.seq > since && m.seq <= lastSeq);
    for (const message of fresh) {
      if (over.signal.aborted) return;
      await attend(message, room);
      if (over.signal.aborted) return;
      setPlace(room, info.id, message.seq);
    }
    setPlace(room, info.id, lastSeq);
  }

  async function loadSince(room: RoomHandle, since: number): Promise<void> {
    for (let loaded = 0; loaded < MAX_MISSED; loaded += 50) {
      const { messages, hasMoreBefore } = room.getSnapshot();
      const oldest = messages.find((m) => m.delivery === undefined);
      if (!hasMoreBefore || oldest === undefined || oldest.seq <= since + 1) return;
      await room.messages.loadBefore(50, { signal: over.signal });
    }
  }

  async function attend(message: ChatMessage, room: RoomHandle): Promise<void> {
    const me = client.state.getSnapshot().me;
    if (me === undefined || message.author.id === me.id || message.deletedAt !== undefined) return;
    if ((message.author.kind === 'agent' && !hearsAgents) || !isMeant(message, room)) return;
    const all = room.getSnapshot().messages;
    const before = all.filter((m) => m.delivery === undefined && m.seq < message.seq);
    const ask: Ask = { message, room, before, client, signal: over.signal };
    try {
      room.setTyping(true);
      const words = await answer(ask);
      if (over.signal.aborted || words === undefined || words.trim() === '') return;
      const id = await answerId(me.id, message.id);
      const { threadId } = message;
      await room.messages.send(words, { id, ...(threadId === undefined ? {} : { threadId }) }).confirmed;
    } catch (error) {
      if (over.signal.aborted) return;
      // Another copy of it, or this one before it was killed, has answered in other words.
      if (error instanceof ParleyError && error.reason === 'message_id_reused') discard(room, message);
      else onError(error, ask);
    } finally {
      room.setTyping(false);
    }
  }

  /** The words that lost are not kept as a failed message. */
  async function discard(room: RoomHandle, message: ChatMessage): Promise<void> {
    const me = client.state.getSnapshot().me;
    if (me !== undefined) room.messages.handle(await answerId(me.id, message.id))?.discard();
  }

  function isAddressed(message: ChatMessage, room: RoomHandle): boolean {
    const me = client.state.getSnapshot().me;
    return room.getSnapshot().room?.kind === 'direct' || message.mentions.some((at) => at.userId === me?.id);
  }

  function sitEverywhere(): void {
    for (const room of client.rooms.getSnapshot().list) sit(room.id);
  }

  return {
    client,
    start() {
      client.connect();
      return new Promise((resolve, reject) => {
        let isSeated = false;
        const look = () => {
          const { status, error } = client.state.getSnapshot();
          if (status === 'unauthorized' || status === 'closed')
            return reject(error ?? new ParleyError('closed', 'closed', 'The agent was stopped'));
          if (status !== 'online' && status !== 'catching-up') return;
          if (!isSeated) {
            isSeated = true;
            if (rooms === undefined) {
              offs.push(client.rooms.subscribe(sitEverywhere));
              sitEverywhere();
            } else for (const key of rooms) sit(key);
          }
          if (status !== 'online' || (rooms === undefined && client.rooms.getSnapshot().status !== 'ready'))
            return;
          const settled = [...seats.values()].map(({ room }) =>
            room.whenLive({ signal: over.signal }).catch((error) => onError(error)),
          );
          Promise.all(settled).then(() => resolve());
        };
        offs.push(client.state.subscribe(look), client.rooms.subscribe(look));
        look();
      });
    },
    async stop() {
      over.abort();
      for (const off of offs.splice(0)) off();
      for (const seat of seats.values()) seat.off();
      await Promise.all([...seats.values()].map((seat) => seat.working));
      client.close();
    },
  };
}

function report(error: unknown): void {
  console.error(error);
}

// Reads the rooms in order, asks the program for an answer to what is meant for it, and sends it under an id made of the
// question's. Must never answer itself, nor other agents unless told to, and never put an error into a room.
import type { ChatMessage, Off, RoomHandle } from '../api.ts';
import { createClient } from '../client.ts';
import { ParleyError } from '../error.ts';
import type { LogEvent, Message } from '../wire.ts';
import type { Agent, AgentOptions, Ask, Press } from './agent-api.ts';
import { answerId } from './answer-id.ts';
import { createCommandCalls } from './command-calls.ts';
import { createPresses, type FoundPress } from './presses.ts';

export type * from './agent-api.ts';

/** Messages that came while it was away are answered too, the newest so many of a room. */
const MAX_MISSED = 200;
/** Presses of cards that came while it was away are looked for in the newest so many entries of a room's log. */
const MAX_MISSED_ENTRIES = 2000;

interface Seat {
  room: RoomHandle;
  off: Off;
  working: Promise<void>;
}

/** Makes an agent; it does nothing before `start()`. */
export function createAgent(options: AgentOptions): Agent {
  const { rooms, answer, onCard, onCommand, commandSecrets = [], onError = report, ...rest } = options;
  const { isMeant = isAddressed, hearsAgents = false, ...more } = rest;
  const client = createClient(more);
  const seats = new Map<string, Seat>();
  const places = new Map<string, number>();
  const presses = createPresses();
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
    const others = fresh.length < lastSeq - since ? await pressesSince(info.id, since, lastSeq) : [];
    const todo = [
      ...fresh.map((message) => ({ seq: message.seq, attend: () => attend(message, room) })),
      ...others.map((found) => ({ seq: found.seq, attend: () => attendPress(found, room) })),
    ].sort((a, b) => a.seq - b.seq);
    for (const one of todo) {
      if (over.signal.aborted) return;
      await one.attend();
      if (over.signal.aborted) return;
      setPlace(room, info.id, one.seq);
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

  /** What was done with its cards since then, out of the log: they may hang on messages of long ago. */
  async function pressesSince(roomId: string, since: number, upTo: number): Promise<FoundPress[]> {
    const myId = client.state.getSnapshot().me?.id;
    if (onCard === undefined || myId === undefined) return [];
    const entries: LogEvent[] = [];
    let afterSeq = Math.max(since, upTo - MAX_MISSED_ENTRIES);
    while (afterSeq < upTo) {
      const page = await client.call('list_events', { roomId, afterSeq }, { signal: over.signal });
      const last = page.events.at(-1);
      if (page.resync || last === undefined) break;
      entries.push(...page.events.filter(({ seq }) => seq <= upTo));
      afterSeq = last.seq;
    }
    return presses.find(entries, myId);
  }

  async function attend(message: ChatMessage, room: RoomHandle): Promise<void> {
    const me = client.state.getSnapshot().me;
    if (me === undefined || message.author.id === me.id || message.deletedAt !== undefined) return;
    if (answer === undefined) return;
    if ((message.author.kind === 'agent' && !hearsAgents) || !isMeant(message, room)) return;
    const all = room.getSnapshot().messages;
    const before = all.filter((m) => m.delivery === undefined && m.seq < message.seq);
    const ask: Ask = { message, room, before, client, signal: over.signal };
    try {
      room.setTyping(true);
      await say(room, await answerId(me.id, message.id), message, await answer(ask));
    } catch (error) {
      if (!over.signal.aborted) onError(error, ask);
    } finally {
      room.setTyping(false);
    }
  }

  async function attendPress({ message, state, perhapsTold }: FoundPress, room: RoomHandle): Promise<void> {
    const me = client.state.getSnapshot().me;
    if (me === undefined || onCard === undefined || message.deletedAt !== undefined) return;
    const press: Press = { message, ...state, room, client, signal: over.signal };
    try {
      const id = await answerId(me.id, `${message.id}:${state.actionId}:${state.count}`);
      if (perhapsTold && (await exists(id))) return;
      await say(room, id, message, await onCard(press));
    } catch (error) {
      if (!over.signal.aborted) onError(error, press);
    }
  }

  const exists = (messageId: string): Promise<boolean> =>
    client.call('get_message', { messageId }, { signal: over.signal }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ParleyError && error.code === 'not_found') return false;
        throw error;
      },
    );

  /** Answers where it was asked, under the id that makes the answer one. */
  async function say(room: RoomHandle, id: string, to: Message, words: string | undefined): Promise<void> {
    if (over.signal.aborted || words === undefined || words.trim() === '') return;
    const { threadId } = to;
    const sent = room.messages.send(words, { id, ...(threadId === undefined ? {} : { threadId }) });
    try {
      await sent.confirmed;
    } catch (error) {
      // Another copy of it, or this one before it was killed, has answered in other words. The ones that lost are not kept as a failed message.
      if (!(error instanceof ParleyError && error.reason === 'message_id_reused')) throw error;
      sent.discard();
    }
  }

  function isAddressed(message: ChatMessage, room: RoomHandle): boolean {
    const me = client.state.getSnapshot().me;
    return room.getSnapshot().room?.kind === 'direct' || message.mentions.some((at) => at.userId === me?.id);
  }

  function sitEverywhere(): void {
    for (const room of client.rooms.getSnapshot().list) sit(room.id);
  }

  const calls =
    onCommand === undefined
      ? undefined
      : createCommandCalls({ client, secrets: commandSecrets, onCommand, onError });

  return {
    client,
    async receive(request) {
      if (calls === undefined) throw new Error('The agent carries out no commands: give it onCommand.');
      return calls.receive(request);
    },
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

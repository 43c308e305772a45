// The parts of one room beside its messages, made when they are first asked for, and told of what happens in it.
// Must never hold a rule of its own.
import type { Commands, History, Messages, Off, Pins, Rights, RoomHandle, ThreadHandle } from './api.ts';
import { createCommands } from './commands.ts';
import type { Drafts } from './drafts.ts';
import { createHistory } from './history.ts';
import { createPins } from './pins.ts';
import type { Clock, Timers } from './ports.ts';
import type { PrivateReplies } from './private-replies.ts';
import { createRights } from './rights.ts';
import type { RoomContext, RoomPart } from './room-part.ts';
import { createThread } from './thread.ts';

export interface RoomPartsOptions extends RoomContext {
  drafts: Drafts;
  clock: Clock;
  timers: Timers;
  random: () => number;
  subscribe(listener: () => void): Off;
  changeReplies(how: (replies: PrivateReplies) => PrivateReplies): void;
  send: Messages['send'];
  /** The message was sent by this client, not on another device of mine. */
  isFromHere(id: string): boolean;
}

export function createRoomParts(room: RoomPartsOptions): Required<Omit<RoomPart, 'live'>> & {
  pins: Pins;
  rights: Rights;
  commands: Commands;
  history: History;
  thread: RoomHandle['thread'];
} {
  const { timers, random, drafts } = room;
  const pins = createPins(room);
  const threads = new Map<string, ThreadHandle>();
  const history = createHistory(room);
  const rights = createRights(room);
  const commands = createCommands(room);
  const parts: RoomPart[] = [pins.part, history.part, rights.part, commands.part];
  let wasLive = false;

  return {
    pins: pins.api,
    rights: rights.api,
    commands: commands.api,
    history: history.api,
    thread(rootId) {
      const known = threads.get(rootId);
      if (known !== undefined) return known;
      const { handle, part } = createThread(rootId, room, {
        timers,
        random,
        draft: drafts.at(room.key, rootId),
        send: (body, options) => room.send(body, { ...options, threadId: rootId }),
      });
      threads.set(rootId, handle);
      parts.push(part);
      return handle;
    },
    entries(entries) {
      drafts.entries(room.key, entries, room.isFromHere);
      for (const part of parts) part.entries(entries);
    },
    signal(name, payload) {
      for (const part of parts) part.signal(name, payload);
    },
    reset() {
      for (const part of parts) part.reset();
    },
    forget() {
      for (const part of parts) part.forget();
    },
    isPaging: () => parts.some((part) => part.isPaging?.() === true),
    cut(gone) {
      for (const part of parts) part.cut?.(gone);
    },
    show() {
      const live = room.isLive();
      const came = live && !wasLive;
      wasLive = live;
      for (const part of parts) {
        if (came) part.live();
        part.show();
      }
    },
  };
}

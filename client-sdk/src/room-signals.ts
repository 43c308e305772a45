// Signals of a room: typing, presence, reads, agents. May be lost; nothing here may be needed for being right.
// Pure; must never touch the messages.
import { type Agents, applyThinking, applyTool, isEnd } from './activity.ts';
import { applyDiff, type Presence, summarise } from './presence.ts';
import { noReplies, type PrivateReplies } from './private-replies.ts';
import { applyRead, applyUnread, type RoomData } from './room-data.ts';
import { addDelta, dropStale, endRun, nextStale } from './streams.ts';
import type { Events, PresenceState } from './wire.ts';

export interface RoomSignals {
  readonly metas: PresenceState;
  readonly presence: Presence;
  readonly agents: Agents;
  readonly reads: Readonly<Record<string, number>>;
  readonly replies: PrivateReplies;
}
export interface RoomState extends RoomData, RoomSignals {}

export const noSignals: RoomSignals = { metas: {}, presence: {}, agents: {}, reads: {}, replies: noReplies };

export function setPresence(state: RoomState, metas: PresenceState): RoomState {
  return { ...state, metas, presence: summarise(metas, state.presence) };
}

/** A connection that was lost has missed how runs and typing ended. */
export const forgetActivity = (state: RoomState): RoomState => ({ ...state, agents: {}, typing: {} });

export function applySignal(state: RoomState, name: string, payload: unknown, now: number): RoomState {
  switch (name) {
    case 'typing':
      return applyTyping(state, payload as Events['typing'], now);
    case 'presence_state':
      return setPresence(state, (payload as Events['presence_state']).presence);
    case 'presence_diff': {
      const { joins, leaves } = payload as Events['presence_diff'];
      return setPresence(state, applyDiff(state.metas, joins, leaves));
    }
    case 'read': {
      const { userId, readSeq } = payload as Events['read'];
      const mine = userId === state.me?.user.id;
      const ends = mine && state.me?.unreadFrom !== undefined && readSeq >= state.me.readSeq;
      if ((state.reads[userId] ?? -1) >= readSeq && !ends) return state;
      const moved = mine ? { ...state, ...applyRead(state, readSeq) } : state;
      return { ...moved, reads: { ...state.reads, [userId]: readSeq } };
    }
    case 'room_unread':
      return { ...state, ...applyUnread(state, (payload as Events['room_unread']).me) };
    case 'agent_thinking': {
      const event = payload as Events['agent_thinking'];
      const agents = applyThinking(state.agents, event, now);
      const streams = isEnd(event.status)
        ? endRun(state.streams, event.runId, event.status, now)
        : state.streams;
      return agents === state.agents && streams === state.streams ? state : { ...state, agents, streams };
    }
    case 'tool_execution':
      return { ...state, agents: applyTool(state.agents, payload as Events['tool_execution'], now) };
    case 'agent_message_delta':
      return applyDelta(state, payload as Events['agent_message_delta'], now);
    default:
      return state;
  }
}

/** How far back a late delta is recognised as belonging to a message that is already there. */
const RECENT = 200;

function applyDelta(state: RoomState, delta: Events['agent_message_delta'], now: number): RoomState {
  if (state.list.slice(-RECENT).some((message) => message.id === delta.messageId)) return state;
  const streams = addDelta(state.streams, delta, now);
  return streams === state.streams ? state : { ...state, streams };
}

function applyTyping(state: RoomState, event: Events['typing'], now: number): RoomState {
  if (event.userId === state.me?.user.id) return state;
  if (event.on) return { ...state, typing: { ...state.typing, [event.userId]: now + event.expiresInMs } };
  if (!(event.userId in state.typing)) return state;
  const { [event.userId]: _, ...typing } = state.typing;
  return { ...state, typing };
}

/** Drops what has run out by `now`. */
export function expire(state: RoomState, now: number): RoomState {
  const streams = dropStale(state.streams, now);
  const left = Object.entries(state.typing).filter(([, until]) => until > now);
  const typing = left.length === Object.keys(state.typing).length ? state.typing : Object.fromEntries(left);
  return streams === state.streams && typing === state.typing ? state : { ...state, streams, typing };
}

/** When `expire` has something to do next, in milliseconds since 1970; undefined if never. */
export function nextExpiry(state: RoomState): number | undefined {
  const times = Object.values(state.typing);
  const stream = nextStale(state.streams);
  if (stream !== undefined) times.push(stream);
  return times.length === 0 ? undefined : Math.min(...times);
}

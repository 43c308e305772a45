// What a room hears while an agent works: status, text, tools. Signals only; losing one costs nothing (P7). Whoever comes late
// is sent the text so far. Must fall silent the moment the run is stopped.
import type { Bus } from '../../core/bus.ts';
import type { MessageLog } from '../../server/messages/service.ts';
import type { AgentStatus } from '../contract.ts';
import type { Delta } from './draft.ts';
import type { RestingRun } from './partials-repository.ts';
import { replyId } from './reply-id.ts';

/** Presence as agents need it. Must not throw and must not wait. */
export interface AgentPresence {
  setAgentStatus(roomId: string, agentId: string, status: 'thinking' | 'editing' | 'idle' | 'error'): void;
}

export interface RunPlace {
  id: string;
  roomId: string;
  agentId: string;
  triggerMessageId: string;
}

export interface ToolSignal {
  executionId: string;
  tool: string;
  status: 'running' | 'success' | 'error';
  input?: unknown;
  output?: string;
  error?: string;
  durationMs?: number;
}

export interface RunSignals {
  status(status: AgentStatus): void;
  delta(messageId: string, delta: Delta): void;
  tool(signal: ToolSignal): void;
}

export type SignalsFor = (run: RunPlace, stopped?: AbortSignal) => RunSignals;

const PRESENCE: Record<AgentStatus, 'thinking' | 'editing' | 'idle' | 'error' | undefined> = {
  queued: undefined,
  thinking: 'thinking',
  using_tool: 'thinking',
  waiting_approval: 'idle',
  paused: 'idle',
  interrupted: 'idle',
  writing: 'editing',
  idle: 'idle',
  error: 'error',
};

export interface Signals {
  of: SignalsFor;
  /** Someone came into a room: what an agent is writing there, or had said when its run came to rest, is said again. */
  cameIn(roomId: string): void;
}

/** A worker here has the run in hands. */
const AT_WORK: ReadonlySet<AgentStatus> = new Set(['thinking', 'using_tool', 'writing']);

/** A text that is being written here. */
interface Live {
  place: { roomId: string; agentId: string; runId: string };
  messageId: string;
  text: string;
  status: AgentStatus;
}

/** The texts of one room. */
interface Writing {
  texts: Map<string, Live>;
  unsubscribe: () => void;
  again: NodeJS.Timeout | undefined;
  /** Someone came in and has not been told. */
  asked: boolean;
}

/** Many may come at once; the text is said again at most this often, in ms. */
const AGAIN_MS = 500;

export function createSignals(deps: {
  log: Pick<MessageLog, 'signal'>;
  presence: AgentPresence;
  bus: Pick<Bus, 'publish' | 'subscribe'>;
  /** Runs of the room that nobody works on now, with what they had said. */
  resting(roomId: string): Promise<RestingRun[]>;
}): Signals {
  const { log, presence, bus } = deps;
  /** Texts being written on this node, by room and run. */
  const rooms = new Map<string, Writing>();
  const topicOf = (roomId: string) => `streams:${roomId}`;

  function keep(live: Live): void {
    const { roomId, runId } = live.place;
    let room = rooms.get(roomId);
    if (room === undefined) {
      room = {
        texts: new Map(),
        unsubscribe: bus.subscribe(topicOf(roomId), () => sayAgainSoon(roomId)),
        again: undefined,
        asked: false,
      };
      rooms.set(roomId, room);
    }
    room.texts.set(runId, live);
  }

  function forget(roomId: string, runId: string): void {
    const room = rooms.get(roomId);
    if (room === undefined || !room.texts.delete(runId) || room.texts.size > 0) return;
    room.unsubscribe();
    clearTimeout(room.again);
    rooms.delete(roomId);
  }

  /** At once, then at most so often, also when many come. */
  function sayAgainSoon(roomId: string): void {
    const room = rooms.get(roomId);
    if (room === undefined) return;
    room.asked = true;
    if (room.again === undefined) sayAgain(roomId);
  }

  function sayAgain(roomId: string): void {
    const room = rooms.get(roomId);
    if (room === undefined) return;
    room.again = undefined;
    if (!room.asked) return;
    room.asked = false;
    room.again = setTimeout(sayAgain, AGAIN_MS, roomId);
    room.again.unref();
    for (const { place, messageId, text, status } of room.texts.values()) {
      log.signal(roomId, 'agent_thinking', { ...place, status });
      if (text !== '') log.signal(roomId, 'agent_message_delta', { ...place, messageId, at: 0, text });
    }
  }

  /** Rooms whose resting runs were said lately; true where someone came in since. */
  const lately = new Map<string, boolean>();

  /** Nobody holds these runs in memory, so each node says them to those who come in to it. */
  function sayResting(roomId: string): void {
    if (lately.has(roomId)) return void lately.set(roomId, true);
    lately.set(roomId, false);
    setTimeout(() => {
      const asked = lately.get(roomId);
      lately.delete(roomId);
      if (asked === true) sayResting(roomId);
    }, AGAIN_MS).unref();
    deps.resting(roomId).then(
      (runs) => {
        for (const { id: runId, agentId, status, triggerMessageId, partial, generation } of runs) {
          const place = { roomId, agentId, runId };
          log.signal(roomId, 'agent_thinking', { ...place, status, triggerMessageId });
          if (partial === null) continue;
          const messageId = replyId({ id: runId, generation });
          log.signal(roomId, 'agent_message_delta', { ...place, messageId, at: 0, text: partial });
        }
      },
      // They are signals: losing one costs nothing.
      () => undefined,
    );
  }

  /** Runs at work here, by room and agent: an agent with two runs is idle only after both. */
  const working = new Map<string, Set<string>>();

  function show(run: RunPlace, status: AgentStatus): void {
    const shown = PRESENCE[status];
    if (shown === undefined) return;
    const key = `${run.roomId}:${run.agentId}`;
    const runs = working.get(key) ?? new Set();
    if (shown === 'idle' || shown === 'error') {
      runs.delete(run.id);
      if (runs.size > 0) return;
      working.delete(key);
    } else {
      working.set(key, runs.add(run.id));
    }
    presence.setAgentStatus(run.roomId, run.agentId, shown);
  }

  const signalsFor: SignalsFor = (run, stopped) => {
    const place = { roomId: run.roomId, agentId: run.agentId, runId: run.id };
    const live: Live = { place, messageId: '', text: '', status: 'thinking' };
    return {
      status(status) {
        const over = !AT_WORK.has(status);
        if (over) forget(run.roomId, run.id);
        if (stopped?.aborted && status !== 'idle' && status !== 'error') return;
        live.status = status;
        // Who comes in later should know of it before there is a text.
        if (!over && stopped !== undefined) keep(live);
        log.signal(run.roomId, 'agent_thinking', {
          ...place,
          status,
          triggerMessageId: run.triggerMessageId,
        });
        show(run, status);
      },
      delta(messageId, { at, text }) {
        if (stopped?.aborted) return;
        live.messageId = messageId;
        live.text = live.text.slice(0, at) + text;
        keep(live);
        log.signal(run.roomId, 'agent_message_delta', { ...place, messageId, at, text });
      },
      tool(signal) {
        if (stopped?.aborted) return;
        log.signal(run.roomId, 'tool_execution', { ...place, ...signal });
        const { tool, executionId } = signal;
        if (signal.status === 'success')
          log.signal(run.roomId, 'agent_action', { ...place, action: 'used_tool', tool, executionId });
      },
    };
  };

  return {
    of: signalsFor,
    cameIn(roomId) {
      bus.publish(topicOf(roomId), { kind: 'signal', type: 'came_in', json: '{}' });
      sayResting(roomId);
    },
  };
}

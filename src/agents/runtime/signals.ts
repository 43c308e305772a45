// What a room hears while an agent works: status, text, tools. Signals only; losing one costs nothing (P7).
// Must fall silent the moment the run is stopped.
import type { MessageLog } from '../../server/messages/service.ts';
import type { AgentStatus } from '../contract.ts';
import type { Delta } from './draft.ts';

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
  waiting_approval: 'thinking',
  writing: 'editing',
  idle: 'idle',
  error: 'error',
};

export function createSignals(log: Pick<MessageLog, 'signal'>, presence: AgentPresence): SignalsFor {
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

  return (run, stopped) => {
    const place = { roomId: run.roomId, agentId: run.agentId, runId: run.id };
    return {
      status(status) {
        const over = status === 'idle' || status === 'error';
        if (stopped?.aborted && !over) return;
        log.signal(run.roomId, 'agent_thinking', {
          ...place,
          status,
          triggerMessageId: run.triggerMessageId,
        });
        show(run, status);
      },
      delta(messageId, { at, text }) {
        if (stopped?.aborted) return;
        log.signal(run.roomId, 'agent_message_delta', { ...place, messageId, at, text });
      },
      tool(signal) {
        if (stopped?.aborted) return;
        log.signal(run.roomId, 'tool_execution', { ...place, ...signal });
      },
    };
  };
}

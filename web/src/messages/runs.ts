// Which agents are at work, read from a room's snapshot. Pure.
import type { RoomSnapshot } from '@parley/client';

export interface Run {
  agentId: string;
  /** Of the message it is writing, if it has begun. */
  messageId: string | undefined;
}

const RESTING = new Set(['idle', 'error']);

export function runsOf(snapshot: Pick<RoomSnapshot, 'agents' | 'streams'>): Run[] {
  const runs = new Map<string, Run>();
  for (const stream of Object.values(snapshot.streams))
    runs.set(stream.agentId, { agentId: stream.agentId, messageId: stream.messageId });
  for (const [agentId, { status }] of Object.entries(snapshot.agents))
    if (!RESTING.has(status) && !runs.has(agentId)) runs.set(agentId, { agentId, messageId: undefined });
  return [...runs.values()];
}

export const sameRuns = (a: readonly Run[], b: readonly Run[]): boolean =>
  a.length === b.length &&
  a.every((run, i) => run.agentId === b[i]?.agentId && run.messageId === b[i]?.messageId);

// Which agents are at work in a room now, with the message each is writing if it has begun.
import type { RoomHandle, RoomSnapshot } from '@parley/client';
import { usePart } from '../session/use-client.ts';

export interface Run {
  agentId: string;
  messageId: string | undefined;
}

const RESTING = new Set(['idle', 'error']);

export const useRuns = (room: RoomHandle): readonly Run[] => usePart(room, runsOf, sameRuns);

export function runsOf(snapshot: Pick<RoomSnapshot, 'agents' | 'streams'>): Run[] {
  const runs = new Map<string, Run>();
  for (const stream of Object.values(snapshot.streams))
    runs.set(stream.agentId, { agentId: stream.agentId, messageId: stream.messageId });
  for (const [agentId, { status }] of Object.entries(snapshot.agents))
    if (!RESTING.has(status) && !runs.has(agentId)) runs.set(agentId, { agentId, messageId: undefined });
  return [...runs.values()];
}

const sameRuns = (a: readonly Run[], b: readonly Run[]): boolean =>
  a.length === b.length &&
  a.every((run, i) => run.agentId === b[i]?.agentId && run.messageId === b[i]?.messageId);

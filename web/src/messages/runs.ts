// Which agents are at work, read from a room's snapshot. Pure.
import type { RoomSnapshot } from '@parley/client';

export interface Run {
  agentId: string;
  /** Of the message it is writing, if it has begun. */
  messageId: string | undefined;
  /** It ended without an answer. */
  failed: boolean;
}

export function runsOf(snapshot: Pick<RoomSnapshot, 'agents' | 'streams'>): Run[] {
  const runs = new Map<string, Run>();
  for (const { agentId, messageId, ended } of Object.values(snapshot.streams))
    runs.set(agentId, { agentId, messageId, failed: ended === 'error' });
  for (const [agentId, { status }] of Object.entries(snapshot.agents))
    if (status !== 'idle' && !runs.has(agentId))
      runs.set(agentId, { agentId, messageId: undefined, failed: status === 'error' });
  return [...runs.values()];
}

export const sameRuns = (a: readonly Run[], b: readonly Run[]): boolean =>
  a.length === b.length && a.every((run, i) => sameRun(run, b[i]));

const sameRun = (a: Run, b: Run | undefined): boolean =>
  a.agentId === b?.agentId && a.messageId === b.messageId && a.failed === b.failed;

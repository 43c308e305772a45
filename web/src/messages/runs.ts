// Which agents are at work, read from a room's snapshot. Pure.
import type { RoomSnapshot } from '@parley/client';

export interface Run {
  agentId: string;
  /** Of the message it is writing, if it has begun. */
  messageId: string | undefined;
  /** It ended without an answer. */
  failed: boolean;
  /** Where it answers, if it was asked in a thread. */
  threadId: string | undefined;
}

export function runsOf(snapshot: Pick<RoomSnapshot, 'agents' | 'streams' | 'messages'>): Run[] {
  const runs = new Map<string, Run>();
  const threadOf = (agentId: string): string | undefined => {
    const trigger = snapshot.agents[agentId]?.triggerMessageId;
    return trigger === undefined
      ? undefined
      : snapshot.messages.findLast(({ id }) => id === trigger)?.threadId;
  };
  for (const { agentId, messageId, ended } of Object.values(snapshot.streams))
    runs.set(agentId, { agentId, messageId, failed: ended === 'error', threadId: threadOf(agentId) });
  for (const [agentId, { status }] of Object.entries(snapshot.agents))
    if (status !== 'idle' && !runs.has(agentId))
      runs.set(agentId, {
        agentId,
        messageId: undefined,
        failed: status === 'error',
        threadId: threadOf(agentId),
      });
  return [...runs.values()];
}

export const sameRuns = (a: readonly Run[], b: readonly Run[]): boolean =>
  a.length === b.length && a.every((run, i) => sameRun(run, b[i]));

const sameRun = (a: Run, b: Run | undefined): boolean =>
  a.agentId === b?.agentId &&
  a.messageId === b.messageId &&
  a.failed === b.failed &&
  a.threadId === b.threadId;

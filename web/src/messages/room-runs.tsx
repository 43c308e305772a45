// The agents at work in a room or in one of its threads, below what was said there.
import type { RoomHandle } from '@parley/client';
import { usePart } from '../session/use-client.ts';
import { AgentRun } from './agent-run.tsx';
import { runsOf, sameRuns } from './runs.ts';

interface RoomRunsProps {
  room: RoomHandle;
  /** Of this thread; the room's own without. */
  threadId?: string;
}

export function RoomRuns({ room, threadId }: RoomRunsProps) {
  const runs = usePart(room, runsOf, sameRuns);
  const members = usePart(room, (snapshot) => snapshot.members);
  const activities = usePart(room, (snapshot) => snapshot.agents);
  return runs
    .filter((run) => run.threadId === threadId)
    .map(({ agentId, messageId }) => {
      const agent = members.find(({ user }) => user.id === agentId)?.user;
      if (agent === undefined) return null;
      const activity = activities[agentId];
      return <AgentRun key={agentId} room={room} agent={agent} activity={activity} messageId={messageId} />;
    });
}

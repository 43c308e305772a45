// Remembers which tools a run used after its message has come, as long as the page lives.
import type { RoomHandle, RoomSnapshot, ToolActivity } from '@parley/client';
import { useEffect } from 'react';

type Tools = Map<string, readonly ToolActivity[]>;

const MOST = 100;
const byRoom = new WeakMap<RoomHandle, Tools>();

/** Run id → its tool calls, for runs watched on this page. */
export function useRunTools(room: RoomHandle): ReadonlyMap<string, readonly ToolActivity[]> {
  const tools = toolsOf(room);
  useEffect(() => {
    const collect = () => remember(tools, room.getSnapshot());
    collect();
    return room.subscribe(collect);
  }, [room, tools]);
  return tools;
}

function toolsOf(room: RoomHandle): Tools {
  const known = byRoom.get(room);
  if (known !== undefined) return known;
  const tools: Tools = new Map();
  byRoom.set(room, tools);
  return tools;
}

function remember(tools: Tools, snapshot: RoomSnapshot): void {
  for (const activity of Object.values(snapshot.agents)) {
    if (activity.tools.length === 0) continue;
    tools.delete(activity.runId);
    tools.set(activity.runId, activity.tools);
    const oldest = tools.keys().next().value;
    if (tools.size > MOST && oldest !== undefined) tools.delete(oldest);
  }
}

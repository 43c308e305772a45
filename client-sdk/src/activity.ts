// What agents are doing in a room: status and tool calls of the newest run of each. Pure.
import type { AgentActivity, ToolActivity } from './api.ts';
import type { Events } from './wire.ts';

export type Agents = Readonly<Record<string, AgentActivity>>;

const MAX_TOOLS = 50;

export function applyThinking(agents: Agents, event: Events['agent_thinking'], now: number): Agents {
  const known = current(agents, event.agentId, event.runId);
  // The end of an older run says nothing about the run that followed it.
  if (known === undefined && isEnd(event.status) && agents[event.agentId] !== undefined) return agents;
  if (known?.status === event.status) return agents;
  const activity: AgentActivity = {
    runId: event.runId,
    since: known?.since ?? new Date(now).toISOString(),
    tools: known?.tools ?? [],
    ...(known?.triggerMessageId === undefined ? {} : { triggerMessageId: known.triggerMessageId }),
    ...(event.triggerMessageId === undefined ? {} : { triggerMessageId: event.triggerMessageId }),
    status: event.status,
  };
  return { ...agents, [event.agentId]: activity };
}

export const isEnd = (status: AgentActivity['status']): status is 'idle' | 'error' =>
  status === 'idle' || status === 'error';

export function applyTool(agents: Agents, event: Events['tool_execution'], now: number): Agents {
  const known = current(agents, event.agentId, event.runId);
  const { executionId, tool, status, input, output, error, durationMs } = event;
  const place = known?.tools.findIndex((one) => one.executionId === executionId) ?? -1;
  const old = known?.tools[place];
  // `running` that comes after the result came late.
  if (old !== undefined && old.status !== 'running' && status === 'running') return agents;
  const next: ToolActivity = {
    ...old,
    executionId,
    tool,
    status,
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
  const tools = [...(known?.tools ?? [])];
  if (place >= 0) tools[place] = next;
  else tools.push(next);
  const activity: AgentActivity = {
    status: 'using_tool',
    runId: event.runId,
    since: new Date(now).toISOString(),
    ...known,
    tools: tools.slice(-MAX_TOOLS),
  };
  return { ...agents, [event.agentId]: activity };
}

const current = (agents: Agents, agentId: string, runId: string): AgentActivity | undefined =>
  agents[agentId]?.runId === runId ? agents[agentId] : undefined;

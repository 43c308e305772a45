// What one may ask of the agents in a room. Must never wait for what they do: that is told by signals.
import type { CallOptions, RoomHandle } from './api.ts';
import type { TypedCall } from './room-messages.ts';

type Commands = Pick<RoomHandle, 'invokeAgent' | 'stopAgent' | 'pauseAgent' | 'resumeAgent' | 'steerAgent'>;

export function agentCommands(roomKey: string, call: TypedCall): Commands {
  const command = (
    agentId: string,
    what: { command: 'stop' | 'pause' | 'resume' | 'steer'; text?: string },
    options?: CallOptions,
  ) => call('agent_command', { agentId, roomId: roomKey, ...what }, options);

  return {
    invokeAgent: (agentId, prompt, options) =>
      call(
        'invoke_agent',
        { roomId: roomKey, agentId, ...(prompt === undefined ? {} : { prompt }) },
        options,
      ),
    stopAgent: (agentId, options) => command(agentId, { command: 'stop' }, options),
    pauseAgent: (agentId, options) => command(agentId, { command: 'pause' }, options),
    resumeAgent: (agentId, options) => command(agentId, { command: 'resume' }, options),
    steerAgent: (agentId, text, options) => command(agentId, { command: 'steer', text }, options),
  };
}

// The floor controller: should this agent speak about this message? Pure and deterministic; silence is a normal answer, and
// every answer has a reason that is recorded. Must never look anything up.

export interface TurnInput {
  message: {
    authorId: string;
    authorKind: 'human' | 'agent';
    kind: 'text' | 'agent' | 'system';
    deleted: boolean;
    /** Agents' messages since a person spoke; 0 for a person's. */
    hop: number;
  };
  room: { kind: 'channel' | 'group' | 'direct'; agentsAllowed: boolean };
  agent: { id: string; active: boolean; suspended: boolean; stopped: boolean };
  /** By its handle; @all and @here address people. */
  mentioned: boolean;
  /** The message answers one of the agent's. */
  repliesToAgent: boolean;
  /** Somebody asked for it with `invoke_agent`. */
  invoked: boolean;
}

export type SilentReason =
  | 'own_message'
  | 'emergency_stop'
  | 'agent_suspended'
  | 'agent_inactive'
  | 'room_disallows_agents'
  | 'message_deleted'
  | 'system_message'
  | 'chain_limit'
  | 'not_addressed';

export type SpeakReason = 'invoked' | 'mentioned' | 'reply_to_agent' | 'direct_room';

export type TurnDecision =
  | { decision: 'speak'; reason: SpeakReason }
  | { decision: 'silent'; reason: SilentReason };

/** Agents answer agents only this often after a person spoke: with it, one human act causes a bounded number of messages. */
export const MAX_HOPS = 2;

export function decideTurn(input: TurnInput): TurnDecision {
  const { message, room, agent } = input;
  const silent = (reason: SilentReason): TurnDecision => ({ decision: 'silent', reason });
  const speak = (reason: SpeakReason): TurnDecision => ({ decision: 'speak', reason });

  if (message.authorId === agent.id) return silent('own_message');
  if (agent.stopped) return silent('emergency_stop');
  if (agent.suspended) return silent('agent_suspended');
  if (!agent.active) return silent('agent_inactive');
  if (!room.agentsAllowed) return silent('room_disallows_agents');
  if (message.deleted) return silent('message_deleted');
  if (input.invoked) return speak('invoked');
  if (message.kind === 'system') return silent('system_message');
  if (message.authorKind === 'agent' && message.hop >= MAX_HOPS) return silent('chain_limit');

  if (input.mentioned) return speak('mentioned');
  if (input.repliesToAgent) return speak('reply_to_agent');
  // Two agents in a direct room would otherwise talk to each other about every word of a person.
  if (room.kind === 'direct' && message.authorKind === 'human') return speak('direct_room');
  return silent('not_addressed');
}

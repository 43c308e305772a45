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
  /** For an agent that may speak unasked: how ready it is to, what speaks for it, and whether it is at work here already. */
  floor?: { mode: keyof typeof THRESHOLDS; score: number; busy: boolean } | undefined;
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
  | 'not_addressed'
  | 'below_threshold'
  | 'busy'
  | 'other_agent_took_it';

export type SpeakReason = 'invoked' | 'mentioned' | 'reply_to_agent' | 'direct_room' | 'score';

export type TurnDecision =
  | { decision: 'speak'; reason: SpeakReason }
  | { decision: 'silent'; reason: SilentReason };

/** Scores from which an agent speaks unasked, by how ready it is to. */
export const THRESHOLDS = { helpful: 0.24, lively: 0.18 };

/** Agents answer agents only this often after a person spoke: with it, one human act causes a bounded number of messages. */
export const MAX_HOPS = 2;

/** Answers of agents to agents that one act of a person may cause in all. */
export const MAX_CHAIN = 8;

/** The most that agents can say after one act of a person: an answer each, and the answers to those. */
export const boundOf = (agentsInRoom: number): number => agentsInRoom + MAX_CHAIN;

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
  // What agents say addresses nobody by itself: unasked, they speak to people only.
  if (input.floor === undefined || message.authorKind === 'agent') return silent('not_addressed');
  if (input.floor.score < THRESHOLDS[input.floor.mode]) return silent('below_threshold');
  return input.floor.busy ? silent('busy') : speak('score');
}

interface Bid {
  agentId: string;
  reason: string;
  score: number;
}

/** Who among those that would speak unasked has the floor; nobody where somebody is addressed. Ties break by the message's id. */
export function giveFloor<B extends Bid>(messageId: string, bids: readonly B[]): B | undefined {
  if (bids.some(({ reason }) => reason !== 'score')) return undefined;
  const seed = (agentId: string) => seedOf(`${messageId} ${agentId}`);
  return bids.toSorted((a, b) => b.score - a.score || seed(a.agentId) - seed(b.agentId))[0];
}

/** FNV-1a. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

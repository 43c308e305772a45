// The floor controller: should this agent speak about this message? Pure and deterministic; silence is a normal answer, and
// every answer has a reason that is recorded. Must never look anything up.
import { MAX_HOPS } from './floor-limits.ts';

export interface TurnInput {
  message: {
    authorId: string;
    authorKind: 'human' | 'agent';
    kind: 'text' | 'agent' | 'system';
    deleted: boolean;
    /** Agents' messages since a person spoke; 0 for a person's. */
    hop: number;
  };
  room: { kind: 'channel' | 'group' | 'direct'; agentsAllowed: boolean; mode: RoomMode };
  /** `broke`: what it, its owner or its tenant may spend today is spent. */
  agent: {
    id: string;
    active: boolean;
    suspended: boolean;
    stopped: boolean;
    broke: boolean;
    /** Why nothing that it says would be taken here. */
    silenced?: 'muted' | 'may_not_send' | undefined;
  };
  /** False: its author may not address agents here. */
  mayInvoke?: boolean | undefined;
  /** By its handle; @all and @here address people. */
  mentioned: boolean;
  /** The message answers one of the agent's. */
  repliesToAgent: boolean;
  /** Somebody asked for it with `invoke_agent`. */
  invoked: boolean;
  /** Its author goes on with what he has just said to the agent. */
  goesOn: boolean;
  /** For an agent that may speak unasked: how ready it is to, what speaks for it, and whether it is quiet at this time of day. */
  floor?: { mode: keyof typeof THRESHOLDS; score: number; quiet?: boolean } | undefined;
}

export type SilentReason =
  | 'own_message'
  | 'emergency_stop'
  | 'agent_suspended'
  | 'agent_inactive'
  | 'room_disallows_agents'
  | 'room_off'
  | 'muted'
  | 'may_not_send'
  | 'may_not_invoke'
  | 'budget_empty'
  | 'message_deleted'
  | 'system_message'
  | 'chain_limit'
  | 'not_addressed'
  | 'quiet_hours'
  | 'below_threshold'
  | 'other_agent_took_it'
  | 'ignored_while_busy'
  | 'pair_limit'
  | 'room_limit';

export type SpeakReason =
  | 'invoked'
  | 'mentioned'
  | 'reply_to_agent'
  | 'direct_room'
  | 'score'
  /** Its sender goes on with what the agent is about to answer. */
  | 'follow_up';

export type TurnDecision =
  | { decision: 'speak'; reason: SpeakReason }
  | { decision: 'silent'; reason: SilentReason };

/** Scores from which an agent speaks unasked, by how ready it is to. */
export const THRESHOLDS = { helpful: 0.24, lively: 0.18 };

/** How ready agents are to speak, least first. `off` is a room's alone: there not even who is mentioned answers. */
const MODES = ['off', 'mention', 'helpful', 'lively'] as const;
export type RoomMode = (typeof MODES)[number];
export type AgentMode = Exclude<RoomMode, 'off'>;

/** Of what the room allows and what the agent is set to, the less. */
export const stricter = (room: RoomMode, agent: AgentMode): RoomMode =>
  MODES[Math.min(MODES.indexOf(room), MODES.indexOf(agent))] as RoomMode;

export function decideTurn(input: TurnInput): TurnDecision {
  const { message, room, agent } = input;
  const silent = (reason: SilentReason): TurnDecision => ({ decision: 'silent', reason });
  const speak = (reason: SpeakReason): TurnDecision => ({ decision: 'speak', reason });

  if (message.authorId === agent.id) return silent('own_message');
  if (agent.stopped) return silent('emergency_stop');
  if (agent.suspended) return silent('agent_suspended');
  if (!agent.active) return silent('agent_inactive');
  if (!room.agentsAllowed) return silent('room_disallows_agents');
  if (room.mode === 'off') return silent('room_off');
  if (agent.silenced !== undefined) return silent(agent.silenced);
  if (message.deleted) return silent('message_deleted');
  if (agent.broke) return silent('budget_empty');
  if (input.invoked) return speak('invoked');
  if (message.kind === 'system') return silent('system_message');
  if (message.authorKind === 'agent' && message.hop >= MAX_HOPS) return silent('chain_limit');

  const addressed = input.mentioned || input.repliesToAgent || input.goesOn;
  if (addressed && input.mayInvoke === false) return silent('may_not_invoke');
  if (input.mentioned) return speak('mentioned');
  if (input.repliesToAgent) return speak('reply_to_agent');
  // Two agents in a direct room would otherwise talk to each other about every word of a person.
  if (room.kind === 'direct' && message.authorKind === 'human') return speak('direct_room');
  // What agents say addresses nobody by itself: unasked, they speak to people only.
  if (message.authorKind === 'agent') return silent('not_addressed');
  if (input.goesOn) return speak('follow_up');
  if (input.floor === undefined) return silent('not_addressed');
  if (input.floor.quiet === true) return silent('quiet_hours');
  if (input.floor.score < THRESHOLDS[input.floor.mode]) return silent('below_threshold');
  return speak('score');
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

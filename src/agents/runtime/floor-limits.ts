// How much agents may say that nobody asked them for, and to each other: numbers, and the pure count against them. They are
// enforced where a message is committed. Must never stand in the way of an answer that a person asked for.

/** Agents answer agents only this often after a person spoke: with it, one human act causes a bounded number of messages. */
export const MAX_HOPS = 2;
/** Answers of agents to agents that one act of a person may cause in all. */
export const MAX_CHAIN = 8;
/** The limits below are on so many minutes. */
export const LIMIT_MINUTES = 10;
/** Answers of two agents to each other, both ways, in one room. */
export const PAIR_OF_AGENTS = 6;
/** What an agent says unasked to one person in one room. */
export const AGENT_AND_PERSON = 10;
/** Both in one room, of all its agents. */
export const WHOLE_ROOM = 30;

/** The most that agents can say after one act of a person: an answer each, and the answers to those. */
export const boundOf = (agentsInRoom: number): number => agentsInRoom + MAX_CHAIN;

/** What agents said to each other or unasked in a room lately. */
export interface Lately {
  pair: number;
  room: number;
}

/** @param hop agents' messages in a row, this one included */
export function limitReached(lately: Lately, hop: number): 'pair_limit' | 'room_limit' | undefined {
  if (lately.pair >= (hop > 1 ? PAIR_OF_AGENTS : AGENT_AND_PERSON)) return 'pair_limit';
  return lately.room >= WHOLE_ROOM ? 'room_limit' : undefined;
}

/** Whether the limits are about such a turn: nobody asked for it, or an agent did. */
export const isLimited = (turn: { hop: number; reason: string }): boolean =>
  turn.hop > 1 || turn.reason === 'score';

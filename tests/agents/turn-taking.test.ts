// The floor controller's hard rules, as a table; and the bound they put on chains of agents.
import { describe, expect, it, test } from 'vitest';
import { MAX_HOPS } from '../../src/agents/runtime/floor-limits.ts';
import { decideTurn, type TurnInput } from '../../src/agents/runtime/turn-taking.ts';

const BASE: TurnInput = {
  message: { authorId: 'ada', authorKind: 'human', kind: 'text', deleted: false, hop: 0 },
  room: { kind: 'channel', agentsAllowed: true, mode: 'lively' },
  agent: { id: 'bot', active: true, suspended: false, stopped: false, broke: false },
  mentioned: false,
  repliesToAgent: false,
  invoked: false,
  goesOn: false,
};
const ADDRESSED = { mentioned: true, repliesToAgent: true, invoked: true };
const byAgent = (hop: number) => ({ ...BASE.message, authorId: 'other', authorKind: 'agent' as const, hop });

const CASES: [what: string, change: Partial<TurnInput>, decision: 'speak' | 'silent', reason: string][] = [
  ['nobody is addressed', {}, 'silent', 'not_addressed'],
  ['mentioned', { mentioned: true }, 'speak', 'mentioned'],
  ['an answer to its message', { repliesToAgent: true }, 'speak', 'reply_to_agent'],
  ['mentioned in an answer to its message', { mentioned: true, repliesToAgent: true }, 'speak', 'mentioned'],
  [
    'a direct room',
    { room: { kind: 'direct', agentsAllowed: true, mode: 'lively' } },
    'speak',
    'direct_room',
  ],
  ['a group', { room: { kind: 'group', agentsAllowed: true, mode: 'lively' } }, 'silent', 'not_addressed'],
  [
    'another agent in a direct room',
    { room: { kind: 'direct', agentsAllowed: true, mode: 'lively' }, message: byAgent(1) },
    'silent',
    'not_addressed',
  ],
  ['invoked', { invoked: true }, 'speak', 'invoked'],
  ['invoked on a long chain', { invoked: true, message: byAgent(9) }, 'speak', 'invoked'],
  [
    'a system message',
    { message: { ...BASE.message, kind: 'system' }, mentioned: true },
    'silent',
    'system_message',
  ],
  ['mentioned by an agent', { message: byAgent(1), mentioned: true }, 'speak', 'mentioned'],
  [
    'mentioned by an agent at the limit',
    { message: byAgent(MAX_HOPS), mentioned: true },
    'silent',
    'chain_limit',
  ],
  ['its own message', { message: { ...byAgent(0), authorId: 'bot' }, ...ADDRESSED }, 'silent', 'own_message'],
  ['suspended', { agent: { ...BASE.agent, suspended: true }, ...ADDRESSED }, 'silent', 'agent_suspended'],
  ['switched off', { agent: { ...BASE.agent, active: false }, ...ADDRESSED }, 'silent', 'agent_inactive'],
  [
    'no agents here',
    { room: { kind: 'channel', agentsAllowed: false, mode: 'lively' }, ...ADDRESSED },
    'silent',
    'room_disallows_agents',
  ],
  [
    'the room wants no words of agents',
    { room: { ...BASE.room, mode: 'off' }, ...ADDRESSED },
    'silent',
    'room_off',
  ],
  [
    'nothing left to spend',
    { agent: { ...BASE.agent, broke: true }, ...ADDRESSED },
    'silent',
    'budget_empty',
  ],
  ['its sender goes on', { goesOn: true }, 'speak', 'follow_up'],
  ['an agent goes on', { goesOn: true, message: byAgent(1) }, 'silent', 'not_addressed'],
  ['enough speaks for it', { floor: { mode: 'helpful', score: 0.24 } }, 'speak', 'score'],
  ['too little for one less ready', { floor: { mode: 'helpful', score: 0.2 } }, 'silent', 'below_threshold'],
  ['enough for a lively one', { floor: { mode: 'lively', score: 0.2 } }, 'speak', 'score'],
  [
    'a deleted message',
    { message: { ...BASE.message, deleted: true }, ...ADDRESSED },
    'silent',
    'message_deleted',
  ],
];

describe('decideTurn', () => {
  it.each(CASES)('%s', (_what, change, decision, reason) => {
    expect(decideTurn({ ...BASE, ...change })).toEqual({ decision, reason });
  });

  test('agents that all mention each other stop after MAX_HOPS rounds', () => {
    const agents = ['a', 'b', 'c'];
    let wave = [{ authorId: 'ada', authorKind: 'human' as 'human' | 'agent', hop: 0 }];
    let messages = 0;
    for (let round = 0; wave.length > 0; round++) {
      expect(round).toBeLessThanOrEqual(MAX_HOPS);
      wave = wave.flatMap((message) =>
        agents
          .filter(
            (id) =>
              decideTurn({
                ...BASE,
                message: { ...BASE.message, ...message },
                agent: { id, active: true, suspended: false, stopped: false, broke: false },
                mentioned: true,
              }).decision === 'speak',
          )
          .map((id) => ({ authorId: id, authorKind: 'agent' as const, hop: message.hop + 1 })),
      );
      messages += wave.length;
    }
    expect(messages).toBe(3 + 3 * 2);
  });
});

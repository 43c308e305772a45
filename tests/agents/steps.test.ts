// From a run's journal to what is next: a table of journals, and the turns they add to the prompt.
import { describe, expect, it } from 'vitest';
import {
  type ContextStep,
  MAX_ROUNDS,
  type ModelStep,
  nextAction,
  type StepData,
  type ToolStep,
  turnsOf,
} from '../../src/agents/runtime/steps.ts';

const context: ContextStep = {
  kind: 'context',
  now: '2026-01-01T00:00:00.000Z',
  provider: 'scripted',
  model: 'scripted',
  providerReason: 'asked',
  memoryIds: [],
  report: { historyKept: 0, historyDropped: 0, memoriesKept: 0, estimatedTokens: 0 },
};
const model = (text: string, ...tools: string[]): ModelStep => ({
  kind: 'model',
  text,
  calls: tools.map((name) => ({ id: `id-${name}`, name, args: {} })),
  stopReason: tools.length > 0 ? 'tool_use' : 'end',
  provider: 'scripted',
  model: 'm',
});
const tool = (name: string): ToolStep => ({
  kind: 'tool',
  callId: `id-${name}`,
  name,
  executionId: 'x',
  result: `${name} done`,
  isError: false,
});

const CASES: [what: string, steps: StepData[], next: object][] = [
  ['nothing yet', [], { do: 'context' }],
  ['a context', [context], { do: 'model', round: 1 }],
  ['an answer', [context, model('Hi.')], { do: 'reply' }],
  ['an empty answer', [context, model('')], { do: 'reply' }],
  ['a call', [context, model('', 'a')], { do: 'tool', round: 1, index: 0, call: { name: 'a' } }],
  [
    'two calls, one done',
    [context, model('', 'a', 'b'), tool('a')],
    { do: 'tool', index: 1, call: { name: 'b' } },
  ],
  ['two calls, both done', [context, model('', 'a', 'b'), tool('a'), tool('b')], { do: 'model', round: 2 }],
  [
    'out of rounds',
    [context, ...Array.from({ length: MAX_ROUNDS }, () => [model('x', 'a'), tool('a')]).flat()],
    { do: 'reply' },
  ],
];

describe('nextAction', () => {
  it.each(CASES)('%s', (_what, steps, next) => {
    expect(nextAction(steps)).toMatchObject(next);
  });
});

describe('turnsOf', () => {
  it('puts the results of one call together, after the call', () => {
    const turns = turnsOf([
      context,
      model('Let me see.', 'a', 'b'),
      tool('a'),
      tool('b'),
      model('', 'a'),
      tool('a'),
    ]);
    expect(turns.map((turn) => [turn.role, turn.content.map((part) => part.type)])).toEqual([
      ['assistant', ['text', 'tool_call', 'tool_call']],
      ['user', ['tool_result', 'tool_result']],
      ['assistant', ['tool_call']],
      ['user', ['tool_result']],
    ]);
  });
});

// Whether a tool call may go ahead, needs a person, or is refused. Pure, and says why.
import type { Capability } from '../../server/rooms/contract.ts';
import type { Tool } from '../../tools/service.ts';

export type CallRuling = {
  ruling: 'allow' | 'ask' | 'refuse';
  /** `analysis_only`, or why the call's grants rule so. */
  reason: string;
};

/** Whether the call would change something beyond what the agent says. */
export const isWrite = ({ effect }: Pick<Tool, 'effect'>): boolean => effect !== 'pure' && effect !== 'read';

/** Whether it would change something outside of this server, or for good: once too often would show. */
export const isOutside = ({ effect }: Pick<Tool, 'effect'>): boolean =>
  effect === 'write_external' || effect === 'irreversible';

/** @param granted what the agent's grants rule */
export function ruleOnCall(input: {
  effect: Tool['effect'];
  analysisOnly: boolean;
  granted: CallRuling;
}): CallRuling {
  if (input.analysisOnly && isWrite(input)) return { ruling: 'refuse', reason: 'analysis_only' };
  return { ruling: input.granted.ruling, reason: input.granted.reason };
}

/** What cannot be undone is asked about every time. */
export const mayStand = ({ effect }: Pick<Tool, 'effect'>): boolean => effect !== 'irreversible';

/** The capability in a room by which its members approve such calls. */
export const capabilityFor = (effect: Tool['effect']): Capability =>
  effect === 'irreversible'
    ? 'tool.approve:high'
    : effect === 'write_external'
      ? 'tool.approve:medium'
      : 'tool.approve:low';

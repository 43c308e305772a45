// Whether a tool call may go ahead, needs a person, or is refused. Pure, and says why.
import type { Tool } from '../../tools/service.ts';

export type CallRuling = {
  ruling: 'allow' | 'ask' | 'refuse';
  reason: 'harmless' | 'needs_approval' | 'analysis_only';
};

/** Whether the call would change something beyond what the agent says. */
const isWrite = ({ effect }: Pick<Tool, 'effect'>): boolean => effect !== 'pure' && effect !== 'read';

/** Whether it would change something outside of this server, or for good: once too often would show. */
export const isOutside = ({ effect }: Pick<Tool, 'effect'>): boolean =>
  effect === 'write_external' || effect === 'irreversible';

export function ruleOnCall(input: { effect: Tool['effect']; analysisOnly: boolean }): CallRuling {
  if (input.analysisOnly && isWrite(input)) return { ruling: 'refuse', reason: 'analysis_only' };
  if (isOutside(input)) return { ruling: 'ask', reason: 'needs_approval' };
  return { ruling: 'allow', reason: 'harmless' };
}

/** What cannot be undone is asked about every time. */
export const mayStand = ({ effect }: Pick<Tool, 'effect'>): boolean => effect !== 'irreversible';

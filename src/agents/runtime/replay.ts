// Goes through the journal of a run again: at each step, what the engine decided then and what it would decide now, under the
// settings, tools and grants it is given. Model outputs and tool results are taken from the journal. Pure.
import { canonicalJson, isOutside } from '../approvals/service.ts';
import { callState, mayTakeSteer, nextAction, type StepData, type ToolStep } from './steps.ts';

type Decision =
  | { do: 'context'; provider: string; model: string }
  | { do: 'model'; round: number }
  /** A person is asked about a call. */
  | { do: 'ask'; tool: string }
  /** An effect outside is begun. */
  | { do: 'begin'; tool: string }
  | { do: 'tool'; tool: string; refused?: string }
  /** What a person added is taken up. */
  | { do: 'steer' }
  | { do: 'reply' };

/** What would be decided about one planned call now. */
export interface CallNow {
  tool: string;
  /** Why the runner would refuse it before any ruling: there is no such tool, it is not given, its arguments do not fit. */
  refused?: string | undefined;
  effect?: Parameters<typeof isOutside>[0]['effect'] | undefined;
  ruling?: { ruling: 'allow' | 'ask' | 'refuse'; reason: string } | undefined;
}

export interface ReplayInput {
  steps: readonly StepData[];
  context: { provider: string; model: string };
  /** By `callKey`. */
  calls: ReadonlyMap<string, CallNow>;
}

export interface ReplayedStep {
  step: number;
  was: Decision | undefined;
  now: Decision | undefined;
  same: boolean;
}

export const callKey = (round: number, index: number): string => `${round}:${index}`;

/** Codes of results that say that a call was not carried out. Others are failures of the tool itself. */
const REFUSALS = new Set([
  'unknown_tool',
  'not_granted',
  'invalid_input',
  'analysis_only',
  'approval_rejected',
  'approval_expired',
  'approval_void',
  'not_repeated',
  'agent_inactive',
  'agent_not_in_room',
  'asker_inactive',
  'asker_not_in_room',
]);

/** One entry for each step of the journal, and one for what comes after it. */
export function replay({ steps, context, calls }: ReplayInput): ReplayedStep[] {
  return Array.from({ length: steps.length + 1 }, (_, i) => {
    const before = steps.slice(0, i);
    const recorded = steps[i];
    const was = recorded === undefined ? undefined : recordedAs(before, recorded, calls);
    const now =
      recorded?.kind === 'steer' && mayTakeSteer(before)
        ? ({ do: 'steer' } as const)
        : decided(before, context, calls);
    // After the journal there is nothing to compare with: the run had not come that far, or answered.
    const same = recorded === undefined || canonicalJson(was) === canonicalJson(now);
    return { step: i + 1, was, now, same };
  });
}

function decided(
  before: readonly StepData[],
  context: ReplayInput['context'],
  calls: ReplayInput['calls'],
): Decision | undefined {
  const next = nextAction(before);
  if (next.do === 'context') return { do: 'context', ...context };
  if (next.do === 'model') return { do: 'model', round: next.round };
  if (next.do === 'reply') return { do: 'reply' };
  const call = calls.get(callKey(next.round, next.index));
  if (call === undefined) return undefined;
  const { tool } = call;
  const { approval, intent } = callState(before);
  if (intent !== undefined) return { do: 'tool', tool };
  const { ruling } = call;
  if (call.refused !== undefined || ruling === undefined || call.effect === undefined)
    return { do: 'tool', tool, refused: call.refused ?? 'unknown_tool' };
  if (ruling.ruling === 'refuse') return { do: 'tool', tool, refused: ruling.reason };
  if (ruling.ruling === 'allow') return { do: isOutside({ effect: call.effect }) ? 'begin' : 'tool', tool };
  if (approval === undefined) return { do: 'ask', tool };
  if (approval.decision === 'approved') return { do: 'begin', tool };
  return { do: 'tool', tool, refused: REFUSED_BY[approval.decision] };
}

const REFUSED_BY = {
  rejected: 'approval_rejected',
  expired: 'approval_expired',
  cancelled: 'approval_expired',
} as const;

function recordedAs(
  before: readonly StepData[],
  step: StepData,
  calls: ReplayInput['calls'],
): Decision | undefined {
  if (step.kind === 'context') return { do: 'context', provider: step.provider, model: step.model };
  if (step.kind === 'model')
    return { do: 'model', round: before.filter(({ kind }) => kind === 'model').length + 1 };
  if (step.kind === 'steer') return { do: 'steer' };
  if (step.kind === 'tool') {
    const refused = refusalOf(step, [...calls.values()]);
    return { do: 'tool', tool: step.name, ...(refused === undefined ? {} : { refused }) };
  }
  if (step.kind === 'intent') return { do: 'begin', tool: step.name };
  const next = nextAction(before);
  return next.do === 'tool' ? { do: 'ask', tool: next.call.name } : undefined;
}

/** Why a call was not carried out, as its result says; undefined when it was. */
function refusalOf({ isError, result }: ToolStep, calls: readonly CallNow[]): string | undefined {
  const code = isError ? /^\{"error":\{"code":"(\w+)"/.exec(result)?.[1] : undefined;
  if (code === undefined) return undefined;
  return REFUSALS.has(code) || calls.some(({ ruling }) => ruling?.reason === code) ? code : undefined;
}

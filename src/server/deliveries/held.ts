// What moderation did with a message and with whom it is for, as steps of its way. Pure.
import type { DeliveryStep, DeliveryVerdict } from './contract.ts';
import type { HeldRow } from './repository.ts';

const RULES: Record<string, string> = {
  phrases: 'a phrase of the room’s list',
  links: 'its links',
  mentions: 'how many it mentions',
  repeats: 'repeating what was said',
  service: 'the moderation service',
};

const ruleOf = (rule: string): string => `the rule ${rule} (${RULES[rule] ?? 'of the room'})`;

/** Of a message that a rule held, whatever became of it. */
export function heldSteps({ rule, state, note, createdAt, decidedAt }: HeldRow): DeliveryStep[] {
  const held: DeliveryStep = {
    step: 'held',
    evidence: 'recorded',
    because: `It was not stored: ${ruleOf(rule)} held it for a moderator.`,
    at: createdAt.toISOString(),
  };
  if (state === 'waiting' || decidedAt === null) return [held];
  const why = note === '' ? '' : ` They wrote: ${note}`;
  const because =
    state === 'released'
      ? `A moderator let it through, and it was sent under its own id.${why}`
      : `A moderator turned it down: nobody is sent it.${why}`;
  return [held, { step: state, evidence: 'recorded', because, at: decidedAt.toISOString() }];
}

/** Of one that is not in the room's log. */
export function heldVerdict({ rule, state, createdAt }: HeldRow): DeliveryVerdict {
  return state === 'rejected'
    ? {
        verdict: 'withheld',
        reason: 'rejected',
        because: `A moderator turned it down; ${ruleOf(rule)} had held it.`,
      }
    : {
        verdict: 'withheld',
        reason: 'held',
        because: `It waits for a moderator since ${createdAt.toISOString()}: ${ruleOf(rule)} holds it.`,
      };
}

/** Times of the database that mean for good. */
const FOR_GOOD = new Date('9999-01-01T00:00:00Z');
export const untilOf = (until: Date): string =>
  until >= FOR_GOOD ? 'until a moderator ends it' : `until ${until.toISOString()}`;

export function mutedSteps(kind: 'human' | 'agent', mutedUntil: Date | null): DeliveryStep[] {
  if (mutedUntil === null) return [];
  const who = kind === 'agent' ? 'The agent is muted here' : 'They are muted here';
  const then = kind === 'agent' ? 'it reads, and takes no turn.' : 'they read, and may not answer.';
  return [{ step: 'muted', evidence: 'recorded', because: `${who} ${untilOf(mutedUntil)}: ${then}` }];
}

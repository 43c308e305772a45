// Why an agent spoke or kept silent, and how a run ended, in words. Pure. A reason that has no words here is shown as it is.

const SPOKE: Record<string, string> = {
  mentioned: 'It was mentioned by its name.',
  direct_room: 'This is a direct room: everything here is meant for it.',
  reply_to_agent: 'The message answers one of its own.',
  invoked: 'Someone asked for it.',
  follow_up: 'Someone it had just answered went on.',
  score: 'Nobody addressed it, but enough spoke for an answer.',
};

const SILENT: Record<string, string> = {
  own_message: 'It does not answer itself.',
  agent_suspended: 'It is suspended.',
  agent_inactive: 'It is switched off.',
  room_disallows_agents: 'This room does not allow agents.',
  message_deleted: 'The message was deleted.',
  system_message: 'It does not answer notices of the system.',
  chain_limit: 'Agents had answered agents often enough since a person last spoke.',
  not_addressed: 'The message was not meant for it: it was neither mentioned nor answered.',
  below_threshold: 'Too little spoke for an answer.',
  busy: 'It was at work here already.',
  other_agent_took_it: 'Another agent answered, or was addressed.',
  emergency_stop: 'It was halted by an emergency stop.',
  budget_exhausted: 'Its budget is used up.',
  killed: 'It was stopped for safety.',
};

const ENDED: Record<string, string> = {
  stopped: 'Someone stopped it.',
  timeout: 'It took too long and was ended.',
  too_many_attempts: 'It was begun too often without an end.',
  empty_reply: 'The model had nothing to say.',
  refusal: 'The model declined to answer.',
  message_deleted: 'The question was deleted meanwhile.',
  agent_inactive: 'It was switched off meanwhile.',
  model_auth: 'The model provider refused the key.',
  model_rate_limited: 'The model provider asked us to slow down.',
  model_unavailable: 'The model provider could not be reached.',
  model_overloaded: 'The model provider was overloaded.',
  model_timeout: 'The model did not answer in time.',
  model_bad_response: 'The model provider answered with something unreadable.',
};

export const STATUS: Record<string, string> = {
  queued: 'waiting its turn',
  running: 'at work',
  waiting_approval: 'waiting for approval',
  paused: 'paused',
  completed: 'answered',
  silent: 'ended without an answer',
  failed: 'failed',
  cancelled: 'stopped',
  needs_attention: 'needs a person',
};

export const whyOf = (decision: 'speak' | 'silent', reason: string): string =>
  (decision === 'speak' ? SPOKE : SILENT)[reason] ?? `Reason: ${reason.replaceAll('_', ' ')}.`;

export const endingOf = (reason: string): string =>
  ENDED[reason] ?? `Reason: ${reason.replaceAll('_', ' ')}.`;

/** "Score 0.31 of 1: partner +1.2, question +0.4, filler −1.1". */
export function scoreWords(score: number, parts: readonly { name: string; by: number }[]): string {
  const words = parts.map(({ name, by }) => {
    const [, feature = name] = name.split(':');
    return `${feature.replaceAll('_', ' ')} ${by < 0 ? '−' : '+'}${Math.abs(by).toFixed(1)}`;
  });
  return `Score ${score.toFixed(2)} of 1${words.length === 0 ? '' : `: ${words.join(', ')}`}.`;
}

// Why an agent spoke or kept silent, and how a run ended, in words. Pure. A reason that has no words here is shown as it is.

const SPOKE: Record<string, string> = {
  mentioned: 'It was mentioned by its name.',
  direct_room: 'This is a direct room: everything here is meant for it.',
  reply_to_agent: 'The message answers one of its own.',
  invoked: 'Someone asked for it.',
  follow_up: 'Someone it had just answered went on.',
  score: 'Nobody addressed it, but enough spoke for an answer.',
  card_action: 'Someone pressed something on a card of its.',
  command: 'Someone called a command of its.',
  proactive_goal: 'Nobody asked: it pursues a goal.',
  proactive_todo_due: 'Nobody asked: a to-do of the room was due.',
  proactive_calendar_soon: 'Nobody asked: an entry of the room’s calendar was about to begin.',
  proactive_unanswered: 'Nobody asked: a question had been left without an answer.',
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
  ignored_while_busy: 'It was at work here already, and is set to let messages be meanwhile.',
  muted: 'A moderator has muted it.',
  may_not_send: 'Its role in this room does not let it write.',
  may_not_invoke: 'Who wrote may not ask agents in this room.',
  room_off: 'In this room agents never answer.',
  quiet_hours: 'It was a quiet time of day, and nobody had addressed it.',
  pair_limit: 'It had answered the same one often enough for the time being.',
  room_limit: 'Agents had said enough in this room for the time being.',
  other_agent_took_it: 'Another agent answered, or was addressed.',
  emergency_stop: 'It was halted by an emergency stop.',
  budget_empty: 'Its budget is used up.',
};

const ENDED: Record<string, string> = {
  muted: 'A moderator has muted it.',
  banned: 'It is banned from the room.',
  not_allowed: 'Its role in this room does not let it write.',
  may_not_send: 'Its role in this room does not let it write.',
  may_not_invoke: 'Who asked may not ask agents in this room any more.',
  slow_mode: 'Slow mode made it wait too long.',
  held_for_review: 'A rule of the room holds its answer for a moderator.',
  rejected_by_moderator: 'A moderator did not let its answer through.',
  blocked_by_rule: 'A rule of the room refused its answer.',
  emergency_stop: 'It was halted by an emergency stop.',
  given_up: 'A person gave it up.',
  outcome_unknown: 'It was cut off in the middle of a tool, and nobody knows whether that happened.',
  nothing_to_say: 'It found nothing worth saying.',
  answered_meanwhile: 'Somebody answered before it did.',
  message_edited: 'The message was changed, and is not for it any more.',
  agent_not_in_room: 'It left the room meanwhile.',
  agent_suspended: 'It was suspended meanwhile.',
  room_disallows_agents: 'The room does not allow agents any more.',
  room_off: 'In this room agents never answer.',
  budget_exhausted: 'Its budget is used up.',
  content_blocked: 'The model provider blocked the words.',
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
  model_bad_request: 'The model provider did not take the request.',
  model_too_long: 'There was more to read than the model takes.',
  model_cancelled: 'The call to the model was broken off.',
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

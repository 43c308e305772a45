// The rules of a room as a form has them, and back. Pure.
import type { ReplyOf } from '@parley/client';

export type Rules = ReplyOf<'get_room_rules'>;
/** What a rule does, or that there is none. */
export type Does = 'off' | 'refuse' | 'hold';

export interface RulesDraft {
  /** One a line. */
  refused: string;
  held: string;
  links: Does;
  hosts: string;
  mentions: Does;
  mostMentions: number;
  repeats: Does;
  mostRepeats: number;
  seconds: number;
  service: Does;
}

const linesOf = (text: string): string[] => [
  ...new Set(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  ),
];

export function toDraft({ phrases = [], links, mentions, repeats, service }: Rules): RulesDraft {
  const having = (action: 'refuse' | 'hold') =>
    phrases
      .filter((one) => one.action === action)
      .map(({ phrase }) => phrase)
      .join('\n');
  return {
    refused: having('refuse'),
    held: having('hold'),
    links: links?.action ?? 'off',
    hosts: links?.allowHosts.join('\n') ?? '',
    mentions: mentions?.action ?? 'off',
    mostMentions: mentions?.most ?? 5,
    repeats: repeats?.action ?? 'off',
    mostRepeats: repeats?.most ?? 3,
    seconds: repeats?.seconds ?? 60,
    service: service?.action ?? 'off',
  };
}

export function toRules(draft: RulesDraft): Rules {
  const phrases = [
    ...linesOf(draft.refused).map((phrase) => ({ phrase, action: 'refuse' as const })),
    ...linesOf(draft.held).map((phrase) => ({ phrase, action: 'hold' as const })),
  ];
  return {
    ...(phrases.length > 0 && { phrases }),
    ...(draft.links !== 'off' && { links: { action: draft.links, allowHosts: linesOf(draft.hosts) } }),
    ...(draft.mentions !== 'off' && { mentions: { action: draft.mentions, most: draft.mostMentions } }),
    ...(draft.repeats !== 'off' && {
      repeats: { action: draft.repeats, most: draft.mostRepeats, seconds: draft.seconds },
    }),
    ...(draft.service !== 'off' && { service: { action: draft.service } }),
  };
}

// Rule-based facts: which sentences tell something lasting of a person, and in which slot a newer one replaces an older. Pure and
// deterministic; a model may be put behind the same port. Must never draw a fact from a question or from what was recalled.

export interface ExtractedFact {
  /** In the third person, with the name. */
  content: string;
  memoryType: 'fact' | 'preference' | 'skill';
  /** What of the subject it tells, such as `lives_in`; undefined where many may stand beside each other. */
  slot?: string;
  dueAt?: Date;
  /** For a note: what the speaker wants of the agent, or how something is done. */
  lesson?: Lesson;
}

export type Lesson = { of: 'wish'; text: string } | { of: 'how_to'; topic: string; text: string };

export interface Said {
  text: string;
  speaker: string;
  at: Date;
  /** Whether it was said to the agent itself. */
  toAgent: boolean;
}

/** Draws facts from a turn. */
export interface FactExtractor {
  readonly name: string;
  extract(said: Said, signal?: AbortSignal): Promise<ExtractedFact[]>;
}

interface Rule {
  pattern: RegExp;
  say: (name: string, match: RegExpExecArray) => string;
  type: ExtractedFact['memoryType'];
  slot?: (match: RegExpExecArray) => string;
  lesson?: (match: RegExpExecArray) => Lesson;
  /** Means nothing unless said to the agent. */
  toAgent?: boolean;
}

const I = `\\b(?:i|I)`;
const REST = `([^.!?;\\n]{2,120})`;
const rules: Rule[] = [
  {
    pattern:
      /^\W*(?:@\S+[\s,:]+)?(?:please,? )?(?:from now on,? |in (?:the )?future,? |next time,? )(?:please )?(?:you (?:should|must|can) )?([^.!?;\n]{4,140})/i,
    say: (name, m) => `${name} wants: ${m[1]}`,
    type: 'skill',
    lesson: (m) => ({ of: 'wish', text: m[1] as string }),
    toAgent: true,
  },
  {
    pattern:
      /^\W*(?:@\S+[\s,:]+)?(?:please,? )?((?:always|never|do not ever|don['’]t ever) [^.!?;\n]{4,140})/i,
    say: (name, m) => `${name} wants: ${(m[1] as string).toLowerCase()}`,
    type: 'skill',
    lesson: (m) => ({ of: 'wish', text: (m[1] as string).toLowerCase() }),
    toAgent: true,
  },
  {
    pattern:
      /^\W*(?:@\S+[\s,:]+)?(?:in order )?to ([a-z][^,.!?;\n]{3,60}), (?:you (?:have to|need to|should|must|can) |please |just )?((?:run|use|press|click|open|call|go|ask|type|send|turn|pull|push|set|choose|select|restart|write|take|put|add|wait|log|start|stop)\b[^!?;\n]{2,140}?)(?=[.!]?\s*$)/i,
    say: (_, m) => `To ${m[1]}: ${m[2]}`,
    type: 'skill',
    slot: (m) => `how_to:${topicOf(m[1] as string)}`,
    lesson: (m) => ({ of: 'how_to', topic: topicOf(m[1] as string), text: m[2] as string }),
  },
  {
    pattern: new RegExp(`${I}(?:['’]m| am)? (?:now )?(?:live|living|moved|relocated) (?:in|to) ${REST}`),
    say: (name, m) => `${name} lives in ${m[1]}`,
    type: 'fact',
    slot: () => 'lives_in',
  },
  {
    pattern: new RegExp(`${I}(?:['’]m| am)? (?:now )?(?:work|working|started) (?:at|for|with) ${REST}`),
    say: (name, m) => `${name} works at ${m[1]}`,
    type: 'fact',
    slot: () => 'works_at',
  },
  {
    pattern: new RegExp(`${I}(?:['’]m| am)? (?:now )?(?:work|working) as ${REST}`),
    say: (name, m) => `${name} works as ${m[1]}`,
    type: 'fact',
    slot: () => 'works_as',
  },
  {
    pattern: new RegExp(`\\b[Mm]y (?:name is|name['’]s) ${REST}`),
    say: (name, m) => `${name} is called ${m[1]}`,
    type: 'fact',
    slot: () => 'name',
  },
  {
    pattern: /\b[Mm]y birthday is (?:on )?([^.!?;\n]{2,60})/,
    say: (name, m) => `${name}'s birthday is ${m[1]}`,
    type: 'fact',
    slot: () => 'birthday',
  },
  {
    pattern: /\b[Mm]y (favou?rite [a-z ]{2,30}?) (?:is|are) ([^.!?;\n]{2,80})/,
    say: (name, m) => `${name}'s ${m[1]} is ${m[2]}`,
    type: 'preference',
    slot: (m) => (m[1] as string).toLowerCase().replace('favourite', 'favorite').replace(/\s+/g, '_'),
  },
  {
    pattern: new RegExp(`${I}(?:['’]m| am) allergic to ${REST}`),
    say: (name, m) => `${name} is allergic to ${m[1]}`,
    type: 'fact',
  },
  {
    pattern: new RegExp(
      `${I} (?:really |absolutely )?(prefer|like|love|enjoy|hate|dislike|can['’]t stand) ${REST}`,
    ),
    say: (name, m) => `${name} ${thirdPerson(m[1] as string)} ${m[2]}`,
    type: 'preference',
  },
  {
    pattern: new RegExp(
      `${I} (?:know how to|can) (play|speak|cook|code|program|drive|dance|sing|paint|ski|swim) ?([^.!?;\\n]{0,60})`,
    ),
    say: (name, m) => `${name} can ${`${m[1]} ${m[2]}`.trim()}`,
    type: 'skill',
  },
  {
    pattern: /\b[Mm]y ([a-z]{3,20}(?:['’]s [a-z]{3,20})?) (?:is|are) (?:called |named )([^.!?;\n]{2,60})/,
    say: (name, m) => `${name}'s ${m[1]} is called ${m[2]}`,
    type: 'fact',
    slot: (m) => `${(m[1] as string).replace(/\W+/g, '_')}_name`,
  },
  {
    pattern: new RegExp(`${I}(?:['’]m going to|['’]ll| am going to| will) ${REST}`),
    say: (name, m) => `${name} will ${m[1]}`,
    type: 'fact',
  },
];

const topicOf = (text: string): string => text.trim().toLowerCase().replace(/\s+/g, ' ');

const verbs: Record<string, string> = { "can't stand": 'cannot stand', 'can’t stand': 'cannot stand' };
const thirdPerson = (verb: string): string => verbs[verb] ?? `${verb}s`;

const DAY_MS = 86_400_000;
const DAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

/** A day that the words name, after the moment they were said. */
export function dueOf(text: string, at: Date): Date | undefined {
  const said = text.toLowerCase();
  if (/\btomorrow\b/.test(said)) return new Date(at.getTime() + DAY_MS);
  if (/\bnext week\b/.test(said)) return new Date(at.getTime() + 7 * DAY_MS);
  if (/\bnext month\b/.test(said)) return new Date(at.getTime() + 30 * DAY_MS);
  const named = /\b(?:on|by|next) (sunday|monday|tuesday|wednesday|thursday|friday|saturday)\b/.exec(
    said,
  )?.[1];
  if (named === undefined) return undefined;
  const ahead = (DAYS.indexOf(named) - at.getUTCDay() + 7) % 7 || 7;
  return new Date(at.getTime() + ahead * DAY_MS);
}

export const ruleExtractor: FactExtractor = {
  name: 'rules-2',
  async extract({ text, speaker, at, toAgent }) {
    const facts: ExtractedFact[] = [];
    for (const sentence of text.match(/[^.!?\n]+[.!?]*/g) ?? []) {
      if (sentence.trimEnd().endsWith('?')) continue;
      for (const rule of rules) {
        const match = rule.pattern.exec(sentence);
        if (match === null || (rule.toAgent && !toAgent)) continue;
        const content = rule
          .say(speaker, match)
          .replace(/\bmy\b/g, `${speaker}'s`)
          .replace(/[\s,]+$/, '')
          .trim();
        const slot = rule.slot?.(match);
        const lesson = rule.lesson?.(match);
        // What holds from now on has no day.
        const dueAt = lesson === undefined ? dueOf(sentence, at) : undefined;
        facts.push({
          content,
          memoryType: rule.type,
          ...(slot === undefined ? {} : { slot }),
          ...(dueAt === undefined ? {} : { dueAt }),
          ...(lesson === undefined ? {} : { lesson }),
        });
        break;
      }
    }
    return facts;
  },
};

// Limits of a tool as they are filled in, and back as the server takes them. Pure.
import type { Limits } from './words.ts';

export const RULES = {
  hosts: 'is an address at',
  startsWith: 'begins with',
  oneOf: 'is one of',
  min: 'is at least',
  max: 'is at most',
  maxLength: 'has at most so many characters',
} as const;
export type RuleKind = keyof typeof RULES;

export interface RuleDraft {
  argument: string;
  kind: RuleKind;
  words: string[];
  text: string;
  number: number | '';
  optional: boolean;
}

export interface LimitsDraft {
  rules: RuleDraft[];
  rooms: string[];
  role: 'anyone' | 'room_admin' | 'owner' | 'admin';
  people: string[];
  hasHours: boolean;
  from: string;
  to: string;
  timeZone: string;
  days: string[];
  calls: number | '';
  seconds: string;
  /** Local time, as the field holds it. */
  expires: string;
  approval: 'by_effect' | 'always' | 'never';
}

export const emptyRule = (argument: string): RuleDraft => ({
  argument,
  kind: 'oneOf',
  words: [],
  text: '',
  number: '',
  optional: false,
});

export function draftOf(limits: Limits | undefined, timeZone: string): LimitsDraft {
  const { requesters, hours, rate } = limits ?? {};
  return {
    rules: Object.entries(limits?.arguments ?? {}).flatMap(([argument, rule]) => rulesOf(argument, rule)),
    rooms: limits?.rooms ?? [],
    role: requesters?.role ?? 'anyone',
    people: requesters?.users ?? [],
    hasHours: hours !== undefined,
    from: hours?.from ?? '09:00',
    to: hours?.to ?? '17:00',
    timeZone: hours?.timeZone ?? timeZone,
    days: (hours?.days ?? [1, 2, 3, 4, 5, 6, 7]).map(String),
    calls: rate?.calls ?? '',
    seconds: String(rate?.seconds ?? 3600),
    expires: limits?.expiresAt === undefined ? '' : localTime(limits.expiresAt),
    approval: limits?.approval ?? 'by_effect',
  };
}

type Rule = NonNullable<Limits['arguments']>[string];

function rulesOf(argument: string, rule: Rule): RuleDraft[] {
  const base = { ...emptyRule(argument), optional: rule.optional === true };
  const found: RuleDraft[] = [];
  if (rule.hosts !== undefined) found.push({ ...base, kind: 'hosts', words: rule.hosts });
  if (rule.oneOf !== undefined) found.push({ ...base, kind: 'oneOf', words: rule.oneOf.map(asWord) });
  if (rule.startsWith !== undefined) found.push({ ...base, kind: 'startsWith', text: rule.startsWith });
  for (const kind of ['min', 'max', 'maxLength'] as const) {
    const number = rule[kind];
    if (number !== undefined) found.push({ ...base, kind, number });
  }
  return found;
}

/** @param typeOf what an argument takes, so that "5" is a number where one is meant */
export function limitsOf(
  tool: string,
  draft: LimitsDraft,
  typeOf: (argument: string) => string | undefined,
): { limits: Limits } | { problem: string } {
  const rules: Record<string, Rule> = {};
  for (const rule of draft.rules) {
    const said = saidBy(rule, typeOf(rule.argument));
    if (said === undefined) return { problem: `Say what “${rule.argument}” must be, or remove that line.` };
    rules[rule.argument] = { ...rules[rule.argument], ...said, ...(rule.optional && { optional: true }) };
  }
  if (draft.hasHours && (draft.from === '' || draft.to === '' || draft.days.length === 0))
    return { problem: 'Say from when to when, and on which days.' };
  const days = draft.days.map(Number).sort((a, b) => a - b);
  return {
    limits: {
      tool,
      approval: draft.approval,
      ...(draft.rules.length > 0 && { arguments: rules }),
      ...(draft.rooms.length > 0 && { rooms: draft.rooms }),
      ...((draft.people.length > 0 || draft.role !== 'anyone') && {
        requesters: {
          ...(draft.people.length > 0 && { users: draft.people }),
          ...(draft.role !== 'anyone' && { role: draft.role }),
        },
      }),
      ...(draft.hasHours && {
        hours: {
          from: draft.from,
          to: draft.to,
          timeZone: draft.timeZone,
          ...(days.length < 7 && { days }),
        },
      }),
      ...(draft.calls !== '' && { rate: { calls: draft.calls, seconds: Number(draft.seconds) } }),
      ...(draft.expires !== '' && { expiresAt: new Date(draft.expires).toISOString() }),
    },
  };
}

function saidBy({ kind, words, text, number }: RuleDraft, type: string | undefined): Rule | undefined {
  switch (kind) {
    case 'hosts':
      return words.length === 0 ? undefined : { hosts: words };
    case 'oneOf':
      return words.length === 0 ? undefined : { oneOf: words.map((word) => asValue(word, type)) };
    case 'startsWith':
      return text === '' ? undefined : { startsWith: text };
    default:
      return number === '' ? undefined : { [kind]: number };
  }
}

function asValue(word: string, type: string | undefined): string | number | boolean {
  if ((type === 'number' || type === 'integer') && Number.isFinite(Number(word))) return Number(word);
  if (type === 'boolean' && (word === 'true' || word === 'false')) return word === 'true';
  return word;
}

const asWord = (value: unknown): string => String(value);

function localTime(iso: string): string {
  const date = new Date(iso);
  const pad = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

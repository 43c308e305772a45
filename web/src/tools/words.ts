// Words for what tools do and within which limits an agent may use them. Pure.
import type { ToolGrant, ToolInfo } from '@parley/client';

export type Effect = ToolInfo['effect'];

export const EFFECTS: Record<Effect, { label: string; about: string }> = {
  pure: { label: 'computes', about: 'Works on what it is given alone.' },
  read: { label: 'looks', about: 'Looks at things and changes nothing.' },
  write_internal: { label: 'changes things here', about: 'Changes something on this server.' },
  write_external: { label: 'acts outside', about: 'Acts outside of this server: a person is asked first.' },
  irreversible: { label: 'cannot be undone', about: 'Cannot be undone: a person is always asked first.' },
};

export const writes = (effect: Effect): boolean => effect !== 'pure' && effect !== 'read';
export const actsOutside = (effect: Effect): boolean =>
  effect === 'write_external' || effect === 'irreversible';

const ASKERS: Record<string, string> = {
  room_admin: 'admins of the room',
  agent_owner: 'whoever answers for the agent',
  owner: 'whoever answers for the agent',
  admin: 'administrators of the server',
};

/** "Only for admins of the room." */
export const permissionWords = (permissions: readonly string[]): string =>
  `Only at the word of ${permissions.map((name) => ASKERS[name] ?? name).join(' and ')}.`;

export type Limits = Omit<ToolGrant, 'id' | 'grantedBy' | 'createdAt'>;

export interface Names {
  room(id: string): string;
  person(id: string): string;
}

export const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' });

/** What a grant says, one sentence for each of its limits. */
export function limitWords(grant: Limits, effect: Effect | undefined, names: Names): string[] {
  const { arguments: args, rooms, requesters, hours, rate, expiresAt } = grant;
  return [
    ...Object.entries(args ?? {}).map(([name, rule]) => `${name} ${ruleWords(rule)}`),
    ...(rooms === undefined ? [] : [`only in ${listed(rooms.map(names.room), 'or')}`]),
    ...(requesters?.users === undefined
      ? []
      : [`only at the word of ${listed(requesters.users.map(names.person), 'or')}`]),
    ...(requesters?.role === undefined || requesters.role === 'anyone'
      ? []
      : [`only for ${ASKERS[requesters.role] ?? requesters.role}`]),
    ...(hours === undefined ? [] : [hourWords(hours)]),
    ...(rate === undefined ? [] : [`at most ${times(rate.calls)} ${spanWords(rate.seconds)}`]),
    ...(expiresAt === undefined ? [] : [`until ${date.format(new Date(expiresAt))}`]),
    approvalWords(grant.approval ?? 'by_effect', effect),
  ];
}

function approvalWords(approval: NonNullable<Limits['approval']>, effect: Effect | undefined): string {
  if (approval === 'always') return 'a person agrees to every call';
  if (approval === 'never') return 'nobody is asked';
  return effect !== undefined && actsOutside(effect)
    ? 'a person agrees to each call'
    : 'nobody needs to be asked';
}

type Rule = NonNullable<Limits['arguments']>[string];

function ruleWords(rule: Rule): string {
  const words = [
    ...(rule.oneOf === undefined ? [] : [`is ${listed(rule.oneOf.map(quoted), 'or')}`]),
    ...(rule.hosts === undefined ? [] : [`is an address at ${listed(rule.hosts, 'or')}`]),
    ...(rule.startsWith === undefined ? [] : [`begins with ${quoted(rule.startsWith)}`]),
    ...(rule.min === undefined ? [] : [`is ${rule.min} at least`]),
    ...(rule.max === undefined ? [] : [`is ${rule.max} at most`]),
    ...(rule.maxLength === undefined ? [] : [`has at most ${rule.maxLength} characters`]),
  ];
  return `${listed(words.length === 0 ? ['is given'] : words, 'and')}${rule.optional === true ? ', or is left out' : ''}`;
}

const quoted = (value: unknown): string => (typeof value === 'string' ? `“${value}”` : String(value));

function hourWords({ from, to, days, timeZone = 'UTC' }: NonNullable<Limits['hours']>): string {
  const when =
    days === undefined
      ? ''
      : `, ${listed(
          days.map((n) => DAYS[n - 1] ?? ''),
          'and',
        )}`;
  return `from ${from} to ${to} (${timeZone})${when}`;
}

const SPANS: [seconds: number, words: string][] = [
  [60, 'a minute'],
  [3600, 'an hour'],
  [86_400, 'a day'],
  [604_800, 'a week'],
];
export const spanWords = (seconds: number): string =>
  SPANS.find(([length]) => length === seconds)?.[1] ?? `in ${seconds.toLocaleString()} seconds`;

const times = (n: number): string => (n === 1 ? 'once' : n === 2 ? 'twice' : `${n.toLocaleString()} times`);

/** "a, b or c". */
function listed(words: readonly string[], last: 'and' | 'or'): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

export const durationWords = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);

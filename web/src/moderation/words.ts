// What measures, reasons and outcomes are called.
import type { ReplyOf } from '@parley/client';

export type Report = ReplyOf<'list_reports'>['data'][number];
export type Measure = ReplyOf<'list_moderation'>['data'][number];

export const REASONS: Record<Report['reason'], string> = {
  spam: 'Spam',
  abuse: 'Abuse',
  violence: 'Violence',
  illegal: 'Against the law',
  personal_data: 'Somebody’s private data',
  other: 'Something else',
};

export const ACTIONS: { value: NonNullable<Report['action']>; label: string; done: string }[] = [
  { value: 'none', label: 'Leave it', done: 'left as it is' },
  { value: 'delete_message', label: 'Delete the message', done: 'message deleted' },
  { value: 'mute', label: 'Mute its author', done: 'author muted' },
  { value: 'kick', label: 'Take its author out', done: 'author taken out' },
  { value: 'ban', label: 'Ban its author', done: 'author banned' },
];

export const KINDS: Record<Measure['kind'], string> = {
  mute: 'Muted',
  unmute: 'Mute ended',
  kick: 'Taken out',
  ban: 'Banned',
  unban: 'Ban ended',
  slow_mode: 'Slow mode',
  rules: 'Rules changed',
  held: 'Message held',
  released: 'Message released',
  rejected: 'Message rejected',
  resolved: 'Report settled',
  appealed: 'Appealed against',
  appeal_granted: 'Appeal granted',
  appeal_upheld: 'Appeal turned down',
};

export const LASTS = [
  { value: '1', label: 'an hour' },
  { value: '24', label: 'a day' },
  { value: '168', label: 'a week' },
  { value: '', label: 'until it is ended' },
];

export const untilOf = (hours: string): { until?: string } =>
  hours === '' ? {} : { until: new Date(Date.now() + Number(hours) * 3600_000).toISOString() };

// Whether a moment lies within the hours of a grant, on the clock of a time zone. Pure.
import type { GrantLimits } from './contract.ts';

type Hours = NonNullable<GrantLimits['hours']>;

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** False for a zone that does not exist. Hours over midnight belong to the day they begin on. */
export function isWithinHours({ from, to, timeZone, days }: Hours, at: Date): boolean {
  const local = localTime(at, timeZone);
  if (local === undefined) return false;
  const { time, day } = local;
  const overnight = to <= from;
  const within = overnight ? time >= from || time < to : time >= from && time < to;
  if (!within) return false;
  if (days === undefined) return true;
  const began = overnight && time < to ? (day === 1 ? 7 : day - 1) : day;
  return days.includes(began);
}

export const isTimeZone = (name: string): boolean => localTime(new Date(0), name) !== undefined;

function localTime(at: Date, timeZone: string): { time: string; day: number } | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    return { time: `${parts.hour}:${parts.minute}`, day: DAYS.indexOf(parts.weekday ?? '') + 1 };
  } catch {
    return undefined;
  }
}

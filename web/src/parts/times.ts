// How times are written: short beside a message, in full on hover and for readers, in words for days.

const time = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dayAndYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });

export const formatTime = (iso: string): string => time.format(new Date(iso));
export const formatFull = (iso: string): string => full.format(new Date(iso));

/** One key per local day. */
export function dayKey(iso: string): string {
  const date = new Date(iso);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

export function formatDay(iso: string, now: Date = new Date()): string {
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (dayKey(iso) === dayKey(now.toISOString())) return 'Today';
  if (dayKey(iso) === dayKey(yesterday.toISOString())) return 'Yesterday';
  const date = new Date(iso);
  return date.getFullYear() === now.getFullYear() ? day.format(date) : dayAndYear.format(date);
}

/** `8s`, `1m 04s`: how long something has taken so far. */
export function formatElapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
}

/** `today at 9:41`, `yesterday at 9:41`, `3 May at 9:41`: inside of a sentence. */
export function formatWhen(iso: string, now: Date = new Date()): string {
  const words = formatDay(iso, now);
  const inside = words === 'Today' || words === 'Yesterday' ? words.toLowerCase() : words;
  return `${inside} at ${formatTime(iso)}`;
}

/** `14:05` of today, `Yesterday, 14:05`, `Monday, 9 March, 14:05`. */
export function formatMoment(iso: string): string {
  const name = formatDay(iso);
  return name === 'Today' ? formatTime(iso) : `${name}, ${formatTime(iso)}`;
}

/** For a field of date and time: this moment in the reader's own zone, to the minute. */
export function toLocalField(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

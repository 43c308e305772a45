// Whether it is quiet at a moment, by the clock on someone's wall. Pure.
import type { QuietHours } from './contract.ts';

export function isQuiet({ from, to, timeZone }: QuietHours, at: Date): boolean {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const time = format.format(at);
  return from <= to ? time >= from && time < to : time >= from || time < to;
}

// Tells the time of the run, in UTC and in words for a time zone. Must never read the clock itself: a replayed run must see its own.
import { z } from 'zod';
import { defineTool, toolFailure } from '../tool.ts';

const input = z.strictObject({
  timeZone: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('IANA time zone, e.g. "Europe/Berlin". Default UTC.'),
});

/** Output: `{ iso, timeZone, human, weekday, utcOffset }`. Failure: `unknown_time_zone`. */
export const clockTool = defineTool<z.infer<typeof input>>({
  name: 'clock',
  byDefault: true,
  description: 'Tells the current date and time, in UTC and, if asked, in another time zone.',
  input,
  effect: 'read',
  timeoutMs: 1000,
  permissions: [],
  async execute({ timeZone = 'UTC' }, { now }) {
    let parts: Record<string, string>;
    try {
      parts = readParts(now, timeZone);
    } catch {
      return toolFailure(
        'unknown_time_zone',
        `"${timeZone}" is not an IANA time zone. Use a name such as "Europe/Berlin", "America/New_York" or "UTC".`,
      );
    }
    const { weekday, day, month, year, hour, minute, timeZoneName } = parts;
    const human = `${weekday}, ${day} ${month} ${year}, ${hour}:${minute} (${timeZone})`;
    const utcOffset = timeZoneName === 'GMT' ? 'GMT+00:00' : timeZoneName;
    return {
      ok: true,
      output: {
        iso: now.toISOString(),
        timeZone,
        human,
        weekday: weekday as string,
        utcOffset: utcOffset as string,
      },
      summary: human,
    };
  },
});

/**
 * Parts, because the punctuation between them differs between versions of the language data.
 * @throws RangeError for an unknown zone
 */
function readParts(now: Date, timeZone: string): Record<string, string> {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  });
  return Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
}

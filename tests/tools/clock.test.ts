// The clock tool tells the run's time, in any zone, and refuses zones that do not exist.
import { describe, expect, it } from 'vitest';
import { clockTool } from '../../src/tools/builtin/clock.ts';
import { context } from './context.ts';

describe('clock', () => {
  it.each([
    [undefined, 'Thursday, 5 March 2026, 13:07 (UTC)', 'GMT+00:00'],
    ['Europe/Berlin', 'Thursday, 5 March 2026, 14:07 (Europe/Berlin)', 'GMT+01:00'],
    ['Asia/Kolkata', 'Thursday, 5 March 2026, 18:37 (Asia/Kolkata)', 'GMT+05:30'],
    ['Pacific/Auckland', 'Friday, 6 March 2026, 02:07 (Pacific/Auckland)', 'GMT+13:00'],
  ])('tells the time in %s', async (timeZone, human, utcOffset) => {
    const result = await clockTool.execute(timeZone === undefined ? {} : { timeZone }, context());
    expect(result).toMatchObject({ ok: true, output: { iso: '2026-03-05T13:07:09.000Z', human, utcOffset } });
  });

  it('shows midnight as 00', async () => {
    const result = await clockTool.execute({}, context('2026-03-05T00:00:00.000Z'));
    expect(result).toMatchObject({ output: { human: 'Thursday, 5 March 2026, 00:00 (UTC)' } });
  });

  it.each(['Atlantis/Capital', 'Berlin; DROP', '../../etc'])(
    'refuses %s with an example',
    async (timeZone) => {
      const result = await clockTool.execute({ timeZone }, context());
      expect(result).toMatchObject({ ok: false, error: { code: 'unknown_time_zone' } });
      expect(result.ok ? '' : result.error.message).toContain('Europe/Berlin');
    },
  );
});

// A long transcript: it follows at the bottom, holds still elsewhere, and loads older pages upwards.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, message, type Person, say, startConsole, type TestConsole } from './support/console.ts';

const COUNT = 230;
/** The first visible row: its id, and its distance from the top of the transcript in px. */
const FIRST_ROW = `(() => {
  const log = document.querySelector('[role=log]');
  const top = log.getBoundingClientRect().top;
  const row = [...log.querySelectorAll('[data-row]')].find((r) => r.getBoundingClientRect().bottom > top);
  return row.dataset.row + ' ' + Math.round(row.getBoundingClientRect().top - top);
})()`;
const TO_BOTTOM = `(() => {
  const log = document.querySelector('[role=log]');
  return Math.round(log.scrollHeight - log.scrollTop - log.clientHeight);
})()`;

describe.runIf(hasBrowser)('a long transcript', () => {
  let site: TestConsole;
  let ada: Person;

  beforeAll(async () => {
    site = await startConsole();
    const ben = await site.server.signIn('Ben Okafor');
    for (let i = 1; i <= COUNT; i++) {
      await fetch(`${site.server.url}/api/rooms/lobby/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${ben.token}` },
        body: JSON.stringify({ body: `Line ${i} ${'of many words '.repeat(i % 7)}` }),
      });
    }
    ada = await site.enter('Ada Lovelace');
  }, 180_000);
  afterAll(async () => {
    expect(ada?.problems ?? []).toEqual([]);
    await site?.stop();
  });

  it('opens at the newest message', async () => {
    await message(ada.page, `Line ${COUNT} `).waitFor();
    await expect.poll(() => ada.page.evaluate(TO_BOTTOM)).toBeLessThanOrEqual(1);
  });

  it('loads older pages up to the beginning', async () => {
    await ada.page.mouse.move(640, 400);
    await expect
      .poll(
        async () => {
          await ada.page.mouse.wheel(0, -1500);
          return message(ada.page, /Line 1 /).count();
        },
        { timeout: 15_000, interval: 50 },
      )
      .toBe(1);
    await ada.page.mouse.wheel(0, -100_000);
    await ada.page.getByText('This is where the conversation begins.').waitFor();
  });

  it('holds still when others write, and tells how many messages are new', async () => {
    await ada.page.mouse.wheel(0, 2000);
    await ada.page.waitForTimeout(200);
    const before = await ada.page.evaluate(FIRST_ROW);
    const ben = await site.enter('Ben Okafor');
    await say(ben.page, 'Something new');
    await ada.page.getByRole('button', { name: '1 new message' }).waitFor();
    expect(await ada.page.evaluate(FIRST_ROW)).toBe(before);
    await ada.page.setViewportSize({ width: 1280, height: 640 });
    await ada.page.waitForTimeout(100);
    expect(await ada.page.evaluate(FIRST_ROW)).toBe(before);
  });

  it('jumps to the newest', async () => {
    await ada.page.getByRole('button', { name: '1 new message' }).click();
    await message(ada.page, 'Something new').waitFor();
    await expect.poll(() => ada.page.evaluate(TO_BOTTOM)).toBeLessThanOrEqual(1);
  });

  it('keeps few rows in the page', async () => {
    expect(await ada.page.getByRole('log').getByRole('article').count()).toBeLessThanOrEqual(240);
  });
});

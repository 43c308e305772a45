// axe finds nothing wrong: empty, busy and broken, light and dark, on a desk and on a phone.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf } from './support/axe.ts';
import {
  field,
  hasBrowser,
  message,
  type Person,
  say,
  startConsole,
  type TestConsole,
} from './support/console.ts';
import { createModel } from './support/model.ts';
import { createNetwork, type Network } from './support/network.ts';

const LOOKS = (['light', 'dark'] as const).flatMap((scheme) =>
  [1280, 390].map((width) => ({ scheme, width, height: width === 390 ? 844 : 800 })),
);

/** Nothing of it is scrolled out of the transcript. */
const inView = (page: Page, selector: string) =>
  page.evaluate(`(() => {
    const box = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
    const log = document.querySelector('[role=log]').getBoundingClientRect();
    return box.top >= log.top && box.bottom <= log.bottom;
  })()`);

describe.runIf(hasBrowser).each(LOOKS)('axe, $scheme, $width px', (look) => {
  const model = createModel();
  const narrow = look.width < 768;
  let site: TestConsole;
  let network: Network;
  let ada: Person;
  const clean = async (page: Page, name: string) =>
    expect(await faultsOf(page, `${name}-${look.scheme}-${look.width}`)).toEqual([]);
  const rooms = async () => {
    if (narrow) await ada.page.getByRole('button', { name: 'Show rooms' }).click();
    return ada.page.getByRole('navigation', { name: 'Rooms' });
  };

  beforeAll(async () => {
    site = await startConsole({ overrides: { agents: { llm: model.llm } } });
    network = await createNetwork(site.server.url);
  }, 180_000);
  afterAll(async () => {
    await network?.stop();
    await site?.stop();
  });

  it('signing in', async () => {
    const { page, context } = await site.open(look);
    await page.getByLabel('Your name').waitFor();
    await clean(page, 'sign-in');
    await page.getByRole('button', { name: 'Enter' }).click();
    await page.getByRole('alert').getByText('Type the name').waitFor();
    await clean(page, 'sign-in-error');
    await context.close();
  });

  it('an empty room', async () => {
    ada = await site.enter('Ada Lovelace', { ...look, url: network.url });
    await ada.page.getByText('Nothing said yet').waitFor();
    await clean(ada.page, 'empty');
  });

  it('a busy room', async () => {
    const { page } = ada;
    const ben = await site.enter('Ben Okafor');
    await say(ben.page, 'Morning. See https://example.org/plan for the plan.');
    await say(ben.page, '@ada-lovelace could you look at it?');
    await say(page, 'Of course');
    await say(page, '@parley compare the two, please');
    model.say('Here you are:\n\n| | Left | Right |\n|---|---|---|\n| Cost | 12 | 31 |\n\n');
    model.say(
      '```sql\nselect 1;\n```\n\n1. One\n2. Two with `code`\n\n> Quoted, with [a link](https://example.org)',
    );
    model.end();
    await message(page, 'Two with')
      .getByText(/tokens/)
      .waitFor();
    await say(page, '@parley and what is 12 * 31?');
    model.callTool('calculator', { expression: '12*31' });
    model.say('It would be **372**, and');
    await page.getByRole('log').locator('strong', { hasText: '372' }).waitFor();
    await field(ben.page).pressSequentially('Hm');
    await page.getByTestId('typing').getByText('Ben Okafor is typing').waitFor();
    await clean(page, 'busy');
    await field(page).fill('@');
    await page.getByRole('listbox').waitFor();
    await clean(page, 'mentions');
    await field(page).fill('');
    model.end();
    await page.getByRole('region', { name: 'Parley is replying' }).waitFor({ state: 'detached' });
  });

  // Two looks see every colour and every layout of what opens and closes.
  const both = look.scheme === (narrow ? 'dark' : 'light');

  if (both)
    it('members and rooms', async () => {
      const { page } = ada;
      if (narrow) await page.getByRole('button', { name: /^Show members/ }).click();
      await page.getByRole('button', { name: /^Parley/ }).click();
      await page.getByText('Answers come from the built-in script.').waitFor();
      await clean(page, 'members');
      await page.keyboard.press('Escape');
      if (narrow) await page.keyboard.press('Escape');
      await rooms();
      await clean(page, 'rooms');
      await page.getByRole('button', { name: 'Create a room' }).click();
      await page.getByRole('dialog', { name: 'Create a room' }).waitFor();
      await page.waitForTimeout(250);
      await clean(page, 'create-room');
      await page.keyboard.press('Escape');
    });

  if (both)
    it('the menu and the editor of a message', async () => {
      const { page } = ada;
      const row = message(page, 'Of course');
      await row.hover();
      // Away from the edge, and from the end, which the list would follow.
      await page.mouse.wheel(0, -200);
      await row.hover();
      await row.getByRole('button', { name: /^Actions/ }).click();
      await page.getByRole('menuitem', { name: 'Edit' }).waitFor();
      await page.waitForTimeout(250);
      await clean(page, 'menu');
      await page.getByRole('menuitem', { name: 'Edit' }).click();
      await page.getByRole('textbox', { name: 'Edit message' }).waitFor();
      await expect.poll(() => inView(page, 'article textarea')).toBe(true);
      await clean(page, 'editor');
      await page.keyboard.press('Escape');
    });

  it('a lost connection', async () => {
    const { page } = ada;
    network.cut();
    await page.getByText('Connection lost, reconnecting…').waitFor();
    await say(page, 'Is anyone there?');
    await message(page, 'Is anyone there?').getByText('Sending…').waitFor();
    await clean(page, 'offline');
    network.mend();
    await expect.poll(() => page.getByTestId('banner').count(), { timeout: 10_000 }).toBe(0);
  });

  it('a room that does not exist', async () => {
    await ada.page.goto(`${network.url}/#/rooms/nowhere`);
    await ada.page.getByText('This room could not be opened').waitFor();
    expect(await ada.page.getByText('Opening the room…').count()).toBe(0);
    await clean(ada.page, 'no-such-room');
  });
});

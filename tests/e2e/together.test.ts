// Two people and an agent: one of them on a desk and on a wide screen, the other on a phone. What one does with any feature of a room,
// the others see without a reload, and a reload shows the same.
import { mkdirSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SignedIn } from '../support/app.ts';
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

/** Where pictures of each step are put, to be looked at. */
const PICTURES = process.env.TOGETHER_PICTURES;
/** A picture of one red dot. */
const DOT =
  'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mP8z8BQz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC';
const CARD = {
  title: 'Order the rye?',
  blocks: [
    { type: 'text', text: 'Twenty sacks, on Thursday.' },
    { type: 'buttons', buttons: [{ actionId: 'go', label: 'Order', style: 'primary', mode: 'once' }] },
  ],
  fallback: 'Order twenty sacks of rye for Thursday?',
};
/** All of the transcript that everyone sees alike: not the times, nor what is one's own. */
const SEEN = `[...document.querySelectorAll('[role=log][aria-label^="Messages in"] article[data-row]')].map((row) => {
  const copy = row.cloneNode(true);
  for (const part of copy.querySelectorAll('header, time, [role=toolbar], .reader-only')) part.remove();
  return row.dataset.row + ' ' + copy.textContent.replace('Saved for later', '').replace('· You,', '· Ben Okafor,').replace(/\\s+/g, '');
})`;

const TO_BOTTOM = `(() => {
  const log = document.querySelector('[role=log]');
  return Math.round(log.scrollHeight - log.scrollTop - log.clientHeight);
})()`;

describe.runIf(hasBrowser)('two people and an agent in three browsers', () => {
  const model = createModel();
  let site: TestConsole;
  /** Owns the server and the room. */
  let desk: Person;
  /** The same person elsewhere. */
  let wide: Person;
  let phone: Person;
  let grace: SignedIn;
  let roomId: string;
  let step = 0;

  const everyone = () => [desk, wide, phone];
  const thread = (page: Page) =>
    page.getByRole('complementary', { name: 'Thread' }).or(page.getByRole('dialog', { name: 'Thread' }));
  const room = (hash = '') => `${site.server.url}/#/rooms/mill-street${hash}`;

  async function rest(who: SignedIn, method: string, path: string, body?: object): Promise<{ id: string }> {
    const response = await fetch(`${site.server.url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${who.token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { id: string };
  }

  async function menu(page: Page, row: Locator, item: string | RegExp): Promise<void> {
    await row.hover();
    await row.getByRole('button', { name: /^Actions/ }).click();
    await page.getByRole('menuitem', { name: item }).click();
  }

  const seen = async ({ page }: Person): Promise<string[]> => {
    const size = page.viewportSize();
    // High enough that no row is left out of the page.
    await page.setViewportSize({ width: size?.width ?? 1280, height: 6000 });
    const rows = await page.evaluate<string[]>(SEEN);
    await page.setViewportSize({ width: size?.width ?? 1280, height: size?.height ?? 800 });
    return rows;
  };

  /** The same in all three browsers. */
  async function alike(): Promise<string[]> {
    let first: string[] = [];
    await expect
      .poll(
        async () => {
          first = await seen(desk);
          const others = [await seen(wide), await seen(phone)];
          return others.every((rows) => JSON.stringify(rows) === JSON.stringify(first)) || [first, ...others];
        },
        { timeout: 20_000, interval: 250 },
      )
      .toBe(true);
    return first;
  }

  beforeAll(async () => {
    site = await startConsole({ overrides: { agents: { llm: model.llm } } });
    grace = await site.server.signIn('Grace Hopper');
    const ben = await site.server.signIn('Ben Okafor');
    roomId = (
      await rest(grace, 'POST', '/rooms', {
        name: 'Mill Street',
        slug: 'mill-street',
        memberIds: [ben.user.id],
      })
    ).id;
    const agents = (await rest(grace, 'GET', '/users?query=parley&kind=agent')) as unknown as {
      data: { id: string }[];
    };
    await rest(grace, 'POST', `/rooms/${roomId}/members`, { userId: agents.data[0]?.id });
    desk = await site.enter('Grace Hopper', { width: 1280, height: 800, path: '/#/rooms/mill-street' });
    wide = await site.enter('Grace Hopper', {
      width: 1920,
      height: 1080,
      scheme: 'dark',
      path: '/#/rooms/mill-street',
    });
    phone = await site.enter('Ben Okafor', { width: 390, height: 844, path: '/#/rooms/mill-street' });
    for (const { page } of everyone())
      await page.getByRole('heading', { name: 'Mill Street', level: 1 }).waitFor();
  }, 180_000);
  afterEach(async () => {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    step += 1;
    for (const [name, { page }] of Object.entries({ desk, wide, phone }))
      await page.screenshot({ path: `${PICTURES}/${String(step).padStart(2, '0')}-${name}.png` });
  });
  afterAll(async () => {
    expect(everyone().flatMap((person) => person?.problems ?? [])).toEqual([]);
    await site?.stop();
  });

  it('a mention finds the one who looks elsewhere, and leads into the room', async () => {
    await phone.page.goto(`${site.server.url}/#/inbox`);
    await phone.page.getByText('You are up to date').waitFor();
    await say(desk.page, 'Good morning @ben-okafor, the lease is signed');
    await phone.page.getByRole('link', { name: /the lease is signed/ }).click();
    await message(phone.page, 'the lease is signed').waitFor();
    await alike();
  });

  it('reactions: by keyboard here, by a tap there', async () => {
    const row = message(desk.page, 'the lease is signed');
    await row.focus();
    await desk.page.keyboard.press('r');
    await desk.page.getByRole('combobox', { name: 'Search emoji' }).fill('rocket');
    await desk.page.getByRole('option', { name: 'rocket', selected: true }).waitFor();
    await desk.page.keyboard.press('Enter');
    await message(phone.page, 'the lease is signed').getByRole('button', { name: '🚀 1 reaction' }).click();
    await message(wide.page, 'the lease is signed')
      .getByRole('button', { name: /^🚀 2 yours and 1 more$/ })
      .waitFor();
    await alike();
  });

  it('threads: answered on the phone, read on the desk, counted for all', async () => {
    await message(phone.page, 'the lease is signed').hover();
    await message(phone.page, 'the lease is signed').getByRole('button', { name: 'Reply in thread' }).click();
    const reply = thread(phone.page).getByRole('textbox', { name: 'Reply in this thread' });
    await reply.fill('When do we get the keys?');
    await reply.press('Enter');
    await thread(phone.page).getByRole('article').filter({ hasText: 'the keys' }).waitFor();
    await message(desk.page, 'the lease is signed')
      .getByRole('button', { name: /^1 reply/ })
      .click();
    await thread(desk.page).getByRole('article').filter({ hasText: 'the keys' }).waitFor();
    const answer = thread(desk.page).getByRole('textbox', { name: 'Reply in this thread' });
    await answer.fill('On the 4th');
    await answer.press('Enter');
    await thread(phone.page).getByRole('article').filter({ hasText: 'On the 4th' }).waitFor();
    await message(wide.page, 'the lease is signed')
      .getByRole('button', { name: /^2 replies/ })
      .waitFor();
    for (const { page } of [desk, phone])
      await thread(page).getByRole('button', { name: 'Close thread' }).click();
    await alike();
  });

  it('edits, with what was said before', async () => {
    await say(phone.page, 'The elctrician comes on the 7th');
    await menu(phone.page, message(phone.page, 'elctrician'), 'Edit');
    const editor = phone.page.getByRole('textbox', { name: 'Edit message' });
    await editor.fill('The electrician comes on the 7th');
    await editor.press('Enter');
    await message(desk.page, 'electrician').getByText('edited').waitFor();
    await menu(desk.page, message(desk.page, 'electrician'), 'What it said before');
    await desk.page.getByRole('dialog').getByText('elctrician').first().waitFor();
    await desk.page.keyboard.press('Escape');
    await alike();
  });

  it('pins, saved messages and reminders', async () => {
    await message(desk.page, 'electrician').focus();
    await desk.page.keyboard.press('p');
    await message(phone.page, 'electrician').getByText('Pinned').waitFor();
    await phone.page.goto(room('/pins'));
    await phone.page.getByRole('heading', { name: 'Pinned' }).waitFor();
    await phone.page.goto(room());
    await menu(phone.page, message(phone.page, 'electrician'), /^Save for later/);
    await message(phone.page, 'electrician').getByText('Saved for later').waitFor();
    await menu(phone.page, message(phone.page, 'electrician'), /^Remind me/);
    await phone.page.getByRole('dialog').getByRole('button', { name: 'Tomorrow at 9' }).click();
    await phone.page.getByRole('dialog').getByRole('button', { name: 'Remind me' }).click();
    await phone.page.goto(`${site.server.url}/#/later/reminders`);
    await phone.page
      .getByRole('link', { name: /electrician/ })
      .or(phone.page.getByText(/electrician/))
      .first()
      .waitFor();
    await phone.page.goto(`${site.server.url}/#/saved`);
    await phone.page.getByRole('link', { name: /electrician/ }).click();
    await message(phone.page, 'electrician').waitFor();
    await alike();
  });

  it('a draft begun on the desk is finished on the wide screen', async () => {
    await field(desk.page).fill('Shall we ask the mill');
    await expect.poll(() => field(wide.page).inputValue(), { timeout: 20_000 }).toBe('Shall we ask the mill');
    await say(wide.page, 'Shall we ask the mill for rye?');
    await message(phone.page, 'for rye?').waitFor();
    await expect.poll(() => field(desk.page).inputValue(), { timeout: 20_000 }).toBe('');
    await alike();
  });

  it('files: a picture from the phone is seen on the desk', async () => {
    await phone.page
      .getByLabel('Files to attach')
      .setInputFiles([{ name: 'sign.png', mimeType: 'image/png', buffer: Buffer.from(DOT, 'base64') }]);
    await phone.page.getByRole('list', { name: 'Files to send' }).getByText('sign.png').waitFor();
    await say(phone.page, 'This green for the sign?');
    await message(desk.page, 'This green').getByRole('button', { name: 'Picture sign.png' }).waitFor();
    await alike();
  });

  it('what is to go out later is changed and sent from its own page', async () => {
    await field(desk.page).fill('Happy opening day!');
    await desk.page.getByRole('button', { name: 'Send later' }).click();
    const dialog = desk.page.getByRole('dialog', { name: 'Send later' });
    await dialog.getByRole('button', { name: 'Tomorrow at 9' }).click();
    await dialog.getByRole('button', { name: 'Send later' }).click();
    await wide.page.goto(`${site.server.url}/#/later/scheduled`);
    await wide.page.getByRole('button', { name: /^Send now: Happy opening day/ }).click();
    await message(phone.page, 'Happy opening day!').waitFor();
    await wide.page.goto(room());
    await alike();
  });

  it('the agent answers all of them, and anyone it obeys can stop it', async () => {
    await say(phone.page, '@parley what is left to do?');
    for (const { page } of everyone())
      await page.getByRole('log').getByRole('region', { name: 'Parley is replying' }).waitFor();
    model.say('The **cable** and');
    for (const { page } of everyone())
      await page
        .getByRole('region', { name: 'Parley is replying' })
        .locator('strong', { hasText: 'cable' })
        .waitFor();
    model.say(' the counter.');
    model.end();
    await message(phone.page, 'The cable and the counter.').waitFor();
    await alike();
    await say(desk.page, '@parley tell us a very long story');
    model.say('Once upon a time');
    await phone.page.getByRole('region', { name: 'Parley is replying' }).getByText('Once upon').waitFor();
    await desk.page.getByRole('button', { name: 'Stop Parley' }).click();
    await message(phone.page, 'Once upon a time')
      .getByText(/^Stopped/)
      .waitFor();
    await alike();
  });

  it('cards: pressed on the phone, seen pressed by all, and only once', async () => {
    await rest(grace, 'POST', `/rooms/${roomId}/messages`, { body: '', card: CARD });
    const card = (page: Page) => page.getByRole('region', { name: 'Order the rye?' });
    await card(phone.page).getByRole('button', { name: 'Order' }).click();
    for (const { page } of [desk, wide])
      await card(page)
        .getByText(/Order · Ben Okafor/)
        .waitFor();
    expect(await card(desk.page).getByRole('button', { name: 'Order' }).isDisabled()).toBe(true);
  });

  it('commands: the answer is for the caller alone', async () => {
    await field(phone.page).fill('/remind in 2h tea');
    await phone.page.keyboard.press('Enter');
    const reply = (page: Page) => page.getByRole('region', { name: /^Reply to \/remind/ });
    await reply(phone.page).getByText('I will remind you').waitFor();
    await alike();
    expect((await reply(desk.page).count()) + (await reply(wide.page).count())).toBe(0);
    await reply(phone.page)
      .getByRole('button', { name: /^Put the reply/ })
      .click();
  });

  it('who is muted is told so where one writes, until it ends', async () => {
    await say(phone.page, 'Buy my flour instead');
    await menu(desk.page, message(desk.page, 'Buy my flour'), /^Mute/);
    const dialog = desk.page.getByRole('dialog', { name: 'About Ben Okafor' });
    await dialog.getByRole('button', { name: /^Mute Ben Okafor/ }).click();
    const writing = phone.page.getByRole('form', { name: 'Write a message' });
    await writing.getByText(/^You are muted here/).waitFor();
    const members = wide.page.getByRole('complementary', { name: 'Members' });
    await members.getByRole('button', { name: /^Ben Okafor/ }).click();
    await wide.page.getByRole('button', { name: 'End the mute' }).click();
    await wide.page.getByRole('button', { name: 'They may speak again' }).click();
    await writing.getByText(/^You are muted here/).waitFor({ state: 'detached' });
    await alike();
  });

  it('search finds it on the phone, with who said it', async () => {
    await phone.page.goto(`${site.server.url}/#/search?q=${encodeURIComponent('from:@grace-hopper mill')}`);
    await phone.page.getByRole('heading', { name: '1 found' }).waitFor();
    await phone.page.getByRole('link', { name: /for rye/ }).click();
    await message(phone.page, 'for rye?').waitFor();
  });

  it('what was marked unread counts again, on its own', async () => {
    await menu(phone.page, message(phone.page, 'for rye?'), 'Mark unread from here');
    await phone.page.goto(`${site.server.url}/#/saved`);
    await phone.page.getByRole('button', { name: 'Show rooms' }).click();
    const link = phone.page
      .getByRole('navigation', { name: 'Rooms' })
      .getByRole('link', { name: /Mill Street/ });
    await link.getByText(/unread/).waitFor({ state: 'attached' });
    await link.click();
    await message(phone.page, 'for rye?').waitFor();
  });

  it('deleted for everyone, with a trace where it stood', async () => {
    await say(phone.page, 'Oh, wrong room');
    await message(desk.page, 'wrong room').waitFor();
    await menu(phone.page, message(phone.page, 'wrong room'), 'Delete');
    await phone.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await message(desk.page, 'This message was deleted').waitFor();
    await alike();
  });

  it('is the same after a reload, on each of them', async () => {
    const before = await alike();
    expect(before.length).toBeGreaterThan(8);
    for (const { page } of everyone()) {
      await page.reload();
      await message(page, 'Happy opening day!').waitFor();
    }
    expect(await alike()).toEqual(before);
    // A page that grew and shrank meanwhile still stands at the newest message.
    for (const { page } of everyone())
      await expect.poll(() => page.evaluate(TO_BOTTOM)).toBeLessThanOrEqual(1);
  });
});

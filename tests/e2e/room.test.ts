// What one does in a room besides writing: reactions, threads, pins, search and places, files, drafts, cards, its settings.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignedIn } from '../support/app.ts';
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

const CARD = {
  title: 'Deploy 4.2?',
  blocks: [
    { type: 'text', text: 'All tests passed.' },
    { type: 'fields', fields: [{ label: 'Branch', value: 'main' }] },
    {
      type: 'buttons',
      buttons: [
        { actionId: 'go', label: 'Deploy', style: 'primary', confirm: 'Deploy it now?', mode: 'once' },
      ],
    },
    {
      type: 'form',
      actionId: 'why',
      submit: 'Send reason',
      fields: [{ name: 'reason', label: 'Reason', type: 'text', required: true }],
    },
  ],
  fallback: 'Deploy 4.2? Branch main.',
};

describe.runIf(hasBrowser)('a room in the console', () => {
  let site: TestConsole;
  let ada: Person;
  let ben: SignedIn;
  let owner: SignedIn;
  const clean = async (name: string) => expect(await faultsOf(ada.page, name)).toEqual([]);
  const thread = (page: Page) => page.getByRole('complementary', { name: 'Thread' });
  const post = async (body: Record<string, unknown>): Promise<{ id: string }> => {
    const answer = await fetch(`${site.server.url}/api/rooms/harbour/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ben.token}` },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(201);
    return (await answer.json()) as { id: string };
  };

  beforeAll(async () => {
    site = await startConsole();
    owner = await site.server.signIn('Ada Lovelace');
    ben = await site.server.signIn('Ben Okafor');
    const made = await fetch(`${site.server.url}/api/rooms`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${owner.token}` },
      body: JSON.stringify({ name: 'Harbour', slug: 'harbour', memberIds: [ben.user.id] }),
    });
    expect(made.status).toBe(201);
    ada = await site.enter('Ada Lovelace', { path: '/#/rooms/harbour' });
    await ada.page.getByRole('heading', { name: 'Harbour', level: 1 }).waitFor();
  }, 180_000);
  afterAll(async () => {
    expect(ada?.problems ?? []).toEqual([]);
    await site?.stop();
  });

  it('reacts by keyboard, from a picker that finds emoji by name', async () => {
    const { page } = ada;
    await post({ body: 'The plan is done' });
    const row = message(page, 'The plan is done');
    await row.focus();
    await page.keyboard.press('r');
    await page.getByRole('combobox', { name: 'Search emoji' }).waitFor();
    await page.keyboard.type('rocket');
    await page.getByRole('option', { name: 'rocket', selected: true }).waitFor();
    await clean('emoji');
    await page.keyboard.press('Enter');
    const chip = row.getByRole('button', { name: /^🚀 1 yours$/ });
    await chip.waitFor();
    await clean('reaction');
    await chip.click();
    await chip.waitFor({ state: 'detached' });
  });

  it('answers in a thread beside the room, and keeps the answer out of it', async () => {
    const { page } = ada;
    const row = message(page, 'The plan is done');
    await row.focus();
    await page.keyboard.press('t');
    await thread(page).getByText('No replies yet').waitFor();
    const reply = thread(page).getByRole('textbox', { name: 'Reply in this thread' });
    await reply.fill('Well done');
    await reply.press('Enter');
    await thread(page).getByRole('article').filter({ hasText: 'Well done' }).waitFor();
    await thread(page).getByText('1 reply').waitFor();
    await row.getByRole('button', { name: /^1 reply/ }).waitFor();
    expect(
      await page
        .getByRole('log', { name: /^Messages/ })
        .getByText('Well done')
        .count(),
    ).toBe(0);
    await clean('thread');
    await thread(page).getByRole('button', { name: 'Close thread' }).click();
    await thread(page).waitFor({ state: 'detached' });
  });

  it('saves and pins, and shows what is pinned beside the room', async () => {
    const { page } = ada;
    const row = message(page, 'The plan is done');
    await row.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: /^Save for later/ }).click();
    await row.getByText('Saved for later').waitFor();
    await row.focus();
    await page.keyboard.press('p');
    await row.getByText('Pinned').waitFor();
    await page.getByRole('link', { name: 'Pinned messages' }).click();
    const pins = page.getByRole('complementary', { name: 'Pinned' });
    await pins.getByText('The plan is done').waitFor();
    await clean('pins');
    await pins.getByRole('button', { name: 'Unpin' }).click();
    await pins.getByText('Nothing is pinned').waitFor();
  });

  it('finds a message and goes to its place, far from the newest, and back', async () => {
    const { page } = ada;
    for (let i = 0; i < 120; i++) await post({ body: `Filler ${i}` });
    await message(page, 'Filler 119').waitFor();
    await page.reload();
    await message(page, 'Filler 119').waitFor();
    await page.getByRole('link', { name: 'Search in this room' }).click();
    await page.getByRole('searchbox', { name: /^Search in/ }).fill('plan done');
    const found = page
      .getByRole('list', { name: 'Messages found' })
      .getByRole('link', { name: /plan is done/ });
    await found.click();
    await message(page, 'The plan is done').waitFor();
    await expect.poll(() => message(page, 'The plan is done').getAttribute('data-marked')).toBe('true');
    await clean('search');
    await page.getByRole('button', { name: 'Jump to newest' }).click();
    await message(page, 'Filler 119').waitFor();
    await page.getByRole('button', { name: 'Close search' }).click();
  });

  it('keeps a draft, and sends a file when it has arrived', async () => {
    const { page } = ada;
    await field(page).fill('Here are the notes');
    await page.reload();
    await message(page, 'Filler 119').waitFor();
    expect(await field(page).inputValue()).toBe('Here are the notes');
    await page
      .getByLabel('Files to attach')
      .setInputFiles([{ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('the notes') }]);
    await page.getByRole('list', { name: 'Files to send' }).getByText('notes.txt').waitFor();
    await field(page).press('Enter');
    const sent = message(page, 'Here are the notes');
    await sent.getByRole('button', { name: /^Download notes.txt.*9 B/ }).waitFor();
    expect(await field(page).inputValue()).toBe('');
    await clean('files');
  });

  it('shows cards, and presses each once', async () => {
    const { page } = ada;
    await post({ body: '', card: CARD });
    const card = page.getByRole('region', { name: 'Deploy 4.2?' });
    await card.getByRole('button', { name: 'Deploy' }).click();
    await card.getByText('Deploy it now?').waitFor();
    await card.getByRole('button', { name: 'Deploy' }).click();
    await card.getByText(/Deploy · You/).waitFor();
    expect(await card.getByRole('button', { name: 'Deploy' }).isDisabled()).toBe(true);
    await card.getByRole('button', { name: 'Send reason' }).click();
    await card.getByText('Needed').waitFor();
    await card.getByRole('textbox', { name: 'Reason' }).fill('It is Friday');
    await card.getByRole('button', { name: 'Send reason' }).click();
    await card.getByText(/Send reason · You/).waitFor();
    await clean('card');
  });

  it('says how much of the room comes into the inbox, and leaves a message for later', async () => {
    const { page } = ada;
    await page.getByRole('button', { name: 'More about this room' }).click();
    await page.getByRole('menuitem', { name: 'Notifications…' }).click();
    await page.getByRole('radio', { name: 'Every message' }).check();
    await page.getByRole('button', { name: '1 hour' }).click();
    await page.getByText(/^Quiet until/).waitFor();
    await clean('notifications');
    await page.getByRole('button', { name: 'Done' }).click();
    await say(page, 'Until later');
    await message(page, 'Until later').waitFor();
    await field(page).fill('Good morning');
    await page.getByRole('button', { name: 'Send later' }).click();
    await page
      .getByRole('dialog', { name: 'Send later' })
      .getByRole('button', { name: 'Tomorrow at 9' })
      .click();
    await page
      .getByRole('dialog', { name: 'Send later' })
      .getByRole('button', { name: 'Send later' })
      .click();
    await page
      .getByRole('region', { name: 'What was done' })
      .getByText(/Your message goes out/)
      .waitFor();
    expect(await field(page).inputValue()).toBe('');
  });

  it('calls commands: found by a slash, refused with the option that is wrong, answered to the caller alone', async () => {
    const { page } = ada;
    const command = (name: RegExp) => page.getByRole('option', { name });
    await field(page).fill('');
    await field(page).focus();
    await page.keyboard.type('/');
    await page.getByRole('listbox', { name: 'Commands' }).waitFor();
    await command(/help/).waitFor();
    // More than are seen at once.
    await clean('commands-all');
    await page.keyboard.type('re');
    await command(/help/).waitFor({ state: 'detached' });
    await clean('commands');
    await command(/remind/).waitFor();
    await page.keyboard.press('Enter');
    expect(await field(page).inputValue()).toBe('/remind ');
    await page.keyboard.type('soon tea');
    await page.keyboard.press('Enter');
    const writing = page.getByRole('form', { name: 'Write a message' });
    await writing.getByText('in is a time from now').waitFor();
    expect(await field(page).inputValue()).toBe('/remind soon tea');
    await clean('command-wrong');
    await field(page).fill('/remind in 2h tea');
    await page.keyboard.press('Enter');
    const reply = page.getByRole('region', { name: 'Reply to /remind, only you can see this' });
    await reply.getByText('I will remind you in 2h: tea').waitFor();
    expect(await field(page).inputValue()).toBe('');
    await clean('command-reply');
    await reply.getByRole('button', { name: 'Put the reply to /remind away' }).click();
    await reply.waitFor({ state: 'detached' });
    // What is no command is a message, once that is meant.
    await say(page, '/nonsense at all');
    await writing.getByText('There is no command /nonsense here').waitFor();
    await page.keyboard.press('Enter');
    await message(page, '/nonsense at all').waitFor();
  });

  describe('looked after', () => {
    let his: Page;
    const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
      const answer = await fetch(`${site.server.url}/api${path}`, {
        method,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${owner.token}` },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      expect(answer.ok, await answer.clone().text()).toBe(true);
      return (await answer.json()) as T;
    };
    const member = (name: RegExp) =>
      ada.page.getByRole('complementary', { name: 'Members' }).getByRole('button', { name });

    beforeAll(async () => {
      const person = await site.enter('Ben Okafor', { path: '/#/rooms/harbour' });
      his = person.page;
      await his.getByRole('heading', { name: 'Harbour', level: 1 }).waitFor();
    }, 60_000);

    it('mutes the author of a message, who is told why he cannot write, and ends it', async () => {
      const { page } = ada;
      await say(his, 'Buy what I sell');
      const row = message(page, 'Buy what I sell');
      await row.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('menuitem', { name: 'Mute, take out or ban…' }).click();
      const dialog = page.getByRole('dialog', { name: 'About Ben Okafor' });
      await dialog.getByRole('combobox', { name: 'For how long' }).selectOption('1');
      await dialog.getByRole('textbox', { name: 'Reason' }).fill('Advertising');
      await clean('measure');
      await dialog.getByRole('button', { name: 'Mute Ben Okafor for an hour' }).click();
      await dialog.waitFor({ state: 'detached' });
      const writing = his.getByRole('form', { name: 'Write a message' });
      await writing.getByText(/^You are muted here/).waitFor();
      expect(await field(his).isDisabled()).toBe(true);
      expect(await faultsOf(his, 'muted')).toEqual([]);
      await member(/^Ben Okafor/).click();
      await page.getByText(/^Muted until/).waitFor();
      await clean('member');
      await page.getByRole('button', { name: 'End the mute' }).click();
      await page.getByRole('button', { name: 'They may speak again' }).click();
      await writing.getByText(/^You are muted here/).waitFor({ state: 'detached' });
      expect(await field(his).isDisabled()).toBe(false);
      await page.getByText(/^Muted until/).waitFor({ state: 'detached' });
    });

    it('reports a message to those who look after the room', async () => {
      const row = message(his, 'Until later');
      await row.focus();
      await his.keyboard.press('Enter');
      await his.getByRole('menuitem', { name: 'Report…' }).click();
      expect(await his.getByRole('menuitem', { name: /ban/ }).count()).toBe(0);
      const dialog = his.getByRole('dialog', { name: 'Report this message' });
      await dialog.getByRole('radio', { name: 'Abuse' }).check();
      await dialog.getByRole('textbox', { name: 'Comment' }).fill('Not nice');
      expect(await faultsOf(his, 'report')).toEqual([]);
      await dialog.getByRole('button', { name: 'Report' }).click();
      await his
        .getByRole('region', { name: 'What was done' })
        .getByText('The moderators were told')
        .waitFor();
      const { data } = await call<{ data: object[] }>('GET', '/moderation/reports');
      expect(data).toMatchObject([{ reason: 'abuse', comment: 'Not nice' }]);
    });

    it('shows a held message to its author as waiting, until a moderator has decided', async () => {
      await call('PUT', '/rooms/harbour/rules', { phrases: [{ phrase: 'casino', action: 'hold' }] });
      await say(his, 'To the casino');
      const row = message(his, 'To the casino');
      await row.getByText('Waits for a moderator').waitFor();
      expect(await faultsOf(his, 'held')).toEqual([]);
      expect(await message(ada.page, 'To the casino').count()).toBe(0);
      const reject = async () => {
        const held = await call<{ data: { id: string }[] }>('GET', '/rooms/harbour/held-messages');
        await call('POST', `/held-messages/${held.data[0]?.id}/reject`, {});
      };
      await reject();
      await row.getByText('did not let this message through').waitFor();
      await row.getByRole('button', { name: 'Discard' }).click();
      // Decided while its author was away.
      await say(his, 'To another casino');
      const other = message(his, 'To another casino');
      await other.getByText('Waits for a moderator').waitFor();
      const place = his.url();
      await his.goto('about:blank');
      await reject();
      await his.goto(place);
      await other.getByText('did not let this message through').waitFor();
      await other.getByRole('button', { name: 'Discard' }).click();
    });

    it('says what slow mode does to the next message', async () => {
      await call('POST', '/moderation/slow-mode', { roomId: 'harbour', seconds: 600 });
      await say(his, 'Only now and then');
      await message(ada.page, 'Only now and then').waitFor();
      await his.getByText(/^Slow mode: your next message goes out in/).waitFor();
      await call('POST', '/moderation/slow-mode', { roomId: 'harbour', seconds: 0 });
      await his.getByText(/^Slow mode: your next/).waitFor({ state: 'detached' });
    });

    it('sets rules of the room and what members may do, in its settings', async () => {
      const { page } = ada;
      const dialog = page.getByRole('dialog', { name: 'Settings of Harbour' });
      const openSettings = async (tab: string) => {
        await page.getByRole('button', { name: 'More about this room' }).click();
        await page.getByRole('menuitem', { name: 'Room settings…' }).click();
        await dialog.getByRole('tab', { name: tab }).click();
      };
      await openSettings('Rules');
      await dialog.getByRole('combobox', { name: 'Links' }).selectOption('refuse');
      await dialog.getByRole('textbox', { name: /^But to these hosts/ }).fill('example.org');
      await clean('rules');
      await dialog.getByRole('button', { name: 'Save rules' }).click();
      await dialog.waitFor({ state: 'detached' });
      await say(his, 'Look at https://example.com/x');
      const row = message(his, 'Look at https://example.com/x');
      await row.getByText('this room takes no such links').waitFor();
      await row.getByRole('button', { name: 'Discard' }).click();
      await say(his, 'Look at https://docs.example.org/x');
      await message(page, 'Look at https://docs.example.org/x').waitFor();
      await openSettings('Who may do what');
      const writes = dialog.getByRole('checkbox', { name: 'Write messages: Members' });
      await writes.uncheck();
      await clean('rights');
      await dialog.getByRole('button', { name: 'Save rights' }).click();
      await dialog.waitFor({ state: 'detached' });
      await his.getByText('In this room only those who look after it write').waitFor();
      await openSettings('Who may do what');
      await dialog.getByRole('checkbox', { name: 'Write messages: Members, not as usual' }).waitFor();
      await dialog.getByRole('button', { name: 'Back to the usual' }).click();
      await dialog.getByRole('button', { name: 'Save rights' }).click();
      await dialog.waitFor({ state: 'detached' });
      await his.getByText('In this room only those').waitFor({ state: 'detached' });
    });

    it('gives one member a right by name, live for them, and takes it back', async () => {
      const { page } = ada;
      const dialog = page.getByRole('dialog', { name: 'Settings of Harbour' });
      await page.getByRole('button', { name: 'More about this room' }).click();
      await page.getByRole('menuitem', { name: 'Room settings…' }).click();
      await dialog.getByRole('tab', { name: 'Who may do what' }).click();
      await dialog
        .getByRole('combobox', { name: 'Member' })
        .selectOption({ label: 'Ben Okafor (@ben-okafor)' });
      await dialog.getByRole('combobox', { name: 'Right' }).selectOption('message.send');
      await dialog.getByRole('button', { name: 'Take it from them' }).click();
      await dialog.getByText('not: Write messages').waitFor();
      await his.getByText('In this room only those who look after it write').waitFor();
      await dialog.getByRole('combobox', { name: 'Right' }).selectOption('moderation.act');
      await dialog.getByRole('button', { name: 'Give it to them' }).click();
      await dialog.getByText('also: Mute, take out, ban; slow mode and rules; not: Write messages').waitFor();
      await clean('single-rights');
      await dialog.getByRole('button', { name: 'Take back' }).click();
      await dialog.getByRole('button', { name: 'As their role says' }).click();
      await dialog.getByText('not: Write messages').waitFor({ state: 'detached' });
      await his.getByText('In this room only those').waitFor({ state: 'detached' });
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    });

    it('makes a member an admin, hands the room over and gets it back, live for both', async () => {
      const { page } = ada;
      const who = (by: Page, name: RegExp) =>
        by.getByRole('complementary', { name: 'Members' }).getByRole('button', { name });
      const open = async (by: Page, name: string) => {
        await who(by, new RegExp(`^${name}`)).click();
        await by.getByRole('button', { name: 'Change role…' }).click();
        return by.getByRole('dialog', { name: `Role of ${name}` });
      };
      await who(his, /^Ada Lovelace.*Owner/).click();
      await his.getByText('Owns this room').waitFor();
      expect(await his.getByRole('button', { name: 'Change role…' }).count()).toBe(0);
      await his.keyboard.press('Escape');
      const about = await open(page, 'Ben Okafor');
      await about.getByRole('radio', { name: 'Admin' }).check();
      await about.getByRole('button', { name: 'Make Ben Okafor an admin' }).click();
      await who(his, /^Ben Okafor.*Admin/).waitFor();
      await open(page, 'Ben Okafor');
      await about.getByRole('radio', { name: 'Owner' }).check();
      await about.getByRole('checkbox', { name: 'Hand the room over' }).check();
      await clean('role');
      await about.getByRole('button', { name: 'Hand the room over to Ben Okafor' }).click();
      await who(his, /^Ada Lovelace.*Admin/).waitFor();
      const hers = await open(his, 'Ada Lovelace');
      await hers.getByRole('radio', { name: 'Owner' }).check();
      await hers.getByRole('checkbox', { name: 'Hand the room over' }).check();
      await hers.getByRole('button', { name: 'Hand the room over to Ada Lovelace' }).click();
      await who(page, /^Ada Lovelace.*Owner/).waitFor();
      await who(page, /^Ben Okafor.*Admin/).waitFor();
      await open(page, 'Ben Okafor');
      await about.getByRole('radio', { name: 'Member' }).check();
      await about.getByRole('button', { name: 'Make Ben Okafor a member' }).click();
      await who(his, /^Ben Okafor.*Admin/).waitFor({ state: 'detached' });
    });

    it('bans from the list of members, and lets in again', async () => {
      const { page } = ada;
      await member(/^Ben Okafor/).click();
      await page.getByRole('button', { name: 'Ban…' }).click();
      await page.getByRole('button', { name: 'Ban Ben Okafor for a day' }).click();
      await page.getByRole('heading', { name: 'Banned (1)' }).waitFor();
      await clean('banned');
      await page.getByRole('button', { name: 'End the ban' }).click();
      await page.getByRole('button', { name: 'They may come back' }).click();
      await page.getByRole('heading', { name: 'Banned (1)' }).waitFor({ state: 'detached' });
    });

    it('makes a link, which shows where it leads and lets in', async () => {
      const { page } = ada;
      await page.getByRole('button', { name: 'More about this room' }).click();
      await page.getByRole('menuitem', { name: 'Add people or agents…' }).click();
      const dialog = page.getByRole('dialog', { name: 'Add to Harbour' });
      await dialog.getByRole('tab', { name: 'By link' }).click();
      await dialog.getByRole('combobox', { name: 'It lets in' }).selectOption('1');
      await clean('invite-form');
      await dialog.getByRole('button', { name: 'Make a link' }).click();
      const link = await dialog.getByText(/\/#\/invites\//).innerText();
      await dialog.getByText(/^0 of 1 came in/).waitFor();
      await clean('invite-made');
      await his.goto(link);
      const card = his.getByRole('region', { name: 'Harbour' });
      await card.getByText('Ada Lovelace invites you into').waitFor();
      expect(await faultsOf(his, 'invited')).toEqual([]);
      await card.getByRole('button', { name: 'Join Harbour' }).click();
      await his.getByRole('heading', { name: 'Harbour', level: 1 }).waitFor();
      await member(/^Ben Okafor/).waitFor();
      await dialog.getByRole('button', { name: 'I have it' }).click();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      // It let in as many as it was for.
      await his.goto(link);
      await his.reload();
      await his.getByText('You are in it: open the room').waitFor();
    });
  });
});

// The pages of what is one's own, and those of who runs the server: used on a desk, looked at on a phone, accessible on both.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignedIn } from '../support/app.ts';
import { faultsOf } from './support/axe.ts';
import { hasBrowser, type Person, startConsole, type TestConsole } from './support/console.ts';

interface Look {
  width: number;
  height: number;
  /** Looked at by axe in it. */
  scheme?: 'light' | 'dark';
}
const LOOKS: Look[] = [
  { width: 1280, height: 844, scheme: 'light' },
  { width: 390, height: 844, scheme: 'dark' },
  { width: 1920, height: 1080 },
  // 1280 by 800 at 200 %.
  { width: 640, height: 400 },
];

describe.runIf(hasBrowser)('pages beside the rooms', () => {
  let site: TestConsole;
  let grace: Person;
  let page: Person['page'];
  let ben: SignedIn;
  let myself: SignedIn;
  let roomId: string;

  async function rest(method: string, path: string, body?: object, who = ben): Promise<{ id: string }> {
    const response = await fetch(`${site.server.url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${who.token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { id: string };
  }
  const say = (body: string, more: object = {}) =>
    rest('POST', `/rooms/${roomId}/messages`, { body, ...more });
  const open = (hash: string) => page.goto(`${site.server.url}/${hash}`);
  const title = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
  const pages = () => page.getByRole('navigation', { name: 'Pages' });

  /** Axe on a desk in the light and on a phone in the dark; nothing stands wider than the page there, on a wide screen, or at 200 % zoom. */
  async function clean(name: string): Promise<void> {
    for (const { width, height, scheme } of LOOKS) {
      await page.setViewportSize({ width, height });
      if (scheme !== undefined) {
        await page.emulateMedia({ colorScheme: scheme });
        expect(await faultsOf(page, `${name}-${scheme}-${width}`)).toEqual([]);
      }
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      expect(wide, `${name} is wider than ${width} px`).toBeLessThanOrEqual(0);
    }
    await page.setViewportSize({ width: 1280, height: 844 });
  }

  beforeAll(async () => {
    site = await startConsole();
    // The first user is the administrator.
    grace = await site.enter('Grace Hopper', { width: 1280, height: 844 });
    page = grace.page;
    myself = await site.server.signIn('Grace Hopper');
    ben = await site.server.signIn('Ben Okafor');
    roomId = (await rest('POST', '/rooms/lobby/join').then(() => rest('GET', '/rooms/lobby'))).id;
  }, 180_000);
  afterAll(async () => {
    expect(grace?.problems ?? []).toEqual([]);
    await site?.stop();
  });

  it('says on each page what it is for while there is nothing', async () => {
    for (const [hash, words] of [
      ['#/inbox', 'You are up to date'],
      ['#/threads', 'You follow no thread yet'],
      ['#/saved', 'Nothing is saved yet'],
      ['#/later', 'No message is half written'],
      ['#/later/scheduled', 'Nothing is scheduled'],
      ['#/search', 'What are you looking for?'],
      ['#/explain', 'Did it arrive?'],
      ['#/explain/unread', 'Why this number?'],
      ['#/explain/inbox', 'Nothing is counted'],
    ] as const) {
      await open(hash);
      await page.getByText(words).waitFor();
      await clean(`empty-${hash.slice(2).replaceAll('/', '-')}`);
    }
  });

  it('tells a new administrator what comes first, and is put away', async () => {
    await pages()
      .getByRole('link', { name: /First steps/ })
      .click();
    await title('First steps');
    await page.getByRole('heading', { name: /^Bring someone along ?, done/ }).waitFor();
    await clean('welcome');
    await page.getByRole('button', { name: /put this page away/ }).click();
    await expect
      .poll(() =>
        pages()
          .getByRole('link', { name: /First steps/ })
          .count(),
      )
      .toBe(0);
  });

  it('counts and shows what came in, without a reload', async () => {
    await open('#/inbox');
    await page.getByText('You are up to date').waitFor();
    await say('@grace-hopper have you seen the oven?');
    const item = page.getByRole('listitem').filter({ hasText: 'have you seen the oven' });
    await item.waitFor();
    await pages()
      .getByRole('link', { name: /Inbox.*1 unread/ })
      .waitFor();
    await clean('inbox');
    await item.getByRole('button', { name: 'Mark read' }).click();
    await page.getByText('You are up to date').waitFor();
    await page.getByRole('button', { name: 'All' }).click();
    await item.getByRole('button', { name: 'Mark unread' }).click();
    await pages()
      .getByRole('link', { name: /Inbox.*1 unread/ })
      .waitFor();
  });

  it('explains why a room and the inbox count what they do', async () => {
    await open('#/explain/inbox');
    await page.getByRole('heading', { name: '1 unread in your inbox' }).waitFor();
    await clean('explain-inbox');
    await page.getByRole('tab', { name: 'A room’s count' }).click();
    await page.getByRole('combobox', { name: 'Room' }).click();
    await page.getByRole('option', { name: 'Lobby' }).click();
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByRole('heading', { name: '1 unread, 1 mention, for you' }).waitFor();
    await page.getByText(/^You have read up to/).waitFor();
    await page.getByRole('heading', { name: 'Mentions (1)' }).waitFor();
    await clean('explain-unread');
  });

  it('finds by words and operators, marks what it found, and leads there', async () => {
    await say('The oven is repaired, and the bill is at https://example.org/bill');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /Search or jump/ }).fill('oven');
    await page.getByRole('option', { name: /Search messages for/ }).click();
    await page.getByRole('heading', { name: '2 found' }).waitFor();
    await page.getByRole('button', { name: 'With a link' }).click();
    await page.getByRole('heading', { name: '1 found' }).waitFor();
    expect(await page.locator('mark').first().textContent()).toBe('oven');
    await clean('search');
    await page.getByRole('button', { name: 'From someone…' }).click();
    await page.getByRole('button', { name: 'Ben Okafor' }).click();
    await page.getByRole('heading', { name: '1 found' }).waitFor();
    await page.getByRole('link', { name: /The oven is repaired/ }).click();
    await page.getByRole('log').getByText('is repaired').waitFor();
  });

  it('says what is wrong with a search', async () => {
    await open('#/search?q=from:@nobody-here');
    await page.getByRole('alert').getByText('names nobody').waitFor();
    await clean('search-refused');
  });

  it('goes to people and pages by a few letters', async () => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('webh');
    await page.getByRole('option', { name: /Webhooks/ }).waitFor();
    await page.keyboard.press('Enter');
    await title('Webhooks');
    await page.keyboard.press('Control+/');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'detached' });
    await page.locator('main').focus();
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await title('Saved');
  });

  it('keeps what I saved with my note, and lets it go', async () => {
    const { id } = await say('The number of the repair shop is 555-0134');
    await rest('PUT', `/messages/${id}/saved`, { note: '' }, myself);
    const item = page.getByRole('listitem').filter({ hasText: '555-0134' });
    await item.getByRole('button', { name: 'Add a note' }).click();
    await page.getByRole('textbox', { name: 'Note' }).fill('Ask for Ann');
    await page.getByRole('button', { name: 'Keep' }).click();
    await item.getByText('Ask for Ann').waitFor();
    await clean('saved');
    await item.getByRole('button', { name: 'Take off the list' }).click();
    await page.getByText('Nothing is saved yet').waitFor();
  });

  it('reminds, changes its mind, and lets it be', async () => {
    await open('#/later/reminders');
    await page.getByRole('textbox', { name: 'Remind me of' }).fill('Call the mill');
    await page.getByRole('button', { name: 'Tomorrow at nine' }).click();
    await page.getByRole('button', { name: 'Remind me', exact: true }).click();
    await page.getByRole('button', { name: 'Change: Call the mill' }).click();
    await page.getByRole('textbox', { name: 'Note' }).fill('Call the new mill');
    await clean('reminder-edit');
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.getByRole('button', { name: 'Cancel: Call the new mill' }).click();
    await page.getByText('Nothing to be reminded of').waitFor();
  });

  it('shows threads I take part in, and what is new in them', async () => {
    const { id } = await say('@grace-hopper which flour shall I order?');
    await say('The mill closes at noon', { threadId: id });
    await open('#/threads');
    await page.getByText('1 new reply').waitFor();
    await clean('threads');
    await say('It is about the rye', { threadId: id });
    await page.getByText('2 new replies').waitFor();
    await page.getByRole('button', { name: 'Stop following' }).first().click();
    await page.getByText('You follow no thread yet').waitFor();
  });

  it('keeps quiet hours, levels of rooms, and looks', async () => {
    await open('#/me/notifications');
    await page.getByRole('switch', { name: 'Be quiet every day' }).click();
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.getByRole('combobox', { name: /What comes in from Lobby/ }).selectOption('all');
    await clean('notifications');
    await page.reload();
    await page.getByRole('textbox', { name: 'From' }).or(page.getByLabel('From')).first().waitFor();
    await expect
      .poll(() => page.getByRole('combobox', { name: /What comes in from Lobby/ }).inputValue())
      .toBe('all');
    await open('#/me');
    await page.getByRole('button', { name: 'Compact' }).click();
    await clean('preferences');
    expect(await page.evaluate('document.documentElement.dataset.density')).toBe('compact');
    await page.getByRole('button', { name: 'Comfortable' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Grace B. Hopper');
    await page.getByRole('button', { name: 'Keep the name' }).click();
    await page.getByText('Kept. Others see it').waitFor();
  });

  it('makes a webhook whose secret is shown once, and an address to post to', async () => {
    await rest('POST', '/rooms', { name: 'Kitchen' }, myself);
    await open('#/webhooks');
    await page.getByRole('textbox', { name: 'Address' }).fill('https://example.org/hook');
    await page.getByRole('button', { name: 'Add the address' }).click();
    const secret = page.getByRole('status', { name: 'The secret that signs' });
    await secret.getByText(/^whsec_/).waitFor();
    await clean('webhook-secret');
    await secret.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('button', { name: /example.org\/hook/ }).click();
    await page
      .getByText('Nothing was sent yet.')
      .or(page.getByText(/On its way|1 try/))
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Turn off' }).click();
    await page.getByRole('button', { name: 'Turn on' }).waitFor();
    await page.getByRole('tab', { name: 'Into the room' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Oven sensor');
    await page.getByRole('button', { name: 'Make an address' }).click();
    const url = await page.getByRole('status', { name: 'The address' }).locator('code').textContent();
    const posted = await fetch(url ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'It is 240 degrees' }),
    });
    expect(posted.ok).toBe(true);
    await page.getByRole('button', { name: 'I have it' }).click();
    await clean('webhook-in');
  });

  it('draws and tells what the server measures', async () => {
    await open('#/metrics');
    await page.getByRole('rowheader', { name: 'Connections: Socket.IO' }).waitFor();
    await expect
      .poll(() => page.getByRole('row', { name: /Connections: Socket.IO 1/ }).count(), { timeout: 20_000 })
      .toBe(1);
    await clean('metrics');
  });

  it('suspends someone and lets them in again, and makes and revokes a key', async () => {
    await open('#/admin');
    await page.getByRole('button', { name: /Ben Okafor/ }).click();
    await page.getByRole('button', { name: 'Suspend' }).click();
    await page.getByRole('button', { name: 'Sign out everywhere and suspend' }).click();
    await page.getByRole('button', { name: 'Let them in again' }).click();
    await page.getByRole('button', { name: 'Suspend' }).waitFor();
    await clean('admin-people');
    await page.getByRole('tab', { name: 'API keys' }).click();
    await page.getByRole('textbox', { name: 'What it is for' }).fill('Nightly report');
    await page.getByRole('combobox', { name: 'Scopes' }).fill('messages.*');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Make the key' }).click();
    await page.getByRole('status', { name: 'The key' }).getByText(/^pk_/).waitFor();
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('button', { name: 'Revoke it' }).click();
    await page.getByText(/· revoked/).waitFor();
    await clean('admin-keys');
  });

  it('exports everything and erases a person with a report', async () => {
    await open('#/admin/data');
    await page.getByRole('button', { name: 'Begin the export' }).click();
    await page.getByRole('button', { name: 'Download' }).waitFor({ timeout: 30_000 });
    await page.getByRole('combobox', { name: 'Whom' }).fill('Ben');
    await page.getByRole('option', { name: /Ben Okafor/ }).click();
    await page.getByRole('textbox', { name: /To be sure, type ben-okafor/ }).fill('ben-okafor');
    await page.getByRole('button', { name: /Erase Ben Okafor for good/ }).click();
    await page.getByText('Erased. What it was:').waitFor({ timeout: 30_000 });
    await clean('admin-data');
    await page.getByRole('tab', { name: 'Server' }).click();
    await page.getByText('Embedded, in the data folder').waitFor();
    await clean('admin-server');
  });

  it('stays on its feet where a page cannot be fetched', async () => {
    await page.route(/agents-page-.*\.js/, (route) => route.abort());
    await pages().getByRole('link', { name: 'Agents' }).click();
    await page.getByRole('alert').getByText('This page could not be opened').waitFor();
    await clean('page-failed');
    await page.unroute(/agents-page-.*\.js/);
    await pages().getByRole('link', { name: 'Saved' }).click();
    await title('Saved');
  });

  it('has nothing for members where administrators have pages', async () => {
    const { page: other } = await site.enter('Chidi Anagonye', { path: '/#/rooms/lobby' });
    await other.goto(`${site.server.url}/#/admin`);
    await other.getByText('For administrators').waitFor();
    expect(await other.getByRole('link', { name: 'Metrics' }).count()).toBe(0);
  });

  it('ends a session on the server too', async () => {
    const token = await page.evaluate<string>(`JSON.parse(localStorage.getItem('parley.session')).token`);
    await open('#/me/account');
    await page.getByRole('button', { name: 'End this session' }).click();
    await page.getByText('You are signed out').waitFor();
    const refused = await fetch(`${site.server.url}/api/me`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(refused.status).toBe(401);
  });
});

// Which pictures are taken: of what page, and what has to stand there first.
import type { Page } from 'playwright-core';
import type { Town } from './town.ts';

export interface Picture {
  name: string;
  hash: string;
  dark?: true;
  onPhone?: true;
  signedOut?: true;
  /** Shows the first steps. */
  isNew?: true;
  /** Resolves when the page shows what the picture is of. */
  until(page: Page, onPhone: boolean): Promise<unknown>;
}

const shows = (words: string | RegExp) => (page: Page) => page.getByText(words).first().waitFor();

export function pictures({ rooms, agents, messages }: Town): Picture[] {
  const message = (start: string): string => messages[start.slice(0, 24)] ?? '';
  return [
    { name: 'sign-in', hash: '', signedOut: true, until: shows('Rooms where people and agents') },
    { name: 'welcome', hash: '#/welcome', isNew: true, onPhone: true, until: shows('Bring someone along') },
    { name: 'console', hash: '#/rooms/mill-street', until: shows('The sign maker asks') },
    {
      name: 'room',
      hash: '#/rooms/mill-street',
      dark: true,
      onPhone: true,
      until: shows('The sign maker asks'),
    },
    // Before the thread is opened, which reads it.
    { name: 'threads', hash: '#/threads', until: shows('2 new replies') },
    {
      name: 'thread',
      hash: `#/rooms/mill-street/threads/${message('What has to happen before we open')}`,
      onPhone: true,
      until: shows('I will be there at eight.'),
    },
    {
      name: 'commands',
      hash: '#/rooms/kitchen',
      async until(page) {
        await page.getByText('The new rye loaf').waitFor();
        await page.getByRole('textbox', { name: 'Write to Kitchen' }).fill('/');
        await page.getByRole('option', { name: /remind/ }).waitFor();
      },
    },
    {
      name: 'rights',
      hash: '#/rooms/kitchen',
      dark: true,
      async until(page) {
        await page.getByText('The new rye loaf').waitFor();
        await page.getByRole('button', { name: 'More about this room' }).click();
        await page.getByRole('menuitem', { name: 'Room settings…' }).click();
        await page.getByRole('tab', { name: 'Who may do what' }).click();
        await page.getByRole('checkbox', { name: 'Pin: Members' }).check();
      },
    },
    { name: 'agent-in-room', hash: '#/rooms/money', until: shows('In the first year') },
    { name: 'inbox', hash: '#/inbox', onPhone: true, until: shows('the small oven clicks again') },
    { name: 'search', hash: '#/search?q=oven', onPhone: true, until: shows(/\d+ found/) },
    {
      name: 'jump',
      hash: '#/rooms/kitchen',
      dark: true,
      async until(page) {
        await page.getByText('The new rye loaf').waitFor();
        await page.keyboard.press('Control+k');
        await page.getByRole('combobox').fill('a');
        await page.getByRole('option', { name: /Search messages/ }).waitFor();
      },
    },
    { name: 'later', hash: '#/later/scheduled', until: shows('Happy first of December') },
    { name: 'reminders', hash: '#/later/reminders', onPhone: true, until: shows('Call the mill') },
    { name: 'saved', hash: '#/saved', until: shows('The copy for the bank') },
    { name: 'agents', hash: '#/agents', until: shows('Adds up costs') },
    { name: 'agent', hash: `#/agents/${agents.scribe}`, until: shows('When it speaks') },
    { name: 'agent-tools', hash: `#/agents/${agents.ledger}/tools`, until: shows(/calculator/i) },
    {
      name: 'workspace',
      hash: `#/agents/${agents.scribe}/workspace`,
      async until(page) {
        await page.getByRole('combobox', { name: 'Room' }).click();
        await page.getByRole('option', { name: 'Mill Street shop' }).click();
        await page.getByText('Choose the green for the sign').waitFor();
        await page.getByText('The electrician comes').waitFor();
      },
    },
    { name: 'approvals', hash: '#/approvals', onPhone: true, until: shows('wants to use post letter') },
    { name: 'tools', hash: '#/tools', until: shows('Of your own') },
    { name: 'people', hash: '#/admin', until: shows('Chidi Anagonye') },
    { name: 'data', hash: '#/admin/data', until: shows('How long messages are kept') },
    { name: 'server', hash: '#/admin/server', until: shows('A run lasts at most') },
    {
      name: 'metrics',
      hash: '#/metrics',
      dark: true,
      onPhone: true,
      async until(page) {
        await page.getByRole('rowheader', { name: 'Connections: Socket.IO' }).waitFor();
        await page.getByRole('row', { name: /Memory: Resident \d/ }).waitFor();
      },
    },
    {
      name: 'delivery',
      hash: `#/explain/${message('The lease is signed. The keys')}`,
      until: shows('In the room’s log'),
    },
    {
      name: 'count',
      hash: `#/explain/unread/${rooms.kitchen}`,
      until: shows('These count'),
    },
    { name: 'moderation', hash: '#/moderation', onPhone: true, until: shows('The third time this week') },
    {
      name: 'held',
      hash: `#/moderation/held?room=${rooms.kitchen}`,
      until: shows('cheap flour at the port'),
    },
    {
      name: 'webhooks',
      hash: `#/webhooks?room=${rooms.shop}`,
      until: shows('https://example.org/hooks/mill-street'),
    },
    { name: 'audit', hash: '#/audit', until: shows('Is the record whole?') },
    { name: 'preferences', hash: '#/me', until: shows('Room between things') },
    { name: 'notifications', hash: '#/me/notifications', until: shows('Be quiet every day') },
  ];
}

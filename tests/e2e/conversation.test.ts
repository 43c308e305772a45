// Two people in two browsers: what one does, the other sees.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  field,
  hasBrowser,
  message,
  type Person,
  say,
  startConsole,
  type TestConsole,
} from './support/console.ts';

describe.runIf(hasBrowser)('a conversation in the console', () => {
  let site: TestConsole;
  let ada: Person;
  let ben: Person;

  beforeAll(async () => {
    site = await startConsole();
    ada = await site.enter('Ada Lovelace');
    ben = await site.enter('Ben Okafor');
  }, 180_000);
  afterAll(async () => {
    expect([...(ada?.problems ?? []), ...(ben?.problems ?? [])]).toEqual([]);
    await site?.stop();
  });

  it('carries messages both ways', async () => {
    await say(ada.page, 'Good morning, Ben');
    await message(ben.page, 'Good morning, Ben').waitFor();
    await say(ben.page, 'Good morning, Ada\nHow are you?');
    await message(ada.page, 'How are you?').waitFor();
    expect(await field(ada.page).inputValue()).toBe('');
  });

  it('shows who is here and who is typing', async () => {
    const members = ada.page.getByRole('complementary', { name: 'Members' });
    await members.getByRole('button', { name: /Ben Okafor.*Here now/ }).waitFor();
    await field(ben.page).pressSequentially('I am');
    await ada.page.getByTestId('typing').getByText('Ben Okafor is typing…').waitFor();
    await field(ben.page).fill('');
    await expect.poll(() => ada.page.getByTestId('typing').innerText()).toBe('');
  });

  it('changes a message by the menu, and says that it was edited', async () => {
    await say(ada.page, 'The meeting is on Mnday');
    const row = message(ada.page, 'Mnday');
    await row.hover();
    await row.getByRole('button', { name: /^Actions/ }).click();
    await ada.page.getByRole('menuitem', { name: 'Edit' }).click();
    const editor = ada.page.getByRole('textbox', { name: 'Edit message' });
    await editor.fill('The meeting is on Monday');
    await editor.press('Enter');
    await message(ben.page, 'Monday').getByText('edited').waitFor();
    expect(await message(ben.page, 'Mnday').count()).toBe(0);
  });

  it('deletes a message for everyone and leaves a tombstone', async () => {
    await say(ada.page, 'I should not have said this');
    const row = message(ada.page, 'should not have said');
    await message(ben.page, 'should not have said').waitFor();
    await row.hover();
    await row.getByRole('button', { name: /^Actions/ }).click();
    await ada.page.getByRole('menuitem', { name: 'Delete' }).click();
    await ada.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await message(ben.page, 'This message was deleted').waitFor();
    expect(await message(ben.page, 'should not have said').count()).toBe(0);
  });

  it('does not offer to change what others said', async () => {
    const row = message(ben.page, 'Good morning, Ben');
    await row.hover();
    await row.getByRole('button', { name: /^Actions/ }).click();
    await ben.page.getByRole('menuitem', { name: 'Copy text' }).waitFor();
    expect(await ben.page.getByRole('menuitem', { name: 'Edit' }).count()).toBe(0);
    await ben.page.keyboard.press('Escape');
  });

  it('counts unread messages and mentions of a room that is not open', async () => {
    await ben.page.getByRole('button', { name: 'Create a room' }).click();
    await ben.page.getByLabel('Name').fill('Tea time');
    await ben.page.getByRole('button', { name: 'Create room' }).click();
    await ben.page.getByRole('heading', { name: 'Tea time' }).waitFor();
    await say(ada.page, 'Anyone here?');
    await say(ada.page, '@ben-okafor are you there?');
    const lobby = ben.page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: /Lobby/i });
    await lobby.getByText(', 2 unread, 1 mentions you').waitFor({ state: 'attached' });
    await lobby.click();
    await message(ben.page, 'are you there?').waitFor();
    await expect.poll(() => lobby.innerText()).not.toMatch(/unread/);
  });

  it('opens a direct room with a person', async () => {
    await ada.page.getByRole('button', { name: 'Message a person or agent' }).click();
    await ada.page.getByRole('button', { name: 'Message Ben Okafor' }).click();
    await ada.page.getByRole('heading', { name: 'Ben Okafor', level: 1 }).waitFor();
    await say(ada.page, 'Just between us');
    const link = ben.page
      .getByRole('navigation', { name: 'Rooms' })
      .getByRole('link', { name: /Ada Lovelace/ });
    await ben.page.evaluate('window.dispatchEvent(new Event("focus"))');
    await link.click();
    await message(ben.page, 'Just between us').waitFor();
  });

  it('joins a public room by browsing', async () => {
    await ada.page.getByRole('button', { name: 'Browse public rooms' }).click();
    await ada.page.getByRole('button', { name: 'Join Tea time' }).click();
    await ada.page.getByRole('heading', { name: 'Tea time', level: 1 }).waitFor();
    await say(ada.page, 'Is there cake?');
    await message(ada.page, 'Is there cake?').waitFor();
    await ada.page
      .getByRole('navigation', { name: 'Rooms' })
      .getByRole('link', { name: /Tea time/ })
      .waitFor();
  });

  it('keeps a draft per room over a reload', async () => {
    await field(ada.page).fill('half a thought');
    await ada.page.reload();
    await expect.poll(() => field(ada.page).inputValue()).toBe('half a thought');
    await field(ada.page).fill('');
  });
});

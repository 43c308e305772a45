// The whole console without a mouse.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  field,
  hasBrowser,
  message,
  type Person,
  startConsole,
  type TestConsole,
} from './support/console.ts';

describe.runIf(hasBrowser)('the console by keyboard alone', () => {
  let site: TestConsole;
  let ada: Person;
  const press = (...keys: string[]) =>
    keys.reduce(async (before, key) => {
      await before;
      await ada.page.keyboard.press(key);
    }, Promise.resolve());
  const type = (text: string) => ada.page.keyboard.type(text);
  /** Name or words of what has the focus; empty when nothing has it. */
  const focused = () =>
    ada.page.evaluate(
      '((e) => (e === document.body ? "" : (e.getAttribute("aria-label") ?? e.textContent)))(document.activeElement)',
    );
  const focusedRole = () =>
    ada.page.evaluate('document.activeElement?.getAttribute("role") ?? document.activeElement?.localName');

  beforeAll(async () => {
    site = await startConsole();
    ada = await site.open();
  }, 180_000);
  afterAll(async () => {
    expect(ada?.problems ?? []).toEqual([]);
    await site?.stop();
  });

  it('signs in', async () => {
    await expect.poll(focusedRole).toBe('input');
    await press('Enter');
    await ada.page.getByText('Type the name others should see.').waitFor();
    await type('Ada Lovelace');
    await press('Enter');
    await ada.page.getByRole('heading', { name: 'Lobby', level: 1 }).waitFor();
  });

  it('skips past the rooms to the conversation', async () => {
    await press('Tab');
    expect(await focused()).toBe('Skip to the conversation');
    await press('Enter');
    expect(await focused()).toMatch(/^Write to Lobby/);
  });

  it('mentions someone from a list', async () => {
    await type('Hello @par');
    const list = ada.page.getByRole('listbox');
    await list.getByRole('option', { name: /Parley/, selected: true }).waitFor();
    const option = await list.getByRole('option').first().getAttribute('id');
    expect(await field(ada.page).getAttribute('aria-activedescendant')).toBe(option);
    await press('Escape');
    await list.waitFor({ state: 'detached' });
    await type(' and @');
    await list.waitFor();
    await press('ArrowDown', 'ArrowUp', 'Enter');
    expect(await field(ada.page).inputValue()).toBe('Hello @par and @parley ');
    await press('Shift+Enter');
    await type('second line');
    await press('Enter');
    await message(ada.page, 'second line').waitFor();
    expect(await field(ada.page).inputValue()).toBe('');
  });

  it('goes through the transcript, edits and deletes', async () => {
    await type('First thought');
    await press('Enter');
    await type('Second thought');
    await press('Enter');
    await message(ada.page, 'Second thought').waitFor();
    await expect.poll(() => ada.page.getByText('Sending…').count()).toBe(0);
    await press('Shift+Tab');
    while ((await focusedRole()) !== 'article') await press('Shift+Tab');
    await press('Home', 'End');
    // The agent that was mentioned may answer in between.
    while (!String(await focused()).includes('First thought')) await press('ArrowUp');
    await press('e');
    expect(await focused()).toBe('Edit message');
    await press('End');
    await type(', improved');
    await press('Enter');
    await message(ada.page, 'First thought, improved').waitFor();
    await expect.poll(focused).toContain('First thought, improved');
    await press('Delete');
    await expect.poll(focused).toBe('Delete');
    await press('Escape');
    await ada.page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(focused).toContain('First thought, improved');
    await press('Delete');
    await expect.poll(focused).toBe('Delete');
    await press('Enter');
    await message(ada.page, 'This message was deleted').waitFor();
  });

  it('edits the last message from the empty field', async () => {
    await field(ada.page).focus();
    await press('ArrowUp');
    expect(await focused()).toBe('Edit message');
    await press('Escape');
    await expect.poll(focused).toContain('Second thought');
  });

  it('gives the focus back when a dialog closes', async () => {
    await ada.page.getByRole('button', { name: 'Create a room' }).focus();
    await press('Enter');
    await ada.page.getByRole('dialog', { name: 'Create a room' }).waitFor();
    await expect.poll(focusedRole).toBe('input');
    await press('Escape');
    await expect.poll(focused).toBe('Create a room');
  });
});

// What one sees when the connection goes, and that nothing is lost meanwhile.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, message, type Person, say, startConsole, type TestConsole } from './support/console.ts';
import { createNetwork, type Network } from './support/network.ts';

describe.runIf(hasBrowser)('a lost connection', () => {
  let site: TestConsole;
  let network: Network;
  let ada: Person;
  let ben: Person;
  const state = () => ada.page.getByTestId('connection').innerText();

  beforeAll(async () => {
    site = await startConsole();
    network = await createNetwork(site.server.url);
    ada = await site.enter('Ada Lovelace', { url: network.url });
    ben = await site.enter('Ben Okafor');
  }, 180_000);
  afterAll(async () => {
    expect(ada?.problems ?? []).toEqual([]);
    await network?.stop();
    await site?.stop();
  });

  it('is told, keeps what was said in view, and lets one go on writing', async () => {
    await say(ben.page, 'Before the storm');
    await message(ada.page, 'Before the storm').waitFor();
    network.cut();
    await ada.page.getByText('Connection lost, reconnecting…').waitFor();
    await expect
      .poll(() => ada.page.locator('[aria-live="polite"]').allInnerTexts())
      .toContain('Reconnecting');
    expect(await message(ada.page, 'Before the storm').isVisible()).toBe(true);
    await say(ada.page, 'Written in the dark');
    await message(ada.page, 'Written in the dark').getByText('Sending…').waitFor();
  });

  it('catches up both ways when it is back', async () => {
    await say(ben.page, 'Said while you were away');
    network.mend();
    await message(ben.page, 'Written in the dark').waitFor();
    await message(ada.page, 'Said while you were away').waitFor();
    await expect.poll(state).toBe('Online');
    expect(await ada.page.getByTestId('banner').count()).toBe(0);
    expect(await message(ada.page, 'Written in the dark').getByText('Sending…').count()).toBe(0);
    expect(await message(ada.page, 'Written in the dark').count()).toBe(1);
  });

  it('keeps an unsent message over a reload of the page', async () => {
    network.cut();
    await ada.page.getByText('Connection lost, reconnecting…').waitFor();
    await say(ada.page, 'Survives a reload');
    await message(ada.page, 'Survives a reload').waitFor();
    network.mend();
    await ada.page.reload();
    await message(ben.page, 'Survives a reload').waitFor();
    await message(ada.page, 'Survives a reload').waitFor();
  });

  it('leads to the sign-in page, with a reason, when the session has ended', async () => {
    await ada.page.evaluate(
      'const kept = JSON.parse(localStorage.getItem("parley.session")); localStorage.setItem("parley.session", JSON.stringify({ ...kept, token: "spoilt" }))',
    );
    await ada.page.reload();
    await ada.page.getByText('Your session has ended.').waitFor();
    await ada.page.getByLabel('Your name').fill('Ada Lovelace');
    await ada.page.getByRole('button', { name: 'Enter' }).click();
    await message(ada.page, 'Before the storm').waitFor();
  });

  it('signs out', async () => {
    await ada.page.getByRole('button', { name: 'Sign out' }).click();
    await ada.page.getByLabel('Your name').waitFor();
    expect(await ada.page.evaluate('localStorage.getItem("parley.session")')).toBeNull();
  });

  it('says that the server cannot be reached when signing in without it', async () => {
    network.cut();
    await ada.page.getByLabel('Your name').fill('Ada Lovelace');
    await ada.page.getByRole('button', { name: 'Enter' }).click();
    await ada.page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    network.mend();
  });
});

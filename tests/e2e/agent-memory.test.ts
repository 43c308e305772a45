// Memories in the console: what would be recalled and why, what waits for its owner's word, and what it knows about whoever looks.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf } from './support/axe.ts';
import { hasBrowser, type Person, startConsole, type TestConsole } from './support/console.ts';

const LOOKS = [
  { scheme: 'light', width: 1280, height: 900 },
  { scheme: 'dark', width: 390, height: 844 },
] as const;

describe.runIf(hasBrowser).each(LOOKS)('memories, $scheme, $width px', (look) => {
  let site: TestConsole;
  let ada: Person;
  let ben: Person;
  let page: Person['page'];
  let address = '';
  const clean = async (person: Person, name: string) =>
    expect(await faultsOf(person.page, `${name}-${look.scheme}-${look.width}`)).toEqual([]);
  const row = (text: string) => page.getByRole('listitem').filter({ hasText: text });

  beforeAll(async () => {
    site = await startConsole();
    // The first user is the administrator, which Ada is not to be.
    await site.server.signIn('First Person');
    ada = await site.enter('Ada Lovelace', look);
    ben = await site.enter('Ben Okafor', look);
    page = ada.page;
    const { token, user } = await site.server.signIn('Ada Lovelace');
    const post = async (path: string, body: object) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      return (await (await fetch(`${site.server.url}${path}`, init)).json()) as { id: string };
    };
    const agent = await post('/api/agents', { name: 'Archivist', description: 'Keeps the keys' });
    const room = await post('/api/rooms', { name: 'Boat house', kind: 'group' });
    await post(`/api/rooms/${room.id}/agents`, { agentId: agent.id });
    address = `${site.server.url}/#/agents/${agent.id}`;
    const { memory } = site.server.app.parts.agents;
    const holder = {
      tenantId: (await site.server.app.parts.identity.authenticate(token, 'rest')).tenantId,
      agentId: agent.id,
    };
    const place = { roomId: room.id, speakerId: user.id };
    await memory.remember(
      holder,
      { content: 'The spare key of the boat house hangs behind the clock' },
      place,
    );
    await memory.remember(holder, { content: 'Soup is on Thursdays' }, place);
    await memory.remember(
      holder,
      { content: 'The boat house was sold to a circus', trust: 'quarantined' },
      place,
    );
    await memory.remember(holder, { content: 'The boat is haunted', trust: 'quarantined' }, place);
  }, 180_000);
  afterAll(async () => {
    expect([...(ada?.problems ?? []), ...(ben?.problems ?? [])]).toEqual([]);
    await site?.stop();
  });

  it('say what would be recalled, what made each score, and why the rest is left out', async () => {
    await page.goto(`${address}/memories`);
    await page.getByLabel('Words').fill('where is the key of the boat house?');
    await page.getByRole('combobox', { name: 'Answering in' }).click();
    await page.getByRole('option', { name: 'Boat house' }).click();
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.getByText('It would recall one memory').waitFor();
    const found = row('behind the clock');
    await found.getByText(/^Score/).click();
    await found.getByRole('row', { name: /^the same words \+/ }).waitFor();
    await page.getByText('1 too far from the words').waitFor();
    await row('sold to a circus').getByText('not confirmed by anyone yet').waitFor();
    await clean(ada, 'memory-explain');
    await page.getByRole('button', { name: 'Show all' }).click();
  });

  it('wait for a word where they come from elsewhere, and are let in or thrown away by it', async () => {
    const waiting = row('sold to a circus').filter({ has: page.getByRole('button', { name: 'Throw away' }) });
    await waiting.getByText('from a source nobody answers for').waitFor();
    await clean(ada, 'memory-quarantine');
    await waiting.getByRole('button', { name: 'Throw away' }).click();
    await row('sold to a circus').first().waitFor({ state: 'detached' });
    await row('haunted').getByRole('button', { name: 'Confirm', exact: true }).first().click();
    await page.getByText('Waiting for your word').waitFor({ state: 'detached' });
    await row('The boat is haunted').first().waitFor();
    expect(await page.getByText('Nobody has confirmed this').count()).toBe(0);
  });

  it('of somebody are shown to them, put right and forgotten by them, with a receipt', async () => {
    const mine = page.getByRole('region', { name: 'What it knows about you' });
    const soup = mine.getByRole('listitem').filter({ hasText: 'Soup' });
    await soup.getByRole('button', { name: 'Correct' }).click();
    await mine.getByLabel('What is right').fill('Soup is on Fridays');
    await mine.getByRole('button', { name: 'Save' }).click();
    await soup.getByText('Soup is on Fridays').waitFor();
    await clean(ada, 'memory-about-me');
    await mine.getByRole('button', { name: 'Make it forget me' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Forget me' }).click();
    await mine.getByText('It knows nothing about you').waitFor();
    await mine.getByText('2 receipts').click();
    await mine.getByText(/^Forgotten, Today/).waitFor();
    await clean(ada, 'memory-receipts');
  });

  it('are nothing to others, who still see and decide what it may keep of them', async () => {
    await ben.page.goto(address);
    await ben.page.getByText('Keeps the keys').waitFor();
    await ben.page.getByText('It knows nothing about you').waitFor();
    expect(await ben.page.getByText('haunted').count()).toBe(0);
    const keep = ben.page.getByRole('switch', { name: 'It may keep what I say' });
    await keep.click();
    await ben.page.getByText('One receipt').waitFor();
    expect(await keep.isChecked()).toBe(true);
    await clean(ben, 'memory-of-another');
  });
});

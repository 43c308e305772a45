// The pages of agents: made, changed, switched off, looked into and made to forget by whoever answers for them; only read by others.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf } from './support/axe.ts';
import { hasBrowser, message, type Person, say, startConsole, type TestConsole } from './support/console.ts';

const LOOKS = [
  { scheme: 'light', width: 1280, height: 900 },
  { scheme: 'dark', width: 390, height: 844 },
] as const;

describe.runIf(hasBrowser).each(LOOKS)('agent pages, $scheme, $width px', (look) => {
  let site: TestConsole;
  let ada: Person;
  const clean = async (person: Person, name: string) =>
    expect(await faultsOf(person.page, `${name}-${look.scheme}-${look.width}`)).toEqual([]);

  beforeAll(async () => {
    site = await startConsole();
    // The first user is the administrator, which Ada is not to be.
    await site.server.signIn('First Person');
    ada = await site.enter('Ada Lovelace', look);
  }, 180_000);
  afterAll(() => site?.stop());

  it('are empty at first, and lead to a first agent', async () => {
    const { page } = ada;
    await page.goto(`${site.server.url}/#/agents`);
    await page.getByText('You have no agent yet').waitFor();
    await clean(ada, 'agents-empty');
    await page.getByRole('button', { name: 'New agent' }).last().click();
    await page.getByRole('button', { name: 'Create agent' }).click();
    await page.getByRole('alert').getByText('Give the agent a name').waitFor();
    await clean(ada, 'agent-create');
    await page.getByLabel('Name').fill('Archivist');
    await page.getByLabel('What it is for').fill('Keeps the minutes');
    await page.getByRole('button', { name: 'Create agent' }).click();
    await page.getByRole('heading', { name: 'Archivist' }).waitFor();
    await clean(ada, 'agent-profile');
  });

  it('save all changes at once, and keep them', async () => {
    const { page } = ada;
    await page.getByLabel('Instructions').fill('Be brief.');
    await page.getByRole('radio', { name: 'Helpful' }).check();
    await page.getByLabel('Extraversion').fill('0.8');
    await page.getByText('3 unsaved changes').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    await page.reload();
    await page.getByText('Nothing to save.').waitFor();
    expect(await page.getByLabel('Instructions').inputValue()).toBe('Be brief.');
    expect(await page.getByRole('radio', { name: 'Helpful' }).isChecked()).toBe(true);
    expect(await page.getByLabel('Extraversion').inputValue()).toBe('0.8');
  });

  it('show what it did, step by step, and what it remembers, until it is told to forget', async () => {
    const { page } = ada;
    await page.getByRole('button', { name: 'Talk to it' }).click();
    await page.getByRole('log').waitFor();
    await say(page, 'Please remember that the archive key hangs behind the stove');
    await message(page, 'tokens').waitFor();
    const agents = `${site.server.url}/#/agents`;
    await page.goto(agents);
    await page.getByRole('link', { name: '@archivist' }).click();
    await page.getByRole('tab', { name: 'Work', exact: true }).click();
    await page.getByRole('button', { name: 'answered' }).click();
    await page.getByText('Model: wrote').waitFor();
    await clean(ada, 'agent-work');

    await page.getByRole('tab', { name: 'Memories' }).click();
    const memory = page
      .getByRole('listitem')
      .filter({ hasText: 'behind the stove' })
      .filter({ has: page.getByRole('button', { name: 'Forget', exact: true }) });
    await memory.first().waitFor();
    await clean(ada, 'agent-memories');
    await page.getByLabel('Words').fill('where is the archive key?');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByText('It would recall').waitFor();
    await memory.getByText('Score').first().waitFor();
    await clean(ada, 'agent-recall');
    await page.getByRole('button', { name: 'Show all' }).click();
    for (let left = await memory.count(); left > 0; left--) {
      await memory.first().getByRole('button', { name: 'Forget' }).click();
      await memory.nth(left - 1).waitFor({ state: 'detached' });
    }
    await page.getByText('It remembers nothing yet').waitFor();
  });

  it('limit what it may spend, and show what it was and how to go back', async () => {
    const { page } = ada;
    await page.getByRole('tab', { name: 'Spending' }).click();
    await page.getByLabel('Tokens a day').fill('5000');
    await page.getByRole('button', { name: 'Save limits' }).click();
    await page.getByText('Saved.').waitFor();
    await page.getByText(/of 5,000/).waitFor();
    await clean(ada, 'agent-spending');

    await page.getByRole('tab', { name: 'History' }).click();
    const second = page.getByRole('listitem').filter({ hasText: 'Revision 2' });
    await second.getByText('What changed').click();
    await second.getByText('Be brief.').waitFor();
    await clean(ada, 'agent-history');
    await page.getByRole('listitem').filter({ hasText: 'Revision 1' }).getByRole('button').click();
    await page.getByRole('listitem').filter({ hasText: 'Revision 1' }).getByText('in force').waitFor();
    await page.getByRole('tab', { name: 'Profile' }).click();
    expect(await page.getByLabel('Instructions').inputValue()).toBe('');
    await page.getByRole('tab', { name: 'History' }).click();
    await second.getByRole('button', { name: 'Go back to it' }).click();
    await second.getByText('in force').waitFor();
  });

  it('show others what it is, and nothing of what it keeps', async () => {
    const id = new URL(ada.page.url()).hash.split('/')[2];
    const ben = await site.enter('Ben Okafor', look);
    await ben.page.goto(`${site.server.url}/#/agents/${id}/memories`);
    await ben.page.getByText('Keeps the minutes').waitFor();
    expect(await ben.page.getByRole('tab').count()).toBe(0);
    expect(await ben.page.getByText('Be brief').count()).toBe(0);
    await clean(ben, 'agent-of-another');
    expect(ben.problems).toEqual([]);
  });

  it('switch it off, and delete it after asking again', async () => {
    const { page } = ada;
    await page.getByRole('tab', { name: 'Profile' }).click();
    await page.getByRole('switch', { name: 'It is on' }).click();
    await page.getByText('It is switched off').waitFor();
    expect(await page.getByRole('button', { name: 'Talk to it' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Delete this agent' }).click();
    await page.getByRole('button', { name: 'Delete agent', exact: true }).click();
    await page.getByText('You have no agent yet').waitFor();
    expect(ada.problems).toEqual([]);
  });
});

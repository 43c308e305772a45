// The tools of an agent in the console: given and taken away, limited, tried by hand, and what was done with them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOutside } from '../agents/outside.ts';
import { faultsOf } from './support/axe.ts';
import { hasBrowser, type Person, startConsole, type TestConsole } from './support/console.ts';

const LOOKS = [
  { scheme: 'light', width: 1280, height: 900 },
  { scheme: 'dark', width: 390, height: 844 },
] as const;

describe.runIf(hasBrowser).each(LOOKS)('tools of an agent, $scheme, $width px', (look) => {
  const outside = createOutside();
  let site: TestConsole;
  let ada: Person;
  const clean = async (name: string) =>
    expect(await faultsOf(ada.page, `${name}-${look.scheme}-${look.width}`)).toEqual([]);
  const tool = (name: string) =>
    ada.page.getByRole('listitem').filter({ has: ada.page.getByRole('button', { name: `Try ${name}` }) });
  const dialog = (name: string | RegExp) => ada.page.getByRole('dialog', { name });

  beforeAll(async () => {
    site = await startConsole({ overrides: { agents: { tools: outside.tools } } });
    // The first user is the administrator, which Ada is not to be.
    await site.server.signIn('First Person');
    ada = await site.enter('Ada Lovelace', look);
    const { token } = await site.server.signIn('Ada Lovelace');
    const made = await fetch(`${site.server.url}/api/agents`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Secretary', capabilities: [] }),
    });
    const { id } = (await made.json()) as { id: string };
    await ada.page.goto(`${site.server.url}/#/agents/${id}/tools`);
  }, 180_000);
  afterAll(async () => {
    expect(ada?.problems ?? []).toEqual([]);
    await site?.stop();
  });

  it('are none at first, and are added by looking for them', async () => {
    const { page } = ada;
    await page.getByText('It has no tools').waitFor();
    await page.getByText('It has used no tool yet').waitFor();
    await clean('tools-none');
    await page.getByRole('button', { name: 'Add tools' }).click();
    await dialog('Add tools').getByLabel('Find a tool').fill('nothing is called this');
    await page.getByText('No tool fits these words').waitFor();
    await page.getByLabel('Find a tool').fill('');
    await page.getByRole('checkbox', { name: /^calculator/ }).check();
    await page.getByRole('checkbox', { name: /^post letter/ }).check();
    await clean('tools-add');
    await page.getByRole('button', { name: 'Add 2 tools' }).click();
    await tool('calculator').waitFor();
    await tool('post letter').waitFor();
  });

  it('are limited in cases that are told in words, and kept', async () => {
    const { page } = ada;
    await page.getByRole('button', { name: /^post letter/ }).click();
    await page.getByText('Whenever it is asked to, without limits; a person agrees').waitFor();
    await clean('tools-open');
    await page.getByRole('button', { name: 'Set limits' }).click();
    const limits = dialog('When post letter may be used');
    await limits.getByRole('radio', { name: 'Never' }).check();
    await limits.getByRole('button', { name: 'Save' }).click();
    await limits.getByRole('alert').getByText('needs limits on its arguments').waitFor();
    await limits.getByRole('button', { name: 'Add a line' }).click();
    await limits.getByLabel('Values').fill('Ann');
    await limits.getByLabel('Values').press('Enter');
    await limits.getByLabel('At most so many calls').fill('5');
    await limits
      .getByRole('status')
      .getByText('to is “Ann”; at most 5 times an hour; nobody is asked')
      .waitFor();
    await clean('tools-limits');
    await limits.getByRole('button', { name: 'Save' }).click();
    await limits.waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('button', { name: /^post letter.*limited/ }).click();
    await page.getByText('To is “Ann”; at most 5 times an hour; nobody is asked.').waitFor();
    await clean('tools-limited');
  });

  it('are tried by hand: what writes is shown first, and what does not fit is refused', async () => {
    const { page } = ada;
    await page.getByRole('button', { name: 'Try post letter' }).click();
    const form = dialog('Try post letter');
    await form.getByRole('button', { name: 'See what it would do' }).click();
    expect(await form.getByText('This is needed.').count()).toBe(2);
    await form.getByLabel('to', { exact: true }).fill('Ben');
    await form.getByLabel('text', { exact: true }).fill('Hello');
    await form.getByRole('button', { name: 'See what it would do' }).click();
    await form.getByText('It would be refused').waitFor();
    await clean('tools-refused');
    await form.getByLabel('to', { exact: true }).fill('Ann');
    await form.getByRole('button', { name: 'See what it would do' }).click();
    await form.getByText('Posts "Hello" to Ann').waitFor();
    await clean('tools-preview');
    expect(outside.letters).toEqual([]);
    await form.getByRole('button', { name: 'Do it' }).click();
    await form.getByText(/^Done in/).waitFor();
    expect(outside.letters).toMatchObject([{ to: 'Ann', text: 'Hello' }]);
    await form.getByRole('button', { name: 'Close' }).last().click();
  });

  it('leave a record, by tool', async () => {
    const { page } = ada;
    await page.getByRole('button', { name: 'Try calculator' }).click();
    const form = dialog('Try calculator');
    await form.getByLabel('expression').fill('6 * 7');
    await form.getByRole('button', { name: 'Run' }).click();
    await form.getByText('"42"').waitFor();
    await form.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('button', { name: /^calculator done by hand/ }).click();
    await page.getByText('"6 * 7"').first().waitFor();
    await clean('tools-calls');
    await page.getByLabel('Calls of').first().click();
    await page.getByRole('option', { name: 'post letter' }).click();
    await page.getByRole('button', { name: /^post letter done by hand/ }).waitFor();
    expect(await page.getByRole('button', { name: /^calculator done by hand/ }).count()).toBe(0);
  });

  it('are taken away', async () => {
    const { page } = ada;
    await page.getByRole('button', { name: 'Take the tool away' }).click();
    await tool('post letter').waitFor({ state: 'detached' });
    await tool('calculator').waitFor();
  });
});

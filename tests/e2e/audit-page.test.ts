// The audit in the console: for administrators, filtered, opened, and checked as a whole.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf } from './support/axe.ts';
import { hasBrowser, type Person, startConsole, type TestConsole } from './support/console.ts';

const LOOKS = [
  { scheme: 'light', width: 1280, height: 900 },
  { scheme: 'dark', width: 390, height: 844 },
] as const;

describe.runIf(hasBrowser).each(LOOKS)('the audit, $scheme, $width px', (look) => {
  let site: TestConsole;
  let grace: Person;
  let page: Person['page'];
  const clean = async (name: string) =>
    expect(await faultsOf(page, `${name}-${look.scheme}-${look.width}`)).toEqual([]);

  beforeAll(async () => {
    site = await startConsole();
    // The first user is the administrator.
    grace = await site.enter('Grace Hopper', look);
    page = grace.page;
    const { token } = await site.server.signIn('Ada Lovelace');
    await fetch(`${site.server.url}/api/agents`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Scribe' }),
    });
    await page.goto(`${site.server.url}/#/audit`);
  }, 180_000);
  afterAll(async () => {
    expect(grace?.problems ?? []).toEqual([]);
    await site?.stop();
  });

  it('shows what was done, by whom and on what', async () => {
    const made = page.getByRole('button', { name: /^agent: created by Ada Lovelace/ });
    await made.click();
    await page.getByText('"name": "Scribe"').or(page.getByText('Details')).first().waitFor();
    await clean('audit');
  });

  it('is searched by kind of act and by person', async () => {
    await page.getByRole('combobox', { name: 'What' }).click();
    await page.getByRole('option', { name: 'keys', exact: true }).click();
    await page.getByText('Nothing fits').waitFor();
    await page.getByRole('combobox', { name: 'What' }).click();
    await page.getByRole('option', { name: 'agents', exact: true }).click();
    await page.getByRole('button', { name: /^agent: created by Ada Lovelace/ }).waitFor();
    await page.getByRole('combobox', { name: 'By whom' }).fill('Grace');
    await page.getByRole('option', { name: /Grace Hopper/ }).click();
    await page.getByRole('button', { name: /^agent: created by Ada/ }).waitFor({ state: 'detached' });
  });

  it('is checked as a whole', async () => {
    await page.getByRole('button', { name: 'Check the record' }).click();
    await page.getByRole('heading', { name: 'The record is whole' }).waitFor();
    await page.getByText(/\d+ entries looked at/).waitFor();
    await clean('audit-whole');
  });
});

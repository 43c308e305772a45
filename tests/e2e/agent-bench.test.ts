// Trying an agent out in the console: what it answers, the steps beside it, and the same under earlier settings.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf } from './support/axe.ts';
import { hasBrowser, type Person, startConsole, type TestConsole } from './support/console.ts';

const LOOKS = [
  { scheme: 'light', width: 1280, height: 900 },
  { scheme: 'dark', width: 390, height: 844 },
] as const;

describe.runIf(hasBrowser).each(LOOKS)('trying an agent out, $scheme, $width px', (look) => {
  let site: TestConsole;
  let ada: Person;
  let page: Person['page'];
  const clean = async (name: string) =>
    expect(await faultsOf(page, `${name}-${look.scheme}-${look.width}`)).toEqual([]);

  beforeAll(async () => {
    site = await startConsole();
    // The first user is the administrator, which Ada is not to be.
    await site.server.signIn('First Person');
    ada = await site.enter('Ada Lovelace', look);
    page = ada.page;
    const { token } = await site.server.signIn('Ada Lovelace');
    const send = async (method: string, path: string, body: object) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const init = { method, headers, body: JSON.stringify(body) };
      return (await (await fetch(`${site.server.url}${path}`, init)).json()) as { id: string };
    };
    const agent = await send('POST', '/api/agents', { name: 'Reckoner', capabilities: [] });
    await send('PUT', `/api/agents/${agent.id}/tools`, { tools: [{ tool: 'calculator' }] });
    await page.goto(`${site.server.url}/#/agents/${agent.id}/try`);
  }, 180_000);
  afterAll(async () => {
    expect(ada?.problems ?? []).toEqual([]);
    await site?.stop();
  });

  it('shows its answer beside the steps that led to it', async () => {
    await page.getByText('this is no rehearsal').waitFor();
    await clean('bench-empty');
    await page.getByLabel('Say something').fill('what is 17 * 23?');
    await page.getByLabel('Say something').press('Enter');
    const exchange = page.getByRole('article', { name: 'what is 17 * 23?' });
    await exchange.getByText('Tool: calculator').waitFor();
    await exchange.getByText('391').first().waitFor();
    await clean('bench-answer');
  });

  it('goes through an answer again, by the settings it had and by others', async () => {
    const again = page.getByRole('button', { name: 'Go through it again' });
    await again.click();
    await page.getByText(/By revision \d+ every decision is as it was/).waitFor();
    await page.getByRole('combobox', { name: 'Settings to go by' }).click();
    await page.getByRole('option', { name: 'Revision 1', exact: true }).click();
    await again.click();
    await page.getByText('By revision 1,').waitFor();
    await page
      .getByText(/refused: /)
      .first()
      .waitFor();
    await clean('bench-replay');
  });
});

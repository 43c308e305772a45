// What an agent is taught and told, in the console: documents, people's words on its answers, its conversations, and what it works
// on with people.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf } from './support/axe.ts';
import { hasBrowser, message, type Person, say, startConsole, type TestConsole } from './support/console.ts';

const LOOKS = [
  { scheme: 'light', width: 1280, height: 900 },
  { scheme: 'dark', width: 390, height: 844 },
] as const;

describe.runIf(hasBrowser).each(LOOKS)('what an agent learns, $scheme, $width px', (look) => {
  let site: TestConsole;
  let ada: Person;
  let page: Person['page'];
  let agent = { id: '' };
  const clean = async (name: string) =>
    expect(await faultsOf(page, `${name}-${look.scheme}-${look.width}`)).toEqual([]);
  const tab = (name: string) => page.goto(`${site.server.url}/#/agents/${agent.id}/${name}`);
  async function call<T>(name: string, path: string, body?: object): Promise<T> {
    const { token } = await site.server.signIn(name);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    return (await (await fetch(`${site.server.url}${path}`, { headers, ...init })).json()) as T;
  }

  beforeAll(async () => {
    site = await startConsole();
    // The first user is the administrator, which Ada is not to be.
    await site.server.signIn('First Person');
    ada = await site.enter('Ada Lovelace', look);
    page = ada.page;
    agent = await call('Ada Lovelace', '/api/agents', { name: 'Pupil' });
  }, 180_000);
  afterAll(async () => {
    expect(ada?.problems ?? []).toEqual([]);
    await site?.stop();
  });

  it('are documents: pasted or chosen, long ones in parts, taken away as a whole', async () => {
    await tab('training');
    await page.getByText('Nothing yet.').waitFor();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('alert').getByText('Give it a title and some text.').waitFor();
    await page.getByLabel('Title').fill('Opening hours');
    await page.getByLabel('Text').fill('The archive is open from nine to five.');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('1 added.').waitFor();
    const buffer = Buffer.from('A long sentence about boats. '.repeat(2000));
    await page.locator('input[type=file]').setInputFiles([
      { name: 'boats.txt', mimeType: 'text/plain', buffer },
      { name: 'picture.bin', mimeType: 'application/octet-stream', buffer: Buffer.from([0, 1, 2]) },
    ]);
    await page.getByText('boats.txt (2 of 2)').waitFor();
    await page.getByRole('alert').getByText('picture.bin').waitFor();
    await clean('training');
    await page.getByRole('button', { name: 'Take away boats.txt (1 of 2)' }).click();
    await page.getByText(/“boats.txt \(1 of 2\)” is taken away, with all \d+ passages/).waitFor();
    expect(await page.getByRole('listitem').filter({ hasText: 'boats.txt' }).count()).toBe(1);
  });

  it('are to-dos, dates and articles', async () => {
    await tab('workspace');
    await page.getByText('Nothing is to be done here.').waitFor();
    await page.getByLabel('What is to be done').fill('Water the plants');
    await page.getByRole('button', { name: 'Write it down' }).click();
    const todo = page.getByRole('checkbox', { name: 'Water the plants' });
    await todo.click();
    await page.getByLabel('What takes place').fill('Harvest');
    const soon = new Date(Date.now() + 3 * 24 * 3600_000).toISOString().slice(0, 10);
    await page.getByLabel('When, for an hour').fill(`${soon}T10:00`);
    await page.getByRole('button', { name: 'Put it in' }).click();
    await page.getByRole('button', { name: 'Remove Harvest' }).waitFor();
    await page.getByLabel('Title of a new article').fill('On watering');
    await page.getByLabel('What it says').fill('Twice a week.');
    await page.getByRole('button', { name: 'Add the article' }).click();
    await page.getByRole('button', { name: /^On watering/ }).click();
    await page.getByText('Twice a week.').waitFor();
    await clean('workspace');
    await page.reload();
    await todo.waitFor();
    expect(await todo.isChecked()).toBe(true);
    await page.getByRole('button', { name: 'Remove Water the plants' }).click();
    await page.getByText('Nothing is to be done here.').waitFor();
  });

  it('are conversations, room by room, with whom and how often', async () => {
    await tab('conversations');
    await page.getByText('Nobody has talked to it yet').waitFor();
    await clean('conversations-none');
    await page.getByRole('button', { name: 'Talk to it' }).click();
    await page.getByRole('log').waitFor();
    await say(page, 'Good morning, what can you do?');
    await message(page, 'tokens').waitFor();
    await tab('conversations');
    await page.getByRole('button', { name: /Pupil: / }).click();
    await page.getByRole('row', { name: /^you 1 Today/ }).waitFor();
    await clean('conversations');
  });

  it('are people’s words on its answers, and how many are good', async () => {
    await tab('feedback');
    await page.getByText('Nobody has said anything yet').waitFor();
    await clean('feedback-none');
    const { data } = await call<{ data: { lastMessage: { id: string } }[] }>(
      'Ada Lovelace',
      `/api/agents/${agent.id}/conversations`,
    );
    await call('Ada Lovelace', `/api/messages/${data[0]?.lastMessage.id}/feedback`, {
      rating: -1,
      comment: 'Far too long.',
    });
    await page.reload();
    await page.getByText('Far too long.').waitFor();
    await page.getByRole('row', { name: '7 days 0 1 0 %' }).waitFor();
    await clean('feedback');
  });
});

// A call that waits for a person, in the console: counted, shown in the chat and in the inbox, approved, changed or refused.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOutside } from '../agents/outside.ts';
import { faultsOf } from './support/axe.ts';
import { hasBrowser, message, type Person, say, startConsole, type TestConsole } from './support/console.ts';
import { createModel } from './support/model.ts';

const LOOKS = [
  { scheme: 'light', width: 1280, height: 800 },
  { scheme: 'dark', width: 390, height: 844 },
] as const;

describe.runIf(hasBrowser).each(LOOKS)('approvals, $scheme, $width px', (look) => {
  const model = createModel();
  const outside = createOutside();
  let site: TestConsole;
  let ada: Person;
  const inbox = () => ada.page.goto(`${site.server.url}/#/approvals`);
  const lobby = () => ada.page.goto(`${site.server.url}/#/rooms/lobby`);
  const card = () => ada.page.getByRole('article', { name: 'Parley wants to use post letter' });
  const clean = async (name: string) =>
    expect(await faultsOf(ada.page, `${name}-${look.scheme}-${look.width}`)).toEqual([]);

  async function ask(text: string): Promise<void> {
    await lobby();
    await say(ada.page, `@parley write to Ann: ${text}`);
    model.callTool('post_letter', { to: 'Ann', text });
    await card().waitFor();
  }

  beforeAll(async () => {
    site = await startConsole({ overrides: { agents: { llm: model.llm, tools: outside.tools } } });
    ada = await site.enter('Ada Lovelace', look);
  }, 180_000);
  afterAll(async () => {
    expect(ada?.problems ?? []).toEqual([]);
    await site?.stop();
  });
  beforeEach(() => {
    outside.letters.length = 0;
  });

  it('says what the page is for while nothing waits', async () => {
    await inbox();
    await ada.page.getByText('Nothing waits for you').waitFor();
    await clean('approvals-empty');
  });

  it('is shown in the chat to whoever may decide, and carried out on a word', async () => {
    await ask('Hello');
    await card().getByText('Posts "Hello" to Ann').waitFor();
    await clean('approval-in-chat');
    expect(outside.letters).toEqual([]);
    await card().getByRole('button', { name: 'Approve' }).click();
    model.say('It is on its way.');
    model.end();
    await message(ada.page, 'It is on its way.').waitFor();
    expect(outside.letters).toMatchObject([{ to: 'Ann', text: 'Hello' }]);
    expect(await card().count()).toBe(0);
  });

  it('is carried out as changed, after what cannot be read is refused', async () => {
    await ask('Helo');
    await inbox();
    await ada.page.getByRole('heading', { name: 'One call waits' }).waitFor();
    await clean('approvals-waiting');
    await card().getByRole('button', { name: 'Change it first' }).click();
    const field = card().getByLabel('What it is to use instead');
    await field.fill('{ to: Ann }');
    await card().getByRole('button', { name: 'Approve the changed call' }).click();
    await card().getByText('This is not a JSON object').waitFor();
    await clean('approval-edit');
    await field.fill('{ "to": "Ann", "text": "Hello" }');
    await card().getByRole('button', { name: 'Approve the changed call' }).click();
    await ada.page.getByText('Nothing waits for you').waitFor();
    model.end();
    await ada.page.getByText('Approved, changed').waitFor();
    await expect.poll(() => outside.letters).toMatchObject([{ to: 'Ann', text: 'Hello' }]);
    await clean('approvals-decided');
  });

  it('is not done when refused, and says so afterwards', async () => {
    await ask('Never mind');
    await card().getByLabel('A word for the agent').fill('Not today');
    await card().getByRole('button', { name: 'Refuse' }).click();
    model.say('I did not write.');
    model.end();
    await message(ada.page, 'I did not write.').waitFor();
    expect(outside.letters).toEqual([]);
    await inbox();
    await ada.page.getByText('“Not today”').waitFor();
  });
});

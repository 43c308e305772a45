// An agent in a room, as people see it: thinking, tools, words as they come, stop, and who hears what.
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
import { createModel } from './support/model.ts';

describe.runIf(hasBrowser)('an agent at work in the console', () => {
  const model = createModel();
  let site: TestConsole;
  let ada: Person;
  const log = () => ada.page.getByRole('log');
  const run = () => log().getByRole('region', { name: 'Parley is replying' });
  const heard = () => ada.page.locator('[aria-live="polite"]').allInnerTexts();

  beforeAll(async () => {
    site = await startConsole({ overrides: { agents: { llm: model.llm } } });
    ada = await site.enter('Ada Lovelace');
  }, 180_000);
  afterAll(async () => {
    expect(ada?.problems ?? []).toEqual([]);
    await site?.stop();
  });

  it('shows that it thinks, then its words as they come, then the answer with its small print', async () => {
    await say(ada.page, '@parley tell me about locks');
    await run().getByText('Parley is thinking…').waitFor();
    await expect.poll(heard).toContain('Parley is replying');
    model.say('Locks are **polite**');
    await run().locator('strong', { hasText: 'polite' }).waitFor();
    expect((await heard()).join()).not.toContain('polite');
    model.say(' and <b>patient</b>.');
    model.end();
    const answer = message(ada.page, 'Locks are polite and <b>patient</b>.');
    await answer.waitFor();
    await answer.getByText(/scripted answer, no model key is set · [\d,.]+ tokens/).waitFor();
    await run().waitFor({ state: 'detached' });
    await expect.poll(async () => (await heard()).join()).toContain('Parley replied: Locks are');
  });

  it('names the tool in use and keeps its chip beside the answer', async () => {
    await say(ada.page, '@parley what is 12 times 31?');
    await run().waitFor();
    model.callTool('calculator', { expression: '12*31' });
    await run()
      .getByRole('listitem')
      .filter({ hasText: 'calculator' })
      .getByText(', done')
      .waitFor({ state: 'attached' });
    model.say('It is 372.');
    model.end();
    const answer = message(ada.page, 'It is 372.');
    await answer.getByText('calculator').click();
    await answer.getByText('Answered').waitFor();
  });

  it('stops when told to', async () => {
    await say(ada.page, '@parley count to a million');
    model.say('One, two, three');
    await run().getByText('One, two, three').waitFor();
    await run().getByRole('button', { name: 'Stop Parley' }).click();
    await run().waitFor({ state: 'detached' });
    // What it had said stays, and says that it was stopped.
    await message(ada.page, 'One, two, three')
      .getByText(/^Stopped/)
      .waitFor();
  });

  it('is paused, resumed and told more', async () => {
    await say(ada.page, '@parley write a poem about the sea');
    model.say('The sea, the');
    await run().getByText('The sea, the').waitFor();
    await run().getByRole('button', { name: 'Pause Parley' }).click();
    await run().getByText('Parley is paused').waitFor();
    await run().getByRole('button', { name: 'Add to what Parley is doing' }).click();
    const more = ada.page.getByRole('textbox', { name: 'Tell Parley more' });
    await more.fill('make it short');
    await more.press('Enter');
    await more.waitFor({ state: 'detached' });
    await run().getByRole('button', { name: 'Resume Parley' }).click();
    await run().getByText('Parley is thinking further…').waitFor();
    model.say('Blue.');
    model.end();
    await message(ada.page, 'Blue.').waitFor();
  });

  it('says so when it could not answer, and can be asked again', async () => {
    await say(ada.page, '@parley are you there?');
    await run().waitFor();
    model.fail();
    const failed = log().getByRole('region', { name: 'Parley could not answer' });
    await expect.poll(async () => (await heard()).join()).toContain('Parley could not answer');
    await failed.getByRole('button', { name: 'Ask Parley again' }).click();
    await run().getByText('Parley is thinking…').waitFor();
    model.say('Here I am.');
    model.end();
    await message(ada.page, 'Here I am.').waitFor();
    await failed.waitFor({ state: 'detached' });
  });

  it('explains a silence and an answer', async () => {
    await say(ada.page, 'the weather is fine today');
    const silent = message(ada.page, 'the weather is fine today');
    await silent.waitFor();
    await silent.hover();
    await silent.getByRole('button', { name: /^Actions for the message/ }).click();
    await ada.page.getByRole('menuitem', { name: 'Explain' }).click();
    const dialog = ada.page.getByRole('dialog', { name: 'What agents made of this' });
    await dialog.getByText('it was neither mentioned nor answered').waitFor();
    await ada.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });

    const answer = message(ada.page, 'It is 372.');
    await answer.hover();
    await answer.getByRole('button', { name: /^Actions for the message/ }).click();
    await ada.page.getByRole('menuitem', { name: 'Explain' }).click();
    const trace = ada.page.getByRole('dialog', { name: 'How this answer came about' });
    await trace.getByText('Tool: calculator').click();
    await trace.locator('pre', { hasText: '372' }).first().waitFor();
    await ada.page.keyboard.press('Escape');
    await trace.waitFor({ state: 'detached' });
  });

  it('says in the members panel that no model key is set', async () => {
    await ada.page
      .getByRole('complementary', { name: 'Members' })
      .getByRole('button', { name: /^Parley/ })
      .click();
    await ada.page.getByText('Answers come from the built-in script.').waitFor();
    await ada.page.keyboard.press('Escape');
  });
});

describe.runIf(hasBrowser)('the built-in agent in the console', () => {
  let site: TestConsole;

  beforeAll(async () => {
    site = await startConsole();
  }, 180_000);
  afterAll(() => site?.stop());

  it('answers with nothing set up', async () => {
    const { page, problems } = await site.enter('Grace Hopper');
    await page.getByRole('button', { name: '@parley what can you do?' }).click();
    await expect.poll(() => field(page).inputValue()).toBe('@parley what can you do?');
    await field(page).press('Enter');
    await page.getByRole('log').getByRole('article').filter({ hasText: 'scripted answer' }).waitFor();
    expect(problems).toEqual([]);
  });
});

// Which tools reach a prompt: few, the fitting ones among them, the same for the same words; and the rest can be found and called.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Scope } from '../../src/core/scope.ts';
import { MOST_OFFERED, offerTools, searchTools } from '../../src/tools/catalogue.ts';
import { defineTool, type Tool } from '../../src/tools/tool.ts';
import { calling, saying, startTown, type Town } from '../agents/town.ts';

const tool = (name: string, description: string, more: Partial<Tool> = {}): Tool =>
  defineTool({
    name,
    description,
    input: z.strictObject({}),
    effect: 'read',
    timeoutMs: 1000,
    permissions: [],
    execute: async () => ({ ok: true, output: null }),
    ...more,
  });
const many: Tool[] = [
  ...Array.from({ length: 40 }, (_, i) => tool(`ledger_${i}`, `Posts entry number ${i} to the books`)),
  tool('translate', 'Translates a text from one language into another.'),
  tool('web_search', 'Searches the internet for current information.'),
  tool('find_tools', 'Finds more of your tools.', { everyAgent: true }),
  tool('forget_me', 'Erases what is known.', { everyAgent: true }),
];
const namesOf = (tools: Tool[]) => tools.map(({ name }) => name);

describe('what is offered', () => {
  it('is everything when there is little, without a way to find more', () => {
    const few = many.slice(-4);
    expect(namesOf(offerTools(few, { text: '', known: [] }))).toEqual([
      'translate',
      'web_search',
      'forget_me',
    ]);
  });

  it('is at most twelve: what everyone has, what the words ask for, what the run knows', () => {
    const offered = namesOf(
      offerTools(many, { text: 'Can you do some translating for me?', known: ['ledger_33'] }),
    );
    expect(offered).toHaveLength(MOST_OFFERED);
    for (const name of ['find_tools', 'forget_me', 'translate', 'ledger_33']) expect(offered).toContain(name);
  });

  it('is the same for the same words, whatever they are', () => {
    for (const text of ['', '????', 'search the internet', 'x'.repeat(20_000), '\u0000 \ud800']) {
      const wish = { text, known: ['gone'] };
      expect(offerTools(many, wish)).toEqual(offerTools(many, wish));
      expect(offerTools(many, wish)).toHaveLength(MOST_OFFERED);
    }
  });
});

describe('the search', () => {
  it('finds by name and description, best first, and nothing for nothing', () => {
    expect(namesOf(searchTools(many, 'searching for information', 3))[0]).toBe('web_search');
    expect(namesOf(searchTools(many, 'languages', 3))).toEqual(['translate']);
    expect(searchTools(many, 'the and of', 3)).toEqual([]);
  });
});

describe('in a run', () => {
  let town: Town;
  let ada: Scope;
  beforeAll(async () => {
    town = await startTown();
    ada = await town.person('Ada');
  }, 60_000);
  afterAll(() => town.stop());

  it('finds a tool that was not shown, and calls it', async () => {
    const all = (await town.call(ada, 'list_tools')).data
      .filter((info: { unavailable?: string }) => info.unavailable === undefined)
      .map(({ name }: { name: string }) => name);
    const bot = await town.agent(ada, { capabilities: all });
    const room = await town.room(ada, bot);
    town.plays((_, call) => {
      if (call === 1) return calling('find_tools', { query: 'put a meeting into the calendar' });
      if (call === 2)
        return calling('calendar', {
          action: 'schedule',
          title: 'Review',
          startsAt: '2030-05-06T10:00:00Z',
          endsAt: '2030-05-06T11:00:00Z',
        });
      return saying('Done.');
    });
    await town.say(
      ada,
      room,
      `@${bot.handle} translate, calculate, summarize, http request, code and files please`,
    );
    await town.settle();
    const [first, second] = town.requests.map((request) => request.tools.map(({ name }) => name));
    expect(all.length).toBeGreaterThan(MOST_OFFERED);
    expect(first).toHaveLength(MOST_OFFERED);
    expect(first).toEqual(expect.arrayContaining(['find_tools', 'translate', 'forget_me', 'http_request']));
    expect(first).not.toContain('calendar');
    expect(second).toHaveLength(MOST_OFFERED);
    expect(second).toContain('calendar');
    expect(JSON.stringify(town.requests[2]?.messages.at(-1))).toContain('Review');
    const { data } = await town.call(ada, 'list_calendar', {
      roomId: room.id,
      from: '2030-05-01T00:00:00Z',
      to: '2030-05-30T00:00:00Z',
    });
    expect(data).toMatchObject([{ title: 'Review', createdBy: bot.id }]);
  });
});

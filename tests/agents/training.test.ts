// What agents are trained with: learnt once, found when it bears on a question, forgotten as a whole, and nobody else's.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LlmRequest } from '../../src/agents/llm/llm.ts';
import { chunksOf } from '../../src/agents/training/chunks.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import { describeEachDatabase } from '../support/app.ts';
import { startTown, type Town, untilOver } from './town.ts';

const HOURS = {
  title: 'Opening hours',
  content: 'The shop opens at nine and closes at eighteen, except on Sundays.',
};
const LONG = {
  title: 'Handbook',
  content: Array.from(
    { length: 40 },
    (_, i) => `Rule ${i}. ${'Lorem ipsum dolor sit amet. '.repeat(6)}`,
  ).join('\n\n'),
};

describeEachDatabase('training', (database) => {
  let town: Town;
  let ada: Scope;
  let bea: Scope;
  let eve: Scope;
  beforeAll(async () => {
    town = await startTown({ database });
    await town.person('Zoe');
    [ada, bea, eve] = [await town.person('Ada'), await town.person('Bea'), await town.stranger('Eve')];
  });
  afterAll(() => town.stop());

  const train = async (agentId: string, ...documents: object[]) =>
    (await town.call(ada, 'train_agent', { agentId, documents })).data;
  const search = async (agentId: string, query: string) =>
    (await town.call(ada, 'search_knowledge', { agentId, query })).data;
  const count = async (table: 'trainingChunks' | 'trainingDocuments', agentId: string) =>
    (await town.app.parts.database.db.selectFrom(table).where('agentId', '=', agentId).selectAll().execute())
      .length;

  it('adds a document once, however often it is sent, also at once', async () => {
    const bot = await town.agent(ada);
    const [first, again] = await train(bot.id, LONG, LONG);
    expect(first).toMatchObject({ status: 'added', title: 'Handbook', chars: LONG.content.trim().length });
    expect(first.chunks).toBeGreaterThan(3);
    expect(again).toMatchObject({ id: first.id, status: 'unchanged' });
    const answers = (await Promise.all([1, 2, 3].map(() => train(bot.id, HOURS)))).flat();
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 'added')).toHaveLength(1);
    expect(await count('trainingChunks', bot.id)).toBe(first.chunks + 1);
    expect((await town.call(ada, 'list_training', { agentId: bot.id })).data).toHaveLength(2);
  });

  it('is found by words of a question, told unasked where it bears on it, and gone as a whole', async () => {
    const bot = await town.agent(ada);
    const other = await town.agent(ada);
    const [hours, long] = await train(bot.id, HOURS, LONG);
    expect((await search(bot.id, 'When does the shop open?'))[0]).toMatchObject({
      documentId: hours.id,
      title: 'Opening hours',
      passage: HOURS.content,
    });
    expect(await search(other.id, 'When does the shop open?')).toEqual([]);

    const room = await town.room(ada, bot);
    const told = async (question: string): Promise<string> => {
      await town.say(bea, room, `@${bot.handle} ${question}`);
      await town.settle();
      return textOf(town.requests.at(-1) as LlmRequest);
    };
    await town.call(ada, 'add_member', { roomId: room.id, userId: bea.user.id });
    expect(await told('when does the shop open?')).toContain('closes at eighteen');
    const run = await town.run(ada, (await untilOver(town, ada, bot)).id);
    expect(run.steps[0]?.data).toMatchObject({ passages: [{ documentId: hours.id, ordinal: 0 }] });
    expect(await told('what is the capital of Peru, please?')).not.toContain('closes at eighteen');

    await town.call(ada, 'delete_training', { documentId: hours.id });
    await town.call(ada, 'delete_training', { documentId: long.id });
    expect(await count('trainingChunks', bot.id)).toBe(0);
    expect(await told('when does the shop open?')).not.toContain('closes at eighteen');
    // It may be learnt again.
    expect((await train(bot.id, HOURS))[0]).toMatchObject({ status: 'added' });
  });

  it('stands beside the articles in one search', async () => {
    const bot = await town.agent(ada);
    await train(bot.id, HOURS);
    await town.call(ada, 'add_knowledge', { agentId: bot.id, title: 'Shop', body: 'The shop sells tea.' });
    const found = await search(bot.id, 'What does the shop sell?');
    expect(found.filter((p: { articleId?: string }) => p.articleId !== undefined)).toHaveLength(1);
    expect(found.filter((p: { documentId?: string }) => p.documentId !== undefined)).toHaveLength(1);
  });

  it('is its owner’s and the administrator’s affair, and unknown to others', async () => {
    const bot = await town.agent(ada);
    const [document] = await train(bot.id, HOURS);
    await expect(
      town.call(bea, 'train_agent', { agentId: bot.id, documents: [HOURS] }),
    ).rejects.toMatchObject({ code: 'forbidden' });
    await expect(town.call(bea, 'list_training', { agentId: bot.id })).rejects.toMatchObject({
      code: 'forbidden',
    });
    for (const by of [bea, eve])
      for (const documentId of [document.id, newId()])
        await expect(town.call(by, 'delete_training', { documentId })).rejects.toMatchObject({
          reason: 'document_not_found',
        });
    for (const [name, input] of [
      ['train_agent', { documents: [HOURS] }],
      ['list_training', {}],
    ] as const)
      await expect(town.call(eve, name, { agentId: bot.id, ...input })).rejects.toMatchObject({
        reason: 'agent_not_found',
      });
    // One agent's document does not come to another by its hash.
    const copy = await town.agent(ada);
    expect((await train(copy.id, HOURS))[0]).toMatchObject({ status: 'added', agentId: copy.id });
  });
});

describe('passages', () => {
  it.each([
    ['paragraphs', LONG.content],
    ['one long line', 'word '.repeat(2000)],
    ['one endless word', '\u{1F600}x'.repeat(1500)],
    ['lines', Array.from({ length: 400 }, (_, i) => `line ${i}`).join('\n')],
  ])('of %s are bounded, whole and in order', (_what, text) => {
    const chunks = chunksOf(text);
    for (const chunk of chunks) {
      expect(chunk.length).toBeLessThanOrEqual(1200);
      expect(chunk.isWellFormed()).toBe(true);
    }
    expect(chunks.join('').replace(/\s+/g, '')).toBe(text.replace(/\s+/g, ''));
  });
});

const textOf = (request: LlmRequest): string =>
  request.messages.flatMap(({ content }) => content.map((p) => (p.type === 'text' ? p.text : ''))).join('\n');

// Which of an agent's tools a prompt shows: all when they are few, else those that bear on what is asked, with one by which the
// agent finds the others. Pure, so that a resumed run offers the same. Must never decide who may use a tool.
import { z } from 'zod';
import { defineTool, type Tool, type ToolContext, toolParameters } from './tool.ts';

/** More than these cost more than they help. */
export const MOST_OFFERED = 12;
const FIND_TOOLS = 'find_tools';
const MOST_FOUND = 6;

export interface Wish {
  /** What is asked: words of people. */
  text: string;
  /** Tools that the run has called or found, in that order. */
  known: readonly string[];
}

/** At most `MOST_OFFERED` of an agent's tools, by name. */
export function offerTools(enabled: readonly Tool[], { text, known }: Wish): Tool[] {
  const others = enabled.filter((tool) => tool.name !== FIND_TOOLS);
  if (others.length <= MOST_OFFERED) return others;
  const chosen = new Set<Tool>(enabled.filter((tool) => tool.everyAgent === true));
  const add = (tools: readonly Tool[]) => {
    for (const tool of tools) if (chosen.size < MOST_OFFERED) chosen.add(tool);
  };
  const byName = new Map(others.map((tool) => [tool.name, tool]));
  add([...known].reverse().flatMap((name) => byName.get(name) ?? []));
  add(searchTools(others, text, MOST_OFFERED));
  add(others.filter((tool) => tool.byDefault === true));
  add(others);
  return enabled.filter((tool) => chosen.has(tool));
}

/** Tools whose name, description or fields share words with the query, best first. Rare words weigh more, names double. */
export function searchTools(tools: readonly Tool[], query: string, limit: number): Tool[] {
  const wanted = new Set(wordsOf(query));
  const entries = tools.map((tool) => {
    const name = new Set(wordsOf(tool.name));
    const fields = Object.keys((toolParameters(tool).properties ?? {}) as object).join(' ');
    return { tool, name, all: new Set([...name, ...wordsOf(`${tool.description} ${fields}`)]) };
  });
  const weightOf = (word: string): number =>
    Math.log(1 + entries.length / (1 + entries.filter(({ all }) => all.has(word)).length));
  const weights = new Map([...wanted].map((word) => [word, weightOf(word)]));
  return entries
    .map(({ tool, name, all }) => {
      let score = 0;
      for (const [word, weight] of weights) if (all.has(word)) score += name.has(word) ? 2 * weight : weight;
      return { tool, score };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.tool.name < b.tool.name ? -1 : 1))
    .slice(0, limit)
    .map(({ tool }) => tool);
}

const COMMON = new Set(
  'a an and any are as at be by can could do for from give has have how i if in into is it its let me my of on or our please that the then there this to up us was we what when where which who will with would you your'.split(
    ' ',
  ),
);

const wordsOf = (text: string): string[] =>
  (text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? []).filter((word) => !COMMON.has(word)).map(stem);

/** Enough to let "translating" and "images" meet "translate" and "image". */
const stem = (word: string): string =>
  word.length < 5 ? word.replace(/(?<=..)s$/, '') : word.replace(/(?:ations?|ing|ion|ies|es|ed|e|s|y)$/, '');

const input = z.strictObject({
  query: z.string().trim().min(1).max(200).describe('What you want to do, in plain words.'),
});

/** Output: `{ tools: [{ name, description }] }`. What it finds can be called next. */
export function createFindTools(enabledOf: (ctx: ToolContext) => Promise<readonly Tool[]>): Tool {
  return defineTool<z.infer<typeof input>>({
    name: FIND_TOOLS,
    description:
      'Finds more of your tools: you have some that are not shown here. Call it before you say that you cannot.',
    input,
    effect: 'read',
    everyAgent: true,
    timeoutMs: 5000,
    permissions: [],
    async execute({ query }, ctx) {
      const found = searchTools(
        (await enabledOf(ctx)).filter((tool) => tool.name !== FIND_TOOLS),
        query,
        MOST_FOUND,
      );
      const tools = found.map(({ name, description }) => ({ name, description: description.slice(0, 300) }));
      return { ok: true, output: { tools }, summary: `${tools.length} found` };
    },
  });
}

/** Names in a result of `find_tools`, as it stands in a journal. */
export function toolsFound(name: string, result: string): string[] {
  if (name !== FIND_TOOLS) return [];
  try {
    const { tools } = JSON.parse(result) as { tools?: { name: string }[] };
    return (tools ?? []).map((tool) => tool.name);
  } catch {
    return [];
  }
}

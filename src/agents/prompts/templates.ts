// Reads the prompt files once and fills their places. Must never fill a place twice: a value that looks like a place stays text.
import { readFileSync } from 'node:fs';

export type TemplateName = 'system' | 'unasked';

const read = (name: TemplateName): string =>
  readFileSync(new URL(`./${name}.md`, import.meta.url), 'utf8').trim();

const TEMPLATES: Record<TemplateName, string> = { system: read('system'), unasked: read('unasked') };

/**
 * Fills `{{place}}`s. A line that holds only an empty place disappears.
 * @throws Error for a place without a value: a prompt with holes must not be sent
 */
export function fillTemplate(name: TemplateName, values: Record<string, string>): string {
  return TEMPLATES[name]
    .replace(
      /^\{\{(\w+)\}\}\n|\{\{(\w+)\}\}/gm,
      (_, line: string | undefined, inline: string | undefined) => {
        const key = (line ?? inline) as string;
        const value = values[key];
        if (value === undefined) throw new Error(`Prompt ${name}.md has no value for {{${key}}}.`);
        return line === undefined ? value : value === '' ? '' : `${value}\n`;
      },
    )
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

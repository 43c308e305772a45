// A command while it is typed: which one, and which of its options the caret stands in. Pure, and only for hints: what was meant is
// read by the server.
import type { Command, CommandOption } from '@parley/client';

/** What a text must begin with to be taken for a command: `/tmp/notes` and `/ or` are words. */
const NAME = /^\/([a-z][\w-]*)?(?=\s|$)/i;
/** A word, a "quoted text", or name=either. */
const TOKEN = /\s*(?:([a-z][a-z0-9_-]*)=)?("(?:[^"\\]|\\.)*"?|\S+)/y;

/** The name, `` after a bare slash; undefined where the text is no command. */
export const slashName = (text: string): string | undefined => {
  const match = NAME.exec(text);
  return match === null ? undefined : (match[1] ?? '').toLowerCase();
};

export const commandOf = (text: string, commands: readonly Command[]): Command | undefined => {
  const name = slashName(text);
  return commands.find((command) => command.name === name);
};

/** Commands whose names begin so, by name. */
export const startingWith = (name: string, commands: readonly Command[]): Command[] =>
  commands.filter((command) => command.name.startsWith(name)).sort((a, b) => a.name.localeCompare(b.name));

export interface OptionAt {
  /** Undefined where all there are have been given. */
  option: CommandOption | undefined;
  /** Where what was typed of it stands in the text. */
  start: number;
  end: number;
  /** Without quotes. */
  typed: string;
}

/** The option that the caret stands in, or the next one. */
export function optionAt({ name, options }: Command, text: string, caret: number): OptionAt {
  const before = text.slice(0, caret);
  const given = new Set<string>();
  let at = name.length + 1;
  // The first option's own name may be said first, as in `/remind in 10m`.
  const said =
    options[0] === undefined ? null : new RegExp(`^\\s+${options[0].name}\\s+`, 'i').exec(before.slice(at));
  if (said !== null) at += said[0].length;
  for (;;) {
    const next = options.find((option) => !given.has(option.name));
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(before);
    if (match === null) return { option: next, start: caret, end: caret, typed: '' };
    const [, label, value = ''] = match;
    const named = options.find((option) => option.name === label);
    const option = named ?? next;
    const takesRest =
      named === undefined && next !== undefined && next === options.at(-1) && next.type === 'string';
    const end = takesRest ? before.length : TOKEN.lastIndex;
    if (end === before.length) {
      const start = TOKEN.lastIndex - value.length;
      return { option, start, end, typed: before.slice(start, end).replace(/^"|"$/g, '') };
    }
    if (option !== undefined) given.add(option.name);
    at = end;
  }
}

const TYPES: Record<CommandOption['type'], string> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'yes or no',
  user: 'a person or agent',
  room: 'a room',
  choice: 'one of a few',
};

/** "a whole number from 1 to 40, how many; optional". */
export function describe({ type, description, required, min, max }: CommandOption): string {
  const range =
    type === 'string' || (min === undefined && max === undefined)
      ? ''
      : ` ${min === undefined ? '' : `from ${min}`}${max === undefined ? '' : ` to ${max}`}`.replace(
          '  ',
          ' ',
        );
  const words = description === '' ? '' : `, ${description}`;
  return `${TYPES[type]}${range}${words}${required ? '' : '; optional'}`;
}

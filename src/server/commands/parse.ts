// From what was typed to named options, and from these to values of their types. Pure but for looking up people and rooms. Every
// refusal names the option and says what is expected.
import { AppError, type FieldError } from '../../core/errors.ts';
import type { CommandOption } from './contract.ts';

export type Given = Record<string, string | number | boolean>;

export interface Lookup {
  /** By id or handle. @returns the id of somebody whom the caller may know of */
  user(key: string): Promise<string | undefined>;
  /** By id or slug, likewise. */
  room(key: string): Promise<string | undefined>;
}

/** `/name the rest`. @throws AppError invalid */
export function splitText(text: string): { name: string; rest: string } {
  const found = /^\/([A-Za-z][\w-]*)(?:\s+([\s\S]*))?$/.exec(text.trim());
  if (found === null)
    throw new AppError('invalid', 'no_command', 'A command is a slash and a name, such as /help.', {
      errors: [{ path: 'text', message: 'is a slash and a name, such as /help' }],
    });
  return { name: (found[1] as string).toLowerCase(), rest: (found[2] ?? '').trim() };
}

/** A word, a "quoted text", or name=either; with where it ends. */
const TOKEN = /\s*(?:([a-z][a-z0-9_-]*)=)?(?:"((?:[^"\\]|\\.)*)"|(\S+))/y;

/**
 * What was typed after the name, in the order of the options; `name=value` may stand anywhere. The last option, if it is a string,
 * takes all that is left as it is written.
 */
export function optionsOf(options: readonly CommandOption[], rest: string): Given {
  const given: Given = {};
  const byName = new Map(options.map((option) => [option.name, option]));
  let at = 0;
  while (at < rest.length) {
    const next = options.find(({ name }) => !Object.hasOwn(given, name));
    const left = rest.slice(at).trim();
    if (left === '') break;
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(rest);
    if (match === null) break;
    const [, named, quoted, word] = match;
    const text = quoted === undefined ? (word as string) : quoted.replace(/\\(.)/g, '$1');
    if (named !== undefined && byName.has(named)) {
      given[named] = text;
      at = TOKEN.lastIndex;
      continue;
    }
    if (next === undefined)
      throw refuse({
        path: 'text',
        message: `takes no more than ${options.length} options: "${left}" is too much`,
      });
    if (next === options.at(-1) && next.type === 'string') {
      given[next.name] = quoted !== undefined && TOKEN.lastIndex >= rest.length ? text : left;
      break;
    }
    given[next.name] = named === undefined ? text : `${named}=${text}`;
    at = TOKEN.lastIndex;
  }
  return given;
}

const refuse = (...errors: FieldError[]): AppError =>
  new AppError(
    'invalid',
    'invalid_option',
    errors.map(({ path, message }) => `${path.replace(/^options\./, '')} ${message}`).join('; '),
    { errors },
  );

/** Values of the types that the options have. @throws AppError invalid with one entry for each that is wrong */
export async function checkOptions(
  options: readonly CommandOption[],
  given: Given,
  lookup: Lookup,
): Promise<Given> {
  const errors: FieldError[] = [];
  const values: Given = {};
  const known = new Set(options.map(({ name }) => name));
  for (const name of Object.keys(given))
    if (!known.has(name))
      errors.push({
        path: `options.${name}`,
        message: `is no option; there ${known.size === 0 ? 'are none' : `is ${[...known].join(', ')}`}`,
      });
  for (const option of options) {
    const path = `options.${option.name}`;
    const value = Object.hasOwn(given, option.name) ? given[option.name] : undefined;
    if (value === undefined || (typeof value === 'string' && value.trim() === '')) {
      if (option.required) errors.push({ path, message: `is required: ${expected(option)}` });
      continue;
    }
    const read = await readValue(option, value, lookup);
    if (read === undefined) errors.push({ path, message: `is ${expected(option)}` });
    else values[option.name] = read;
  }
  if (errors.length > 0) throw refuse(...errors);
  return values;
}

function expected({ type, min, max, choices }: CommandOption): string {
  const limits = [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
  ].join(' and ');
  const within = limits === '' ? '' : type === 'string' ? ` of ${limits} characters` : `, ${limits}`;
  switch (type) {
    case 'string':
      return `a text${within}`;
    case 'integer':
      return `a whole number${within}`;
    case 'number':
      return `a number${within}`;
    case 'boolean':
      return 'true or false';
    case 'user':
      return 'a person or agent, as @handle';
    case 'room':
      return 'a room, as #name';
    case 'choice':
      return `one of ${(choices ?? []).map(({ value }) => value).join(', ')}`;
  }
}

const BOOLEANS = new Map([
  ['true', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['no', false],
  ['off', false],
]);

/** Undefined where it does not fit. */
async function readValue(
  option: CommandOption,
  value: string | number | boolean,
  lookup: Lookup,
): Promise<string | number | boolean | undefined> {
  const { type, min = -Infinity, max = Infinity } = option;
  const text = String(value).trim();
  switch (type) {
    case 'string':
      return text.length >= min && text.length <= max ? text : undefined;
    case 'integer':
    case 'number': {
      const n = typeof value === 'boolean' ? Number.NaN : Number(text);
      const fits = type === 'integer' ? Number.isSafeInteger(n) : Number.isFinite(n);
      return fits && n >= min && n <= max ? n : undefined;
    }
    case 'boolean':
      return typeof value === 'boolean' ? value : BOOLEANS.get(text.toLowerCase());
    case 'user':
      return lookup.user(text.replace(/^@/, ''));
    case 'room':
      return lookup.room(text.replace(/^#/, ''));
    case 'choice': {
      const found = option.choices?.find(
        (choice) => choice.value === text || choice.label.toLowerCase() === text.toLowerCase(),
      );
      return found?.value;
    }
  }
}

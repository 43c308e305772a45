// What may be meant by the word being typed, whatever kind of word it is, and the text with it put in. Pure.
import type { Command, RoomInfo, User } from '@parley/client';
import { commandOf, type OptionAt, optionAt, slashName, startingWith } from '../commands/slash.ts';
import { findMention, type Mentionable, suggest } from './mentions.ts';

export type Suggestion =
  | { kind: 'mention'; id: string; word: string; user: Mentionable }
  | { kind: 'command'; id: string; word: string; command: Command }
  | { kind: 'value'; id: string; word: string; label: string };

export interface Suggestions {
  /** What a choice takes the place of. */
  start: number;
  end: number;
  /** What is offered, for readers. */
  label: string;
  options: readonly Suggestion[];
  /** What stands there already: to choose it again would change nothing. */
  typed: string;
  /** The command whose options are being typed. */
  command?: Command;
  at?: OptionAt;
}

export interface Known {
  people: readonly User[];
  everyone: readonly Mentionable[];
  commands: readonly Command[];
  rooms: readonly Pick<RoomInfo, 'id' | 'slug' | 'name'>[];
}

export function suggestionsAt(text: string, caret: number, known: Known): Suggestions | undefined {
  const name = slashName(text);
  if (name !== undefined && caret > 0 && caret <= name.length + 1) return ofCommands(text, name, known);
  const command = commandOf(text, known.commands);
  const at = command === undefined ? undefined : optionAt(command, text, caret);
  const mention = findMention(text, caret);
  const about = { ...(command !== undefined && { command }), ...(at !== undefined && { at }) };
  if (mention !== undefined)
    return {
      start: mention.start,
      end: mention.end,
      label: 'People and agents to mention',
      typed: `@${mention.text}`,
      options: ofPeople(
        suggest(
          mention.text,
          at?.option?.type === 'user' ? known.people : [...known.people, ...known.everyone],
        ),
      ),
      ...about,
    };
  if (at === undefined) return undefined;
  const { start, end, typed, option } = at;
  return {
    start,
    end,
    typed,
    label: option === undefined ? 'Suggestions' : `Suggestions for ${option.name}`,
    options: valuesOf(at, known),
    ...about,
  };
}

const ofCommands = (text: string, name: string, { commands }: Known): Suggestions => ({
  start: 0,
  end: name.length + 1,
  label: 'Commands',
  typed: text.slice(0, name.length + 1).toLowerCase(),
  options: startingWith(name, commands).map((command) => ({
    kind: 'command',
    id: command.name,
    word: `/${command.name}`,
    command,
  })),
});

const ofPeople = (people: readonly Mentionable[]): Suggestion[] =>
  people.map((user) => ({ kind: 'mention', id: user.id, word: `@${user.handle}`, user }));

/** As many as a choice may have. */
const MOST = 50;

function valuesOf({ option, typed }: OptionAt, { people, rooms }: Known): Suggestion[] {
  const wanted = typed.toLocaleLowerCase();
  const fit = (choices: { value: string; label: string }[]): Suggestion[] =>
    choices
      .filter(({ value, label }) =>
        [value, label].some((words) => words.toLocaleLowerCase().startsWith(wanted)),
      )
      .slice(0, MOST)
      .map(({ value, label }) => ({
        kind: 'value',
        id: value,
        word: /[\s"]/.test(value) ? `"${value.replaceAll('"', '\\"')}"` : value,
        label,
      }));
  switch (option?.type) {
    case 'user':
      return ofPeople(suggest(typed, people));
    case 'boolean':
      return fit([
        { value: 'yes', label: 'Yes' },
        { value: 'no', label: 'No' },
      ]);
    case 'room':
      return fit(
        rooms.flatMap(({ slug, name }) => (slug === undefined ? [] : [{ value: `#${slug}`, label: name }])),
      );
    default:
      return fit(option?.choices ?? []);
  }
}

/** The text with the choice in place of what was typed, and where the caret goes. */
export function choose(text: string, { start, end }: Suggestions, { word }: Suggestion) {
  const after = text.slice(end);
  const put = `${word}${/^\s/.test(after) ? '' : ' '}`;
  return { text: text.slice(0, start) + put + after, caret: start + put.length };
}

// What a person types into a search box, as data: words, phrases and operators. Pure; who and where the operators mean is looked
// up by the service. Must never take an operator it does not know for a word.
import { AppError } from '../../core/errors.ts';
import { type Term, wordsOf } from './words.ts';

const HAS = ['link', 'mention', 'file', 'image'] as const;
const IS = ['agent', 'thread'] as const;

export interface Query {
  terms: Term[];
  /** Handles, without the sign; `me` is the caller. */
  from: string[];
  /** Ids or slugs. */
  in: string[];
  has: (typeof HAS)[number][];
  is: (typeof IS)[number][];
  before: Date | undefined;
  after: Date | undefined;
}

/** Words and phrases of one query: each costs a look into the index. */
const MOST_TERMS = 20;
const MOST_OPERATORS = 20;
/** `-` in front, an operator's name, then a quoted text or a word. */
const PIECE = /(-?)(?:([A-Za-z]+):(?!\/\/))?(?:"([^"]*)("?)|([^\s"]*))/y;
const HELP = 'use from:, in:, has:, before:, after: or is:, or put the word in quotes';

const bad = (detail: string): AppError => new AppError('invalid', 'bad_operator', detail);

function oneOf<T extends string>(name: string, allowed: readonly T[], value: string): T {
  const found = allowed.find((word) => word === value.toLowerCase());
  if (found === undefined)
    throw bad(`${name}:${value} is not known; after ${name}: comes ${allowed.join(', ')}.`);
  return found;
}

function dayOf(name: string, value: string): Date {
  const whole = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(value);
  const date = new Date(value);
  const stays =
    whole && !Number.isNaN(date.getTime()) && (value.length > 10 || date.toISOString().startsWith(value));
  if (!stays)
    throw bad(
      `${name}:${value} is no day; write it like ${name}:2026-01-31, or with a time 2026-01-31T18:00Z.`,
    );
  return date;
}

/** @throws AppError invalid, with what to write instead */
export function parseQuery(text: string): Query {
  const query: Query = { terms: [], from: [], in: [], has: [], is: [], before: undefined, after: undefined };
  let operators = 0;
  let at = 0;
  while (at < text.length) {
    if (/\s/u.test(text[at] as string)) {
      at++;
      continue;
    }
    PIECE.lastIndex = at;
    const piece = PIECE.exec(text) as RegExpExecArray;
    // A lone sign that begins nothing.
    if (piece[0] === '') {
      at++;
      continue;
    }
    at += piece[0].length;
    const [, minus, name, phrase, closed, bare = ''] = piece;
    if (phrase !== undefined && closed === '')
      throw new AppError(
        'invalid',
        'open_quote',
        'A quote is opened and not closed; close it or leave it out.',
      );
    const value = phrase ?? bare;
    if (name === undefined) {
      addTerm(query, value, phrase !== undefined, minus === '-');
      continue;
    }
    if (++operators > MOST_OPERATORS)
      throw new AppError('invalid', 'query_too_long', `A search has at most ${MOST_OPERATORS} operators.`);
    addOperator(query, name, value, minus === '-');
  }
  if (query.terms.length > MOST_TERMS)
    throw new AppError('invalid', 'query_too_long', `A search has at most ${MOST_TERMS} words and phrases.`);
  if (operators === 0 && !query.terms.some((term) => !term.negated))
    throw new AppError('invalid', 'empty_query', 'Give at least one word or operator to search for.');
  return query;
}

function addTerm(query: Query, value: string, exact: boolean, negated: boolean): void {
  const words = wordsOf(value);
  if (words.length === 0) return;
  query.terms.push({ words, exact, prefix: !exact && value.endsWith('*'), negated });
}

function addOperator(query: Query, name: string, value: string, negated: boolean): void {
  const known = name.toLowerCase();
  if (!['from', 'in', 'has', 'is', 'before', 'after'].includes(known))
    throw bad(`${name}: is not an operator; ${HELP}.`);
  if (negated) throw bad(`-${known}: is not possible; only words and phrases can be excluded.`);
  if (value === '') throw bad(`${known}: needs something after it, without a space.`);
  if (known === 'from') query.from.push(value.replace(/^@/, ''));
  else if (known === 'in') query.in.push(value.replace(/^#/, ''));
  else if (known === 'has') query.has.push(oneOf('has', HAS, value));
  else if (known === 'is') query.is.push(oneOf('is', IS, value));
  else if (known === 'before') {
    const day = dayOf('before', value);
    if (query.before === undefined || day < query.before) query.before = day;
  } else {
    const day = dayOf('after', value);
    if (query.after === undefined || day > query.after) query.after = day;
  }
}

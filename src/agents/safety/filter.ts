// Takes out of an agent's text what its rules find, also while the text is still being written: what may yet become a find is held
// back until it is known. Streamed in any pieces or judged whole, the outcome is the same. Pure; must never lose a word of what is
// harmless.
import { AppError } from '../../core/errors.ts';
import { RULES, type Rule } from './filter-rules.ts';

/** How often each rule found something. */
export type Findings = Partial<Record<Rule['name'], number>>;

interface Find {
  rule: Rule;
  start: number;
  end: number;
  instead: string;
}

export interface TextFilter {
  /** Adds what was written, and answers what may be shown of it and of what was held back. */
  push(piece: string): string;
  /** Nothing follows: answers the rest. */
  end(): string;
  findings(): Findings;
}

export function createTextFilter(): TextFilter {
  let text = '';
  /** Up to where the text has been judged and shown. */
  let done = 0;
  const findings: Findings = {};

  /** Shows what is judged up to `until`, which no find and nothing unsettled crosses. */
  function show(finds: readonly Find[], until: number): string {
    let shown = '';
    for (const { rule, start, end, instead } of finds) {
      if (end > until) break;
      shown += text.slice(done, start) + instead;
      done = end;
      findings[rule.name] = (findings[rule.name] ?? 0) + 1;
    }
    shown += text.slice(done, until);
    done = until;
    return shown;
  }

  return {
    push(piece) {
      text += piece;
      const finds = findAll(text, done);
      return show(finds, settled(text, done, finds));
    },
    end: () => show(findAll(text, done), text.length),
    findings: () => ({ ...findings }),
  };
}

/** @throws AppError when a text that is about to be committed holds what the rules find */
export function requireClean(text: string): void {
  if (Object.keys(filterText(text).findings).length > 0)
    throw new AppError(
      'conflict',
      'content_blocked',
      'The text holds what agents may not send; leave it out.',
    );
}

/** How often a text is gone over: what is taken out can bring together what was apart. */
const MOST_TIMES = 5;

/** A text as it may be stored, or undefined when it still is not after going over it a few times. */
export function cleanText(text: string): string | undefined {
  let clean = text;
  for (let i = 0; i < MOST_TIMES; i++) {
    const next = filterText(clean);
    if (Object.keys(next.findings).length === 0) return next.text;
    clean = next.text;
  }
  return undefined;
}

/** A whole text after going over it once. */
export function filterText(text: string): { text: string; findings: Findings } {
  const filter = createTextFilter();
  const before = filter.push(text);
  return { text: before + filter.end(), findings: filter.findings() };
}

/** From left to right, the first rule first; none overlaps another. */
function findAll(text: string, from: number): Find[] {
  const finds: Find[] = [];
  const next = RULES.map((rule) => nextOf(rule, text, from));
  for (let at = from; ; ) {
    for (const [i, rule] of RULES.entries()) {
      const find = next[i];
      if (find !== undefined && find.start < at) next[i] = nextOf(rule, text, at);
    }
    const first = next.reduce(
      (a, b) => (b !== undefined && (a === undefined || b.start < a.start) ? b : a),
      undefined,
    );
    if (first === undefined) return finds;
    finds.push(first);
    at = Math.max(first.end, first.start + 1);
  }
}

function nextOf(rule: Rule, text: string, from: number): Find | undefined {
  const pattern = new RegExp(rule.find);
  pattern.lastIndex = from;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const instead = rule.replace(match[0]);
    if (instead !== undefined)
      return { rule, start: match.index, end: match.index + match[0].length, instead };
    // A card may begin within what is none; a key without digits holds no key, however long it is.
    pattern.lastIndex = match.index + (rule.name === 'card_number' ? 1 : match[0].length);
  }
  return undefined;
}

/** Up to where more text changes nothing. */
function settled(text: string, from: number, finds: readonly Find[]): number {
  let until = text.length;
  for (const { open } of RULES) {
    // What is before `from` is judged; a few characters of it say whether a word begins here.
    const look = Math.max(0, from - 1);
    const at = text.slice(look).search(open);
    if (at !== -1) until = Math.min(until, Math.max(from, look + at));
  }
  for (const { start, end } of finds) if (start < until && end > until) until = start;
  return until;
}

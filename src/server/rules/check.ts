// Whether a message breaks a rule of its room. Pure; its time grows with the length of the text and of the rules only, and nothing
// of either is ever a regular expression.
import type { ContentRules } from './contract.ts';

export interface Breach {
  rule: 'phrases' | 'links' | 'mentions' | 'repeats' | 'service';
  action: 'refuse' | 'hold';
}

/** A room's rules, ready to be asked. */
export interface Compiled {
  rules: ContentRules;
  phrases: { words: Pattern[]; action: Breach['action'] }[];
}

/** The parts of a word between its stars; one part: the word itself. */
type Pattern = readonly string[];

export interface Checked {
  texts: readonly string[];
  mentions: number;
  /** What the author wrote in the time that repeats are looked for in. */
  before: readonly string[];
  /** By the moderation service. */
  flagged: boolean;
}

/** Words of a text without case, accents, marks and what is invisible. */
export const wordsOf = (text: string): string[] => folded(text).match(/[\p{L}\p{N}]+/gu) ?? [];

const folded = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .toLowerCase();

export const compile = (rules: ContentRules): Compiled => ({
  rules,
  phrases: (rules.phrases ?? []).map(({ phrase, action }) => ({
    words: (folded(phrase).match(/[\p{L}\p{N}*]+/gu) ?? []).map((word) => word.split('*')),
    action,
  })),
});

/** The strictest rule that is broken: one that refuses before one that holds. */
export function findBreach({ rules, phrases }: Compiled, message: Checked): Breach | undefined {
  const found: Breach[] = [];
  const words = message.texts.map(wordsOf);
  for (const { words: pattern, action } of phrases)
    if (words.some((text) => holds(text, pattern))) found.push({ rule: 'phrases', action });
  if (rules.links !== undefined && hasLink(message.texts, rules.links.allowHosts))
    found.push({ rule: 'links', action: rules.links.action });
  if (rules.mentions !== undefined && message.mentions > rules.mentions.most)
    found.push({ rule: 'mentions', action: rules.mentions.action });
  if (rules.repeats !== undefined) {
    const same = (text: string) => wordsOf(text).join(' ');
    const mine = same(message.texts[0] ?? '');
    const times = message.before.filter((text) => same(text) === mine).length;
    if (mine !== '' && times >= rules.repeats.most)
      found.push({ rule: 'repeats', action: rules.repeats.action });
  }
  if (rules.service !== undefined && message.flagged)
    found.push({ rule: 'service', action: rules.service.action });
  return found.find(({ action }) => action === 'refuse') ?? found[0];
}

function holds(text: readonly string[], pattern: readonly Pattern[]): boolean {
  if (pattern.length === 0) return false;
  for (let at = 0; at + pattern.length <= text.length; at++)
    if (pattern.every((word, i) => fits(text[at + i] as string, word))) return true;
  return false;
}

/** Whether a word begins with the first part, ends with the last, and has the others between them in order. */
function fits(word: string, parts: Pattern): boolean {
  const first = parts[0] as string;
  if (parts.length === 1) return word === first;
  const last = parts[parts.length - 1] as string;
  if (word.length < first.length + last.length || !word.startsWith(first) || !word.endsWith(last))
    return false;
  const end = word.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = word.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

function hasLink(texts: readonly string[], allowed: readonly string[]): boolean {
  const hosts = allowed.map((host) => host.toLowerCase());
  for (const text of texts)
    for (const [link] of text.matchAll(/(?:https?:\/\/|www\.)[^\s<>"')\]]+/gi)) {
      const host = hostOf(link);
      if (!hosts.some((one) => host === one || host.endsWith(`.${one}`))) return true;
    }
  return false;
}

function hostOf(link: string): string {
  try {
    return new URL(/^www\./i.test(link) ? `http://${link}` : link).hostname.toLowerCase();
  } catch {
    return '';
  }
}

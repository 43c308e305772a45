// What no text of an agent may carry into a room, as rules: what to find, what stands there instead, and what may still become
// it. Pure. Must never let `open` miss the beginning of something that `find` would find with more text.

export interface Rule {
  name: 'secret' | 'private_key' | 'card_number' | 'role_marker' | 'remote_image';
  /** Global; the whole of what is replaced. */
  find: RegExp;
  /** What stands there instead, or undefined when the find is harmless. */
  replace(found: string): string | undefined;
  /** What at the end of a text may become a find; anchored at the end. */
  open: RegExp;
}

/** Without brackets: it must not become part of a link. */
const HIDDEN = '(removed)';

/** Beginnings of keys that say what they are, the characters that follow, and at least how many. */
const KEYS: [prefix: string, rest: string, atLeast: number][] = [
  ['sk-', '[A-Za-z0-9_-]', 16],
  ['sk_', '[A-Za-z0-9_-]', 16],
  ['pk_', '[A-Za-z0-9_-]', 16],
  ['rk_', '[A-Za-z0-9_-]', 16],
  ['ghp_', '[A-Za-z0-9]', 20],
  ['gho_', '[A-Za-z0-9]', 20],
  ['ghu_', '[A-Za-z0-9]', 20],
  ['ghs_', '[A-Za-z0-9]', 20],
  ['ghr_', '[A-Za-z0-9]', 20],
  ['github_pat_', '[A-Za-z0-9_]', 20],
  ['glpat-', '[A-Za-z0-9_-]', 20],
  ['xoxa-', '[A-Za-z0-9-]', 10],
  ['xoxb-', '[A-Za-z0-9-]', 10],
  ['xoxp-', '[A-Za-z0-9-]', 10],
  ['xoxr-', '[A-Za-z0-9-]', 10],
  ['xoxs-', '[A-Za-z0-9-]', 10],
  ['AKIA', '[A-Z0-9]', 16],
  ['ASIA', '[A-Z0-9]', 16],
  ['AIza', '[A-Za-z0-9_-]', 35],
  ['eyJ', '[A-Za-z0-9_.-]', 40],
];
/** A key does not begin in the middle of a word. */
const START = '(?<![A-Za-z0-9_])';

/** As a pattern for every beginning of a word: `abc` → `a(?:b(?:c)?)?`. */
const beginnings = (word: string): string =>
  [...word].reduceRight((rest, char) => `${literal(char)}${rest === '' ? '' : `(?:${rest})?`}`, '');

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\<>/-]/g, '\\$&');

const secret: Rule = {
  name: 'secret',
  find: new RegExp(
    `${START}(?:${KEYS.map(([prefix, rest, least]) => `${literal(prefix)}${rest}{${least},}`).join('|')})`,
    'g',
  ),
  // Names in code begin like keys, but are words.
  replace: (found) => (/^[spr]k[-_]/.test(found) && !/\d/.test(found) ? undefined : HIDDEN),
  open: new RegExp(
    `${START}(?:${KEYS.map(([prefix, rest]) => `${literal(prefix)}${rest}*|${beginnings(prefix)}`).join('|')})$`,
  ),
};

const BEGIN = '-----BEGIN ';
const privateKey: Rule = {
  name: 'private_key',
  // One that never ends is hidden to the end of the text.
  find: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[\s\S]*?-----END [A-Z ]{0,40}PRIVATE KEY-----|[\s\S]*)/g,
  replace: () => HIDDEN,
  open: new RegExp(
    `(?:-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?![\\s\\S]*-----END [A-Z ]{0,40}PRIVATE KEY-----)[\\s\\S]*|${literal(BEGIN)}[A-Z ]{0,60}-{0,4}|${beginnings(BEGIN)})$`,
  ),
};

const cardNumber: Rule = {
  name: 'card_number',
  find: /(?<![\d.,-])(?:\d{15,16}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{5})(?![\d-])/g,
  replace: (found) => (isCard(found.replaceAll(/\D/g, '')) ? HIDDEN : undefined),
  open: /(?<!\d)\d[\d -]{0,19}$/,
};

/** Visa, Mastercard, Discover and American Express, with the right check digit. */
function isCard(digits: string): boolean {
  if (!/^(?:4\d{15}|5[1-5]\d{14}|2[2-7]\d{14}|6\d{15}|3[47]\d{13})$/.test(digits)) return false;
  let sum = 0;
  for (const [i, digit] of [...digits].reverse().entries()) {
    const value = Number(digit) * (i % 2 === 0 ? 1 : 2);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

const MARKERS = ['[INST]', '[/INST]', '<<SYS>>', '<</SYS>>', '<s>', '</s>'];
const roleMarker: Rule = {
  name: 'role_marker',
  find: new RegExp(`<\\|[\\w /-]{1,40}\\|>|${MARKERS.map(literal).join('|')}`, 'g'),
  replace: () => HIDDEN,
  open: new RegExp(`(?:<\\|[\\w /-]{0,40}\\|?|${MARKERS.map(beginnings).join('|')})$`),
};

const remoteImage: Rule = {
  name: 'remote_image',
  // What a reader's program would fetch by itself; as a link, a person decides.
  find: /!(?=\[[^\]\n]{0,300}\](?:\(\s{0,3}<?\s{0,3}(?:https?:)?\/\/|\[[^\]\n]{1,300}\]))|<(?:img|image|video|audio|iframe|embed|object|source|link)\b[^<>]{0,2000}>/gi,
  replace: (found) => (found === '!' ? '! ' : HIDDEN),
  open: /(?:!(?:\[(?:[^\]\n]{0,300}(?:\](?:\(\s{0,3}<?\s{0,3}(?:h(?:t(?:t(?:p(?:s?:?)?)?)?)?)?\/?|\[[^\]\n]{0,300})?)?)?)?|<(?:[a-z]{0,6}|(?:img|image|video|audio|iframe|embed|object|source|link)\b[^<>]{0,2000}))$/i,
};

export const RULES: readonly Rule[] = [privateKey, secret, cardNumber, roleMarker, remoteImage];

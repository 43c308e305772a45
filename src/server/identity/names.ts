// Handles: made from names, and folded so that two that look alike cannot both exist. Pure.

const CONFUSABLES: Record<string, string> = {
  а: 'a',
  в: 'b',
  с: 'c',
  е: 'e',
  һ: 'h',
  і: 'i',
  ј: 'j',
  к: 'k',
  м: 'm',
  н: 'h',
  о: 'o',
  р: 'p',
  ѕ: 's',
  т: 't',
  у: 'y',
  х: 'x',
  ԁ: 'd',
  ɡ: 'g',
  α: 'a',
  β: 'b',
  ε: 'e',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  ı: 'i',
  ł: 'l',
};

/** Handles nobody may take: they mean something else in a mention or to a reader. */
const RESERVED = new Set([
  'all',
  'here',
  'everyone',
  'channel',
  'room',
  'admin',
  'administrator',
  'system',
  'root',
  'moderator',
  'support',
  'me',
  'null',
  'undefined',
]);

/** The folded form under which handles are unique: NFKC, lower case, no marks, look-alike letters merged. */
export function handleKey(handle: string): string {
  return [...handle.normalize('NFKC').toLowerCase().normalize('NFD').replace(/\p{M}/gu, '')]
    .map((char) => CONFUSABLES[char] ?? char)
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('0', 'o')
    .replace(/[1|]/g, 'l');
}

/** `Ada Lovelace` → `ada-lovelace`. Keeps letters and digits of every script, `_`, `.`, `-`; at most 32 characters. */
export function handleFromName(name: string): string {
  const handle = [...name.normalize('NFKC').toLowerCase()]
    .join('')
    .replace(/\s+/g, '-')
    .replace(/[^\p{L}\p{N}\p{M}_.-]/gu, '')
    .replace(/^[-.]+|[-.]+$/g, '');
  return [...handle].slice(0, 32).join('');
}

export const isReserved = (handle: string): boolean => {
  const key = handleKey(handle);
  for (const word of RESERVED) if (handleKey(word) === key) return true;
  return false;
};

/** `@handle` in a text: at its start or after a character that cannot belong to a word or an address. */
export const MENTION = /(?<![\p{L}\p{N}\p{M}_.@/-])@([\p{L}\p{N}_][\p{L}\p{N}\p{M}_.-]*)/gu;

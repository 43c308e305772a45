// The data sections of a prompt: the only place for text from outside. Whatever the text, it can neither close its section nor
// open another, because no "<" and no "&" of it survives unescaped. Must never be bypassed by joining strings elsewhere.
import type { LlmMessage, LlmTrigger } from '../llm/llm.ts';

export const SECTION_NAMES = ['room', 'members', 'memories', 'knowledge', 'history', 'trigger'] as const;
export type SectionName = (typeof SECTION_NAMES)[number];

export interface SectionItem {
  /** Attribute names are ours (lower-case letters); values may be anything. */
  attributes: Record<string, string>;
  text: string;
}

export interface Section {
  name: SectionName;
  items: SectionItem[];
}

/** `<data section="history">` around one `<item from="…">…</item>` per line. */
export function renderSection(section: Section): string {
  return [`<data section="${section.name}">`, ...section.items.map(renderItem), '</data>'].join('\n');
}

export function renderItem({ attributes, text }: SectionItem): string {
  const rendered = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeAttribute(value)}"`);
  return `<item${rendered.join('')}>${escapeText(text)}</item>`;
}

export function renderSections(sections: readonly Section[]): string {
  return sections.map(renderSection).join('\n');
}

const TAG = /<data section="([a-z]+)">|<\/data>|<item((?: [a-z]+="[^"]*")*)>([^<]*)<\/item>/g;

/**
 * Reads a rendered prompt back; the inverse of `renderSections` up to `cleanText`.
 * @throws Error if the text is not a sequence of well-formed sections
 */
export function parseSections(prompt: string): Section[] {
  const sections: Section[] = [];
  let open: Section | undefined;
  let at = 0;
  for (const match of prompt.matchAll(TAG)) {
    if (prompt.slice(at, match.index).trim() !== '') throw new Error('Text outside of any section item.');
    at = match.index + match[0].length;
    if (match[1] !== undefined) {
      if (open || !isSectionName(match[1])) throw new Error('A section inside a section, or an unknown one.');
      open = { name: match[1], items: [] };
    } else if (match[3] !== undefined) {
      if (!open) throw new Error('An item outside of any section.');
      open.items.push({ attributes: parseAttributes(match[2] ?? ''), text: unescapeText(match[3]) });
    } else {
      if (!open) throw new Error('A section closed that was never opened.');
      sections.push(open);
      open = undefined;
    }
  }
  if (open || prompt.slice(at).trim() !== '') throw new Error('A section was not closed.');
  return sections;
}

/** The triggering message of a prompt made by `assemble`, if its last user turn has one. */
export function lastTrigger(messages: readonly LlmMessage[]): LlmTrigger | undefined {
  const turn = messages.findLast((message) => message.role === 'user');
  for (const part of turn?.content ?? []) {
    if (part.type !== 'text' || !part.text.includes('<data section="trigger">')) continue;
    try {
      const item = parseSections(part.text)
        .findLast((section) => section.name === 'trigger')
        ?.items.at(-1);
      if (item) return { text: item.text, authorName: item.attributes.from ?? '' };
    } catch {
      return undefined;
    }
  }
  return undefined;
}

// Built from code points, since a pattern with control characters in it reads like a mistake.
const UNSEEN = new RegExp(
  [
    [0x00, 0x08],
    [0x0b, 0x1f],
    [0x7f, 0x9f],
    [0x202a, 0x202e],
    [0x2066, 0x2069],
    [0xfeff, 0xfeff],
    [0xe0000, 0xe007f],
  ]
    .map(([from, to]) => `[\\u{${(from as number).toString(16)}}-\\u{${(to as number).toString(16)}}]`)
    .join('|'),
  'gu',
);

/**
 * Takes out what no reader sees but a model does: control characters, bidirectional overrides, invisible "tag" letters; mends
 * lone surrogates. Line breaks, tabs and joiners (which emoji and many scripts need) stay.
 */
export function cleanText(text: string): string {
  return text.toWellFormed().replace(/\r\n?/g, '\n').replace(UNSEEN, '');
}

/** At most `max` UTF-16 units, never splitting a character, with a mark where text was left out. */
export function capText(text: string, max: number): string {
  if (text.length <= max) return text;
  const mark = ' […]';
  return (
    text
      .slice(0, Math.max(0, max - mark.length))
      .toWellFormed()
      .replace(/\ufffd$/, '') + mark
  );
}

function escapeText(text: string): string {
  return cleanText(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function escapeAttribute(value: string): string {
  return escapeText(value).replaceAll('"', '&quot;').replaceAll('>', '&gt;').replaceAll('\n', '&#10;');
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#10': '\n' };

function unescapeText(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#10);/g, (_, name: string) => ENTITIES[name] as string);
}

function parseAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, key, value] of text.matchAll(/ ([a-z]+)="([^"]*)"/g))
    attributes[key as string] = unescapeText(value as string);
  return attributes;
}

function isSectionName(name: string): name is SectionName {
  return (SECTION_NAMES as readonly string[]).includes(name);
}

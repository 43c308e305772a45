// What a page says of itself for those who link to it: OpenGraph, or its title and description. Pure. Its text is untrusted: plain,
// short, and without anything that could be loaded.
import { Parser } from 'htmlparser2';
import type { LinkPreview } from '../messages/contract.ts';

const MOST = { title: 200, description: 300, siteName: 80 } as const;
/** Links of one message that are looked up. */
const MOST_LINKS = 3;
const LINK = /\bhttps?:\/\/[^\s<>"'`\\]+/gi;

/** Addresses in a text, in order, each once; punctuation behind one belongs to the sentence. */
export function linksIn(text: string): string[] {
  const links = new Set<string>();
  for (const [found] of text.matchAll(LINK)) {
    let link = found.replace(/[.,;:!?*_~]+$/, '');
    while (/[)\]}]$/.test(link) && count(link, /[([{]/g) < count(link, /[)\]}]/g)) link = link.slice(0, -1);
    if (link.length > 2000 || !URL.canParse(link)) continue;
    const url = new URL(link);
    url.hash = '';
    links.add(url.href);
    if (links.size === MOST_LINKS) break;
  }
  return [...links];
}

const count = (text: string, of: RegExp): number => text.match(of)?.length ?? 0;

const clean = (text: string | undefined, most: number): string | undefined => {
  const plain = (text ?? '')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .toWellFormed();
  if (plain === '') return undefined;
  return plain.length > most ? `${plain.slice(0, most - 1).toWellFormed()}…` : plain;
};

/** Undefined for a page without a title. */
export function previewOf(url: string, html: string): LinkPreview | undefined {
  const meta = new Map<string, string>();
  let title = '';
  let inTitle = false;
  let over = false;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (over) return;
      if (name === 'title') inTitle = title === '';
      else if (name === 'body') over = true;
      else if (name === 'meta') {
        const key = (attributes.property ?? attributes.name ?? '').toLowerCase();
        const { content } = attributes;
        if (content !== undefined && key !== '' && !meta.has(key)) meta.set(key, content);
      }
    },
    ontext(text) {
      if (inTitle && title.length < 1000) title += text;
    },
    onclosetag(name) {
      if (name === 'title') inTitle = false;
      if (name === 'head') over = true;
    },
  });
  parser.write(html);
  parser.end();
  const shown = clean(meta.get('og:title') ?? meta.get('twitter:title') ?? title, MOST.title);
  if (shown === undefined) return undefined;
  const description = clean(
    meta.get('og:description') ?? meta.get('twitter:description') ?? meta.get('description'),
    MOST.description,
  );
  const siteName = clean(meta.get('og:site_name'), MOST.siteName);
  return {
    url,
    title: shown,
    ...(description === undefined ? {} : { description }),
    ...(siteName === undefined ? {} : { siteName }),
  };
}

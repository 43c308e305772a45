// Forms of documents, and free time between appointments. Pure. Text that goes into HTML is escaped, always.
import type { CalendarEvent } from '../workspace/contract.ts';

export interface DocumentWish {
  title: string;
  format: 'markdown' | 'html' | 'csv' | 'slides';
  content: string;
}

const FORMS = {
  markdown: { ending: 'md', contentType: 'text/markdown' },
  html: { ending: 'html', contentType: 'text/html' },
  csv: { ending: 'csv', contentType: 'text/csv' },
  slides: { ending: 'slides.html', contentType: 'text/html' },
} as const;

export function documentOf({ title, format, content }: DocumentWish): {
  path: string;
  body: string;
  contentType: string;
} {
  const { ending, contentType } = FORMS[format];
  const name = title
    .normalize('NFKC')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 80);
  const path = `documents/${name || 'document'}.${ending}`;
  if (format === 'csv') return { path, contentType, body: content };
  if (format === 'markdown')
    return { path, contentType, body: /^\s*# /.test(content) ? content : `# ${title}\n\n${content}\n` };
  const parts = format === 'slides' ? content.split(/^---\s*$/m) : [content];
  const sections = parts.map((part) => `<section>\n${htmlOf(part.trim())}\n</section>`).join('\n');
  const style =
    format === 'slides'
      ? 'section{min-height:90vh;page-break-after:always;font-size:1.6em;padding:5vh 8vw}'
      : 'section{max-width:45em;margin:auto;line-height:1.5}';
  return {
    path,
    contentType,
    body: `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>${escaped(title)}</title><style>body{font-family:sans-serif}${style}</style></head>\n<body>\n<h1>${escaped(title)}</h1>\n${sections}\n</body>\n</html>\n`,
  };
}

/** Headings, lists and paragraphs of Markdown; everything else stays text. */
function htmlOf(markdown: string): string {
  return markdown
    .split(/\n{2,}/)
    .map((block) => {
      const heading = /^(#{1,6})\s+(.+)$/.exec(block);
      if (heading !== null) {
        const level = Math.min(6, (heading[1] as string).length + 1);
        return `<h${level}>${inline(heading[2] as string)}</h${level}>`;
      }
      const lines = block.split('\n');
      if (lines.every((line) => /^\s*[-*]\s+/.test(line)))
        return `<ul>${lines.map((line) => `<li>${inline(line.replace(/^\s*[-*]\s+/, ''))}</li>`).join('')}</ul>`;
      return `<p>${lines.map(inline).join('<br>')}</p>`;
    })
    .join('\n');
}

const inline = (text: string): string =>
  escaped(text)
    .replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>');

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Spans of at least so many minutes in which nothing is scheduled, earliest first. */
export function freeSpans(
  events: readonly Pick<CalendarEvent, 'startsAt' | 'endsAt'>[],
  { from, to, minutes }: { from: string; to: string; minutes: number },
): { from: string; to: string }[] {
  const end = Date.parse(to);
  const busy = events
    .map(({ startsAt, endsAt }) => [Date.parse(startsAt), Date.parse(endsAt)] as const)
    .sort(([a], [b]) => a - b);
  const free: { from: string; to: string }[] = [];
  let at = Date.parse(from);
  for (const [startsAt, endsAt] of [...busy, [end, end] as const]) {
    if (Math.min(startsAt, end) - at >= minutes * 60_000)
      free.push({ from: new Date(at).toISOString(), to: new Date(Math.min(startsAt, end)).toISOString() });
    at = Math.max(at, endsAt);
  }
  return free;
}

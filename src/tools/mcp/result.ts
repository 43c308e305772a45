// What a tool of an MCP server answered, as a tool result of ours: text and structure, cut to a size; other media only named.
// Pure. Must never load what an answer links to.
import { type Json, type ToolResult, toolFailure } from '../tool.ts';

const MAX_CHARS = 20_000;
const MAX_PARTS = 100;

export function readResult(answer: unknown): ToolResult {
  const { content, structuredContent, isError } = (answer ?? {}) as {
    content?: unknown;
    structuredContent?: unknown;
    isError?: unknown;
  };
  const parts = (Array.isArray(content) ? content : []).slice(0, MAX_PARTS).map(partText);
  const text = cut(parts.filter((part) => part !== '').join('\n'));
  if (isError === true)
    return toolFailure('tool_error', text === '' ? 'The tool failed and did not say why.' : text);
  const structure = JSON.stringify(structuredContent) ?? '';
  // Servers usually say the structure as text, too.
  if (structure !== '' && structure.length <= MAX_CHARS)
    return { ok: true, output: structuredContent as Json };
  return { ok: true, output: text };
}

function partText(part: unknown): string {
  const { type, text, mimeType, data, uri, name, resource } = (part ?? {}) as Record<string, unknown>;
  switch (type) {
    case 'text':
      return typeof text === 'string' ? text : '';
    case 'image':
    case 'audio':
      return `[${type}, ${shown(mimeType)}, ${typeof data === 'string' ? Math.floor((data.length * 3) / 4) : 0} bytes]`;
    case 'resource_link':
      return `[resource ${shown(name)}: ${shown(uri)}]`;
    case 'resource': {
      const { text: words, uri: address, mimeType: kind } = (resource ?? {}) as Record<string, unknown>;
      return typeof words === 'string' ? words : `[resource ${shown(address)}, ${shown(kind)}]`;
    }
    default:
      return '';
  }
}

const shown = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 300) : 'unknown');

function cut(text: string): string {
  const whole = text.replaceAll('\u0000', '').toWellFormed();
  return whole.length <= MAX_CHARS
    ? whole
    : `${whole.slice(0, MAX_CHARS).toWellFormed()}\n[cut after ${MAX_CHARS} of ${whole.length} characters]`;
}

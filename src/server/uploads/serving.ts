// How a file is answered: as a download unless browsers show its type without running anything, never as a page of ours, in parts
// if asked. Must never let what people uploaded run on this origin.
import { AppError } from '../../core/errors.ts';
import type { StreamAnswer } from '../../core/module.ts';
import { mayBeShown } from './content-kind.ts';
import type { UploadsService } from './service.ts';

type Opened = Awaited<ReturnType<UploadsService['open']>>;

export async function answerFile(
  { row, read }: Opened,
  range: string | undefined,
  signal: AbortSignal,
): Promise<StreamAnswer> {
  const contentType = row.contentType ?? 'application/octet-stream';
  const shown = mayBeShown(contentType);
  const headers: Record<string, string> = {
    // What may not be shown has no type that a browser could act by.
    'Content-Type': shown ? contentType : 'application/octet-stream',
    'Content-Disposition': `${shown ? 'inline' : 'attachment'}; filename="${ascii(row.name)}"; filename*=UTF-8''${encoded(row.name)}`,
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Cache-Control': 'private, no-store',
    'Accept-Ranges': 'bytes',
  };
  const asked = rangeOf(range, row.bytes);
  if (asked === 'unsatisfiable')
    return { status: 416, headers: { ...headers, 'Content-Range': `bytes */${row.bytes}` } };
  const { start, end } = asked ?? { start: 0, end: row.bytes - 1 };
  const body = await read({ start, end }, signal);
  return {
    status: asked === undefined ? 200 : 206,
    headers: {
      ...headers,
      'Content-Length': String(end - start + 1),
      ...(asked === undefined ? {} : { 'Content-Range': `bytes ${start}-${end}/${row.bytes}` }),
    },
    body,
  };
}

/** One range of bytes; undefined where the whole is to be answered. */
function rangeOf(
  header: string | undefined,
  bytes: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const [, first, last] = match;
  if (first === '') {
    const count = Math.min(Number(last), bytes);
    return count === 0 ? 'unsatisfiable' : { start: bytes - count, end: bytes - 1 };
  }
  const start = Number(first);
  const end = last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (start >= bytes) return 'unsatisfiable';
  return end < start ? undefined : { start, end };
}

/** @throws AppError invalid */
export function offsetOf(header: string | string[] | undefined): number {
  if (header === undefined) return 0;
  const offset = typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
  if (offset === undefined)
    throw new AppError('invalid', 'invalid_input', 'Upload-Offset is a whole number of bytes.');
  return offset;
}

const ascii = (name: string): string => name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
const encoded = (name: string): string =>
  encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );

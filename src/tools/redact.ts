// Takes secrets out of what is stored and shown about a tool call. Pure. Errs on the side of hiding.
import type { Json } from './tool.ts';

const SECRET_KEY =
  /pass(word|phrase)?$|secret|token$|api[-_]?key|authori[sz]ation|credential|cookie|private[-_]?key/i;
const SECRET_TEXT =
  /\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bAKIA[A-Z0-9]{16}\b|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|\bBearer\s+[\w.~+/-]{8,}=*|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g;
const HIDDEN = '***';
/** Characters of one text, entries of one list or object, levels. */
const MAX_TEXT = 2000;
const MAX_ENTRIES = 100;
const MAX_DEPTH = 8;

/** A copy without secrets, cut to a size that may be stored and sent. */
export function redact(value: unknown, depth = 0): Json {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'boolean' || value === null) return value;
  if (value === undefined || typeof value !== 'object') return null;
  if (depth >= MAX_DEPTH) return '…';
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((entry) => redact(entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ENTRIES)
      .map(([key, entry]) => [key, SECRET_KEY.test(key) ? HIDDEN : redact(entry, depth + 1)]),
  );
}

export function redactText(text: string): string {
  const clean = text.replaceAll('\u0000', '').toWellFormed().replace(SECRET_TEXT, HIDDEN);
  return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT).toWellFormed()}…` : clean;
}

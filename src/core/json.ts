// Checks on untrusted JSON before anything else looks at it. Must stay cheap: it runs on every frame.
import { AppError } from './errors.ts';

/** Deeper input is refused: one deep frame can overflow the stack of whoever serialises it (reliability: frames). */
export const MAX_JSON_DEPTH = 32;
/** Bytes of one text frame or REST body. */
export const MAX_FRAME_BYTES = 64 * 1024;

/**
 * Refuses what may not travel: nesting beyond 32, NUL characters, lone surrogates, `__proto__` keys.
 * @throws AppError invalid, with the path of the first offence
 */
export function assertSafeJson(value: unknown, path = '', depth = 0): void {
  if (typeof value === 'string') {
    if (value.includes('\u0000'))
      throw invalidAt(path, 'nul_character', 'contains a NUL character; remove it');
    if (!value.isWellFormed())
      throw invalidAt(path, 'malformed_text', 'is not well-formed Unicode (lone surrogate)');
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    // A frame may be bytes as a whole; inside of an object they have no JSON.
    if (depth === 0) return;
    throw invalidAt(path, 'binary', 'holds bytes; send text, or upload a file');
  }
  if (depth >= MAX_JSON_DEPTH) {
    throw new AppError(
      'invalid',
      'too_deep',
      `Input is nested deeper than ${MAX_JSON_DEPTH} levels; flatten it.`,
    );
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) assertSafeJson(value[i], `${path}.${i}`, depth + 1);
    return;
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw invalidAt(path, 'forbidden_key', 'has a key named __proto__; rename it');
    if (key.includes('\u0000'))
      throw invalidAt(path, 'nul_character', 'has a key with a NUL character; remove it');
    if (!key.isWellFormed())
      throw invalidAt(path, 'malformed_text', 'has a key that is not well-formed Unicode (lone surrogate)');
    assertSafeJson((value as Record<string, unknown>)[key], path === '' ? key : `${path}.${key}`, depth + 1);
  }
}

function invalidAt(path: string, reason: string, message: string): AppError {
  return new AppError('invalid', reason, `${path === '' ? 'Input' : path} ${message}.`, {
    errors: [{ path, message }],
  });
}

// How long a message may be, and what to say when it nears that.

/** The server's limit, in bytes of UTF-8. */
export const MAX_BYTES = 16 * 1024;
const HINT_FROM = MAX_BYTES * 0.8;
const utf8 = new TextEncoder();

/** 0 for what is surely far from the limit. */
export const byteLength = (text: string): number =>
  text.length * 3 < HINT_FROM ? 0 : utf8.encode(text).length;

export function limitHint(bytes: number): string | undefined {
  if (bytes < HINT_FROM) return undefined;
  const left = MAX_BYTES - bytes;
  return left >= 0
    ? `About ${left.toLocaleString()} characters left`
    : `${(-left).toLocaleString()} characters too long; split the message`;
}

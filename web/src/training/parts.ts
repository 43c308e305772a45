// Cuts a long text into parts that fit one request, at the end of a paragraph or a line where there is one. Pure.

/** A request holds 64 KiB, of which the rest is for the frame and for characters that JSON writes longer. */
const MOST_BYTES = 40_000;

export function partsOf(text: string, most: number = MOST_BYTES): string[] {
  const parts: string[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const end = lengthWithin(rest, most);
    const cut = end === rest.length ? end : breakBefore(rest, end);
    const part = rest.slice(0, cut).trim();
    if (part !== '') parts.push(part);
    rest = rest.slice(cut).trim();
  }
  return parts;
}

const encoder = new TextEncoder();

/** How many UTF-16 units from the beginning fit; never half of a character. */
function lengthWithin(text: string, most: number): number {
  if (text.length <= most / 3) return text.length;
  const { read } = encoder.encodeInto(text, new Uint8Array(most));
  return read;
}

function breakBefore(text: string, end: number): number {
  const head = text.slice(0, end);
  const least = end / 2;
  for (const mark of ['\n\n', '\n', '. ', ' ']) {
    const at = head.lastIndexOf(mark);
    if (at > least) return at + mark.length;
  }
  return end;
}

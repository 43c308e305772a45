// Cuts a text into passages of bounded length: at paragraphs where it can, else at sentences, else at words. Pure; must never lose a
// word or change their order.

/** Characters of a passage: some paragraphs, and several fit into a prompt. */
const CHUNK_CHARS = 1200;

export function chunksOf(text: string, most = CHUNK_CHARS): string[] {
  const chunks: string[] = [];
  let open = '';
  for (const piece of pieces(text, most)) {
    const joined = open === '' ? piece : `${open}\n\n${piece}`;
    if (joined.length <= most) {
      open = joined;
      continue;
    }
    if (open !== '') chunks.push(open);
    open = piece;
  }
  if (open !== '') chunks.push(open);
  return chunks;
}

const BREAKS = [/\n\s*\n/, /\n/, /(?<=[.!?])\s+/, /\s+/];

function pieces(text: string, most: number, level = 0): string[] {
  const whole = text.trim();
  if (whole === '') return [];
  if (whole.length <= most) return [whole];
  const at = BREAKS[level];
  if (at === undefined) return hardCut(whole, most);
  return whole.split(at).flatMap((part) => pieces(part, most, level + 1));
}

/** A word longer than a passage: cut, but never inside of a character. */
function hardCut(word: string, most: number): string[] {
  const cut: string[] = [];
  let open = '';
  for (const character of word) {
    if (open.length + character.length > most) {
      cut.push(open);
      open = '';
    }
    open += character;
  }
  return [...cut, open];
}

// Columns of many rows as parameters of one statement. The driver quotes each element of an array by itself, which costs a busy
// server more than the rest of the statement; words that need no quotes go past that.

const PLAIN = /^\{(?:[\w-]+(?:,[\w-]+)*)?\}$/;

/**
 * The literal of an array of ids, numbers and names of our own, for a parameter that is cast to its type.
 * @throws TypeError for an element that would need quotes
 */
export function plainArray(values: readonly (string | number | boolean | null)[]): string {
  const literal = `{${values.map((value) => value ?? 'NULL').join()}}`;
  // A comma inside of an element would make two of it.
  if (!PLAIN.test(literal) || commasIn(literal) !== Math.max(0, values.length - 1))
    throw new TypeError('An element of the array needs quotes; pass it as JSON.');
  return literal;
}

function commasIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf(','); at >= 0; at = text.indexOf(',', at + 1)) count++;
  return count;
}

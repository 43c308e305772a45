// Serialises values that many answers share, such as the members of a room that many join at once, only once. A value given
// here must not be changed afterwards.

const texts = new WeakMap<object, string>();

/** The JSON of a value that is shared: kept for as long as the value is. */
export function jsonOfShared(value: object): string {
  let text = texts.get(value);
  if (text === undefined) {
    text = JSON.stringify(value);
    texts.set(value, text);
  }
  return text;
}

/** The same where it was asked for before, and anew otherwise. */
export const jsonOfPerhapsShared = (value: object): string => texts.get(value) ?? JSON.stringify(value);

/** The JSON of an object some of whose values are shared. */
export function jsonWithShared(value: object, shared: ReadonlySet<unknown>): string {
  const fields: string[] = [];
  for (const [key, field] of Object.entries(value)) {
    const text = shared.has(field) ? jsonOfShared(field as object) : JSON.stringify(field);
    if (text !== undefined) fields.push(`${JSON.stringify(key)}:${text}`);
  }
  return `{${fields.join(',')}}`;
}

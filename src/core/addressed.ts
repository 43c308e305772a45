// Explanations are written of a third person, in words whose verbs stay when they are told to that person: "they have" becomes
// "you have". For sentences of the program only, never for what people wrote.

const YOURS: Readonly<Record<string, string>> = {
  they: 'you',
  They: 'You',
  them: 'you',
  their: 'your',
  Their: 'Your',
  theirs: 'yours',
  themselves: 'yourself',
};
const THIRD = new RegExp(`\\b(${Object.keys(YOURS).join('|')})\\b`, 'g');

const toYou = (sentence: string): string => sentence.replace(THIRD, (word) => YOURS[word] ?? word);

/** The same, with every `because` in it told to the one it is about. */
export function addressed<T>(told: T): T {
  if (Array.isArray(told)) return told.map(addressed) as T;
  if (told === null || typeof told !== 'object' || told instanceof Date) return told;
  return Object.fromEntries(
    Object.entries(told).map(([key, value]) => [
      key,
      key === 'because' && typeof value === 'string' ? toYou(value) : addressed(value),
    ]),
  ) as T;
}

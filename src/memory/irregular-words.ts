// English words whose forms no ending tells: "went" is "go". Base form first.
// Must never hold a form that is as often another word ("leaves", "lives", "bit"), nor be changed without a new model name in
// embed-local.ts.

const FORMS = `
  begin began begun, bend bent, bite bitten, bleed bled, blow blew blown, break broke broken, bring brought,
  build built, buy bought, catch caught, choose chose chosen, come came, creep crept, deal dealt, dig dug,
  draw drew drawn, dream dreamt, drink drank drunk, drive drove driven, eat ate eaten, fall fell fallen,
  feed fed, feel felt, fight fought, find found, fly flew flown, forget forgot forgotten,
  forgive forgave forgiven, freeze froze frozen, give gave given, go went gone, grow grew grown, hang hung,
  hear heard, hide hid hidden, hold held, keep kept, know knew known, lay laid, lead led, leave left, lend lent,
  lie lain, light lit, lose lost, make made, mean meant, meet met, pay paid, ride rode ridden, ring rang rung,
  rise risen, run ran, say said, see saw seen, seek sought, sell sold, send sent, sew sewn,
  shake shook shaken, shine shone, shoot shot, show shown, sing sang sung, sink sank sunk, sit sat, sleep slept,
  speak spoke spoken, spend spent, spin spun, stand stood, steal stole stolen, stick stuck, strike struck,
  swear swore sworn, sweep swept, swim swam swum, swing swung, take took taken, teach taught, tear tore torn,
  tell told, think thought, throw threw thrown, understand understood, wake woke woken, wear wore worn,
  weave wove woven, win won, write wrote written, child children, man men, woman women, person people, foot feet,
  tooth teeth, mouse mice, goose geese, wife wives, knife knives, half halves,
  self selves, good better best, bad worse worst
`;

const BASES = new Map(
  FORMS.split(',').flatMap((group) => {
    const [base = '', ...forms] = group.trim().split(' ');
    return forms.map((form) => [form, base] as const);
  }),
);

/** The word itself where it is regular. */
export const baseOf = (word: string): string => BASES.get(word) ?? word;

// What the words of one message tell a listener: a question, thanks, filler, names. Pure; knows nothing of who said it.

/** Names as people type them, IRC's included. */
const TOKEN = /[a-z0-9_\-[\]\\^{}|`]+/g;
const FILLER =
  /^\W*(ok(ay)?|k+|thanks?( you| u|s)?( (a lot|so much|very much|anyway|man|though))?|thx|ty|np|yw|lol|haha*|heh\w*|yes|yep|yeah|no|nope|cool|great|nice|sure|right|ah+|oh+|hm+|brb|bye|cya|hi|hello|hey|sorry|[:;=]-?[)(dp/]|\^\^|\.+|i see|got it|never ?mind|nvm|you'?re welcome|good (night|morning)|gn)\b[\s\W]*(\w+\W*)?$/i;
const THANKS = /\b(thanks?|thx|ty|cheers|tyvm|thankyou|appreciate)\b/i;
const YOU = /\b(you|your|u|ur|you're)\b/i;
const I = /\b(i|im|i'm|my|me|i've)\b/i;
const TROUBLE = /n't|\bnot\b|error|but |fail|wrong|dont|doesnt|cant|wont/i;
/** A shorter name counts only as the first word: many are words as well. */
const SHORT_NAME = 3;

export interface Said {
  isQuestion: boolean;
  isFiller: boolean;
  thanks: boolean;
  you: boolean;
  me: boolean;
  trouble: boolean;
  link: boolean;
  loud: boolean;
  isCommand: boolean;
  words: number;
}

export const tokensOf = (text: string): string[] => text.toLowerCase().match(TOKEN) ?? [];

export function readWords(text: string): Said {
  return {
    isQuestion: text.includes('?'),
    isFiller: FILLER.test(text),
    thanks: THANKS.test(text),
    you: YOU.test(text),
    me: I.test(text),
    trouble: TROUBLE.test(text),
    link: text.includes('http'),
    loud: text.includes('!'),
    isCommand: text.startsWith('!'),
    words: tokensOf(text).length,
  };
}

/** Who is named, in order and once. `first` when the message begins with a name. @param known names in lower case → who bears them */
export function namesIn(
  text: string,
  known: ReadonlyMap<string, string>,
  authorId: string,
): { ids: string[]; first: boolean } {
  const tokens = tokensOf(text);
  const ids: string[] = [];
  for (const [place, token] of tokens.entries()) {
    const id = known.get(token);
    if (id === undefined || id === authorId || ids.includes(id)) continue;
    if (place === 0 || token.length > SHORT_NAME) ids.push(id);
  }
  return { ids, first: tokens[0] !== undefined && known.has(tokens[0]) };
}

// What is worth remembering, how much, and what is too delicate to lie about in plain: pure decisions from words alone.
// Must never let a credential through, however it is asked for.
import { wordsOf } from './embed-words.ts';

export type Junk = 'empty' | 'greeting' | 'filler' | 'credential' | 'dump';

const GREETING =
  /^(?:(?:hi|hello|hey|hiya|yo|good (?:morning|afternoon|evening|night)|bye|goodbye|see (?:you|ya)|later|thanks?|thank you|thx|cheers|welcome|congrats)(?: (?:there|all|everyone|everybody|again|so much|a lot|you|team|folks|guys|later|soon|tomorrow|both|[a-z]+))?[\s!,.]*)+$/i;
const FILLER =
  /^(?:ok(?:ay)?|k|yes|yep|yeah|no|nope|sure|right|cool|nice|great|wow|lol|haha+|hm+|ah|oh|done|brb|afk|\+1|same|agreed|true|indeed|exactly|of course|no problem|np)(?:[\s!,.]+(?:ok(?:ay)?|yes|yeah|no|sure|cool|nice|great|wow|lol|thanks?))*[\s!,.?]*$/i;
const CREDENTIAL = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b(?:sk|pk|rk)[-_](?:live|test|ant|proj)?[-_]?[A-Za-z0-9_-]{16,}/,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}/,
  /\b(?:password|passwd|passphrase|pass ?code|pin(?: code)?|api[ _-]?key|secret key|access token|cvv|cvc)\b(?: (?:for|of|to) [\w' .-]{1,40}?)?\s*(?:is|was|=|:)\s*\S+/i,
  /\b(?:\d[ -]?){13,19}\b/,
];

/** Why something is not kept; undefined when it may be. */
export function junkOf(text: string): Junk | undefined {
  const said = text.trim();
  if (said === '') return 'empty';
  if (CREDENTIAL.some((pattern) => pattern.test(said))) return 'credential';
  if (said.length <= 60 && GREETING.test(said)) return 'greeting';
  if (said.length <= 40 && FILLER.test(said)) return 'filler';
  const letters = said.match(/\p{L}/gu)?.length ?? 0;
  if (said.length > 200 && (letters / said.length < 0.5 || /^\s*[[{]/.test(said))) return 'dump';
  return undefined;
}

const REMEMBER =
  /\b(?:remember|don['’]t forget|do not forget|keep in mind|make a note|note that|memori[sz]e)\b/i;

/** Whether the words ask that something be kept. */
export const asksToRemember = (text: string): boolean => REMEMBER.test(text);

const COMMITMENT =
  /\b(?:i|we)(?:['’]ll| will| promise| am going to| are going to|['’]m going to)\b|\b(?:deadline|due|by (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|tomorrow|next)|on (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)|tomorrow|next (?:week|month|year))\b/i;
const CORRECTION = /\b(?:actually|correction|no longer|not any ?more|instead of|i meant|used to)\b/i;
const IDENTITY =
  /\b(?:my name is|i['’]?m called|call me|i am an?|i work|i live|prefers?|favou?rite|likes?|loves?|hates?|allergic|birthday|born|married|lives? in|works? (?:at|as|for))\b/i;
const CHAT = /\b(?:lol|haha|how are you|what['’]s up|nice to see|anyway|hmm)\b/i;

/** 0..1, from the words and how they were said. */
export function importanceOf(text: string, said: { asked: boolean } = { asked: false }): number {
  let score = 0.15;
  if (said.asked || asksToRemember(text)) score += 0.25;
  if (COMMITMENT.test(text)) score += 0.2;
  if (CORRECTION.test(text)) score += 0.15;
  if (IDENTITY.test(text)) score += 0.1;
  if (/(?<=[\p{L}\p{N},] )\p{Lu}\p{L}+/u.test(text)) score += 0.1;
  if (/!{1,}|\b[A-Z]{4,}\b|\b(?:important|very|really|never|always)\b/.test(text)) score += 0.1;
  if (CHAT.test(text)) score -= 0.15;
  return Math.min(1, Math.max(0, Math.round(score * 100) / 100));
}

const SENSITIVE = [
  // Health.
  /\b(?:diagnos\w*|disease|illness|cancer|diabet\w*|hiv|aids|depress\w*|anxiety|bipolar|autis\w*|adhd|therap(?:y|ist)|psychiat\w*|medication|prescri\w*|pregnan\w*|miscarriage|abortion|disab\w*|allerg\w*|blood type|surgery|addict\w*|alcoholic|suicid\w*)\b/i,
  // Money and papers.
  /\b(?:salary|income|earns?|debt|bankrupt\w*|mortgage|iban|bank account|account number|tax (?:id|number)|social security|ssn|passport|driver['’]?s licen[cs]e)\b/i,
  // What discrimination starts from, and the law.
  /\b(?:gay|lesbian|bisexual|transgender|sexual\w*|religio\w*|muslim|christian|jewish|hindu|atheist|ethnic\w*|immigra\w*|asylum|union member|votes? for|convict\w*|arrested|prison|divorc\w*|affair)\b/i,
  // Where to find someone.
  /\b(?:home address|lives at|street address|phone number|mobile number)\b/i,
  /[\w.+-]+@[\w-]+\.[\w.]+/,
  /(?:\+|\b00)\d[\d ()-]{7,}\d\b/,
];

export const isSensitive = (text: string): boolean => SENSITIVE.some((pattern) => pattern.test(text));

/** Share of a memory's words that a message holds: whether somebody said it or it came from elsewhere. */
export function shareSaid(memory: string, message: string): number {
  const words = wordsOf(memory).filter((word) => !word.stop);
  if (words.length === 0) return 0;
  const said = new Set(wordsOf(message).map((word) => word.key));
  return words.filter((word) => said.has(word.key)).length / words.length;
}

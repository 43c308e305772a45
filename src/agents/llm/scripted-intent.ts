// What the scripted provider takes a message to mean: one pure decision from text to intent.
// Must never act; it only reads, and only English.
import { findExpression } from './scripted-arithmetic.ts';

export type ScriptedIntent =
  | { kind: 'recall'; query: string }
  | { kind: 'remember'; content: string }
  | { kind: 'about'; query: string }
  | { kind: 'forget' }
  | { kind: 'correct'; content: string }
  | { kind: 'calculate'; expression: string }
  | { kind: 'clock'; timeZone?: string }
  | { kind: 'greet' }
  | { kind: 'help' }
  | { kind: 'thanks' }
  | { kind: 'other' };

const COURTESY =
  /^(?:(?:hey|hi|hello|ok|okay|so|well|please|now|and|also|could you|can you|would you|will you)\b[\s,]*)+/i;
const GREETING = /^(?:hi|hello|hey|hiya|howdy|greetings|good (?:morning|afternoon|evening|day))\b/i;
const THANKS = /^(?:thanks|thank you|thx|cheers)\b/i;
const HELP =
  /^(?:help|\?+)[.!?\s]*$|\bwhat can you do\b|\bhow do (?:i|you) (?:use|work)\b|\bwho are you\b|\bwhat are you\b/i;
const CLOCK =
  /\bwhat(?:'s|’s| is)? (?:the )?(?:current )?(?:time|date|day)\b(?! (?:of|for|does|did|will|should|do|is the|was))|\bwhat (?:time|day|date) is it\b|\b(?:current|today's|today’s) (?:time|date)\b|\b(?:tell me|know) the (?:time|date)\b|\bwhat(?:'s|’s| is) today\b/i;
const ABOUT =
  /\b(?:what (?:do|did) you (?:know|remember)|tell me what you (?:know|remember)) about me\b[\s?.!]*$/i;
const FORGET =
  /^(?:forget|erase|delete|wipe)\b[\s,]*(?:me|everything|all)(?: (?:about me|i (?:told|said).*|you know about me|of (?:it|that)))?[\s.!]*$/i;
const CORRECT =
  /^(?:correct that|correction|that(?:'s|’s| is| was) (?:wrong|not (?:right|true)))[\s,:.;–-]+(?:that )?(.+)/is;
const RECALL = [
  /\bwhat (?:do|did|can) you (?:know|remember|recall)(?: about)?\b(.*)/i,
  /\bdo you (?:still )?(?:recall|remember|know)\b(?! (?:how|to)\b)(.*)/i,
  /\bwhat did i (?:tell|say to) you\b(.*)/i,
  /\b(?:what|who|where|when|which)(?:'s|’s| is| was| are| were) (my .*)/i,
  /\b(?:what|which) (?:do|did) i (.*)/i,
  /^(?:recall|tell me what you know about)\b(.*)/i,
];
const REMEMBER =
  /^(?:remember|don't forget|don’t forget|do not forget|keep in mind|note)\b(?:[\s,:]*\bthat\b)?[\s,:]+(.+)/is;
const STATEMENT = /^(my [^?]{1,120}? (?:is|are|was|were) [^?]+)$/is;

/** @param authorName stands in for "my" and "me", so that a memory says whose it is */
export function readIntent(text: string, authorName: string): ScriptedIntent {
  const whole = text.replace(/^(?:\s*@[\w.-]+[\s,:]*)+/, '').trim();
  const bare = whole.replace(COURTESY, '').trim();
  const said = bare || whole;
  const isQuestion = /\?\s*$/.test(said);

  const remember = REMEMBER.exec(said);
  if (remember?.[1] && !isQuestion)
    return { kind: 'remember', content: thirdPerson(remember[1], authorName) };
  if (FORGET.test(said)) return { kind: 'forget' };
  if (ABOUT.test(said)) return { kind: 'about', query: authorName.trim() || 'everything' };
  const correct = CORRECT.exec(said);
  if (correct?.[1] && !isQuestion) return { kind: 'correct', content: thirdPerson(correct[1], authorName) };
  for (const pattern of RECALL) {
    const match = pattern.exec(said);
    if (match) return { kind: 'recall', query: queryFrom(match[1] ?? '', authorName) };
  }
  const expression = findExpression(said);
  if (expression !== undefined) return { kind: 'calculate', expression };
  const statement = STATEMENT.exec(said);
  if (statement?.[1]) return { kind: 'remember', content: thirdPerson(statement[1], authorName) };
  if (CLOCK.test(said)) {
    const timeZone = /\b([A-Z][A-Za-z]+\/[A-Z][A-Za-z_]+(?:\/[A-Z][A-Za-z_]+)?)\b/.exec(said)?.[1];
    return timeZone === undefined ? { kind: 'clock' } : { kind: 'clock', timeZone };
  }
  if (HELP.test(said)) return { kind: 'help' };
  if (THANKS.test(said)) return { kind: 'thanks' };
  if (GREETING.test(whole) && bare.split(/\s+/).length <= 4 && !isQuestion) return { kind: 'greet' };
  return { kind: 'other' };
}

/** "my cat is Tom" said by Sam becomes "Sam's cat is Tom"; what cannot be turned safely is quoted. */
export function thirdPerson(statement: string, authorName: string): string {
  const text = statement.trim().replace(/[\s.!]+$/, '');
  const name = authorName.trim();
  if (name === '') return text;
  const turned = text
    .replace(/^my\b/i, `${name}'s`)
    .replace(/^(?:i am|i'm|i’m)\b/i, `${name} is`)
    .replace(/^(?:i have|i've|i’ve)\b/i, `${name} has`)
    .replace(/\b(is|are|was|were|and|of|for|with|to|in|on|at|likes|has) my\b/gi, `$1 ${name}'s`);
  return /\b(?:i|i'm|i’m|me|my|mine|we|our)\b/i.test(turned) ? `${name} said: ${text}` : turned;
}

function queryFrom(rest: string, authorName: string): string {
  const name = authorName.trim();
  const topic = rest
    .replace(/[?!.\s]+$/, '')
    .replace(/^[\s,:]*(?:about|that|what|of|is|are|was|who|where|when)\b/i, '')
    .replace(/\bmy\b/gi, name === '' ? '' : `${name}'s`)
    .replace(/\b(?:me|myself|i)\b/gi, name)
    .replace(/\s+/g, ' ')
    .trim();
  return topic === '' ? name || 'everything' : topic;
}

// What a listener can know of a conversation when a message comes: who talks with whom, followed through names, answers and
// habit over the last messages. Pure and deterministic. Must never look at what came later.
import { readWords, type Said } from './floor-text.ts';

export interface Heard {
  authorId: string;
  text: string;
  /** Minutes on any one clock. */
  at: number;
  /** Whom it names, in order. */
  named: readonly string[];
  /** It begins with a name. */
  namedFirst: boolean;
  /** Whom it answers outright, where the chat knows that. */
  repliesTo?: string | undefined;
}

/** How a listener knows to whom something was said. */
type How = 'named' | 'addressed' | 'continued' | 'question' | 'unknown';

/** Messages that a listener keeps in mind, the newest included. */
export const EAR_SPAN = 60;
const ADDRESSED_SPAN = 25;
const ADDRESSED_MINUTES = 15;
const CONTINUED_SPAN = 15;
const FAR = 999;

/** Whom the newest message is meant for, as far as can be told. */
export type Stance = 'called' | 'named' | 'other_named' | 'partner' | 'other_partner' | 'nobody';

export interface Features {
  stance: Stance;
  /** Each 0 to 1. */
  values: Record<string, number>;
}

/** @param heard oldest first; the last is the one to be decided about */
export function listen(heard: readonly Heard[]) {
  const messages = heard.slice(-EAR_SPAN);
  const { partners, how } = trace(messages);
  const k = messages.length - 1;
  const message = messages[k] as Heard;
  const said = readWords(message.text);
  const indices = messages.map((_, i) => i).slice(0, k);
  const author = message.authorId;
  const byAuthor = indices.filter((i) => messages[i]?.authorId === author);
  const recent = messages.slice(Math.max(0, k - 50), k).map((m) => m.authorId);
  const speakers = new Set(recent.slice(-10)).size / 10;
  const authorAsked = byAuthor.slice(-3).some((i) => (messages[i] as Heard).text.includes('?'));

  /** By a command, where this listener is the one who answers most of the commands that were heard. */
  function isCalled(listenerId: string): boolean {
    if (!said.isCommand || message.named[0] === listenerId) return false;
    const commands = indices.filter(
      (i) => messages[i]?.authorId !== listenerId && readWords(messages[i]?.text ?? '').isCommand,
    );
    const obeyed = commands.filter((i) =>
      messages.slice(i + 1, Math.min(i + 3, k)).some((next) => next.authorId === listenerId),
    );
    return obeyed.length > 0 && obeyed.length > commands.length / 2;
  }

  return {
    said,
    /** What speaks for and against an answer by this listener. */
    about(listenerId: string): Features {
      const mine = indices.filter((i) => messages[i]?.authorId === listenerId);
      const last = mine.at(-1);
      const toAuthor = mine.slice(-30).filter((i) => partners[i] === author);
      const d = k - (toAuthor.at(-1) ?? -FAR);
      const competing = indices.filter(
        (i) => i >= k - 40 && partners[i] === author && messages[i]?.authorId !== listenerId,
      );
      const dOther = k - (competing.at(-1) ?? -FAR);
      const after = last === undefined ? FAR : k - last;
      const addressers = new Set(
        indices
          .filter((i) => i >= k - ADDRESSED_SPAN && partners[i] === listenerId)
          .map((i) => messages[i]?.authorId)
          .filter((id) => id !== author),
      );
      const lastOfAuthor = byAuthor.at(-1);
      const sinceMine = byAuthor.filter((i) => i > (toAuthor.at(-1) ?? -1)).length;
      const partner = partners[k];
      const stance: Stance = isCalled(listenerId)
        ? 'called'
        : message.named.includes(listenerId)
          ? 'named'
          : message.named.length > 0
            ? 'other_named'
            : partner === listenerId
              ? 'partner'
              : partner === undefined
                ? 'nobody'
                : 'other_partner';
      const near = (distance: number, span: number) => Math.max(0, 1 - distance / span);
      return {
        stance,
        values: {
          filler: flag(said.isFiller),
          length: Math.min(said.words, 20) / 20,
          thanks: flag(said.thanks),
          command: flag(said.isCommand),
          speakers,
          share: Math.min(recent.filter((id) => id === listenerId).length / 50, 0.4),
          question: flag(said.isQuestion),
          you: flag(said.you),
          me: flag(said.me),
          trouble: flag(said.trouble),
          link: flag(said.link),
          loud: flag(said.loud),
          fresh: near(after, 15),
          away: flag(after > 40),
          others_waiting: Math.min(3, addressers.size) / 3,
          i_spoke_last: flag(k > 0 && messages[k - 1]?.authorId === listenerId),
          author_spoke_last: flag(k > 0 && messages[k - 1]?.authorId === author),
          named_first: flag(message.namedFirst && message.named[0] === listenerId),
          several_named: flag(message.named.length > 1),
          author_asked: flag(authorAsked),
          near_my_words: near(d, 20),
          near_my_words_wide: near(d, 30),
          my_words_to_author: Math.min(toAuthor.length, 5) / 5,
          other_is_nearer: flag(dOther < d),
          author_went_on: Math.min(sinceMine, 4) / 4,
          author_close: flag(lastOfAuthor !== undefined && k - lastOfAuthor <= 2),
          by_habit: flag(how[k] !== 'addressed'),
          pause:
            lastOfAuthor === undefined
              ? 1
              : Math.min(message.at - (messages[lastOfAuthor] as Heard).at, 10) / 10,
          i_answered_author: flag(last !== undefined && partners[last] === author),
          author_is_new: flag(byAuthor.length === 0),
        },
      };
    },
  };
}

/**
 * Whether somebody answered a message since it was said.
 * @param heard oldest first
 * @param at place of the message; below zero when it is out of hearing
 * @param besides who does not count
 */
export function isAnswered(heard: readonly Heard[], at: number, askerId: string, besides: string): boolean {
  const { partners } = trace(heard);
  return heard.some(
    ({ authorId }, i) => i > at && authorId !== askerId && authorId !== besides && partners[i] === askerId,
  );
}

export type Ear = ReturnType<typeof listen> & { said: Said };

const flag = (is: boolean): number => (is ? 1 : 0);

/** To whom each message was said, as a listener could tell when it came. */
function trace(messages: readonly Heard[]): { partners: (string | undefined)[]; how: How[] } {
  const partners: (string | undefined)[] = [];
  const how: How[] = [];
  const lastBy = new Map<string, number>();
  const addressed = new Map<string, { at: number; by: string }>();
  for (const [k, message] of messages.entries()) {
    const { authorId } = message;
    const last = lastBy.get(authorId);
    const word = addressed.get(authorId);
    const before = messages[k - 1];
    let [partner, way]: [string | undefined, How] = [undefined, 'unknown'];
    if (message.named[0] !== undefined || message.repliesTo !== undefined)
      [partner, way] = [message.repliesTo ?? message.named[0], 'named'];
    else if (
      word !== undefined &&
      k - word.at <= ADDRESSED_SPAN &&
      isWithin(message.at - (messages[word.at] as Heard).at) &&
      (last === undefined || word.at > last || partners[last] === word.by || partners[last] === undefined)
    )
      [partner, way] = [word.by, 'addressed'];
    else if (last !== undefined && k - last <= CONTINUED_SPAN && partners[last] !== undefined)
      [partner, way] = [partners[last], 'continued'];
    else if (
      before !== undefined &&
      before.authorId !== authorId &&
      before.text.includes('?') &&
      partners[k - 1] === undefined
    )
      [partner, way] = [before.authorId, 'question'];
    partners.push(partner);
    how.push(way);
    lastBy.set(authorId, k);
    if (partner !== undefined) addressed.set(partner, { at: k, by: authorId });
  }
  return { partners, how };
}

const isWithin = (minutes: number): boolean => minutes >= 0 && minutes < ADDRESSED_MINUTES;

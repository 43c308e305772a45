// The wire of reactions: a person's emoji on a message, and what everyone sees of them.
import { z } from 'zod';
import { defineEvent, defineOperation } from '../../core/contract.ts';
import { Id } from '../identity/contract.ts';
import { Message } from '../messages/contract.ts';

/** One emoji, also a sequence that is shown as one, or a short name in colons. */
const EMOJI = /^(?:\p{RGI_Emoji}|:[a-z0-9_+\-]{1,32}:)$/v;
/** Some are also written without the mark that asks for a picture. */
const PICTURE = '\uFE0F';

export const Emoji = z
  .string()
  .max(40)
  .refine(
    (text) => EMOJI.test(text) || EMOJI.test(`${text}${PICTURE}`),
    'is one emoji, or a name such as :party:',
  );

const input = z.object({ messageId: Id, emoji: Emoji });
const rate = { bucket: 'messages.react', points: 600, seconds: 60 };
const tag = 'Messages';

export const addReaction = defineOperation({
  name: 'reactions.add',
  summary: 'React to a message with an emoji',
  description:
    'Doing it again changes nothing. A message has at most 20 different emoji. In a room whose reactionMode is `one`, it takes the place of the one I gave this message before; in one whose mode is `off` it is refused.',
  tag,
  rest: { method: 'put', path: '/api/messages/:messageId/reactions/:emoji' },
  socket: 'add_reaction',
  input,
  output: Message,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
  tool: { description: 'React to a message with an emoji.' },
});

export const removeReaction = defineOperation({
  name: 'reactions.remove',
  summary: 'Take back my reaction',
  description: 'Where there is none, nothing changes.',
  tag,
  rest: { method: 'delete', path: '/api/messages/:messageId/reactions/:emoji' },
  socket: 'remove_reaction',
  input,
  output: Message,
  permission: 'signed_in',
  effect: 'reversible',
  rate,
});

const payload = z.object({
  roomId: Id,
  seq: z.number().int(),
  messageId: Id,
  /** Sequence of the message itself. */
  messageSeq: z.number().int(),
  userId: Id,
  emoji: z.string(),
  /** All reactions of the message after this entry, in the order in which each emoji came. Whose they are is for the reader to keep. */
  reactions: z.array(z.object({ emoji: z.string(), count: z.number().int() })),
});

export const reactionAdded = defineEvent({
  type: 'reaction_added',
  summary: 'Someone reacted to a message',
  kind: 'log',
  audience: 'room',
  payload,
});
export const reactionRemoved = defineEvent({
  type: 'reaction_removed',
  summary: 'Someone took a reaction back',
  kind: 'log',
  audience: 'room',
  payload,
});

export const reactionsEvents = [reactionAdded, reactionRemoved];

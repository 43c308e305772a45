// The wire of a room's rules: what messages are checked by before they are stored.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { RoomKey } from '../rooms/contract.ts';

/** refuse: the author is told at once; hold: the message waits for a moderator. */
const RuleAction = z.enum(['refuse', 'hold']);

export const ContentRules = z.strictObject({
  /**
   * Words and phrases, compared without case, accents and marks; `*` in a word stands for any letters: `spam*`. Never a regular
   * expression.
   */
  phrases: z
    .array(
      z.strictObject({
        phrase: z
          .string()
          .trim()
          .min(1)
          .max(100)
          .regex(/[\p{L}\p{N}]/u, 'needs a letter or a digit'),
        action: RuleAction.default('refuse'),
      }),
    )
    .max(200)
    .optional(),
  /** Links, but to these hosts and what is below them. */
  links: z
    .strictObject({
      action: RuleAction.default('refuse'),
      allowHosts: z.array(z.string().min(1).max(253)).max(50).default([]),
    })
    .optional(),
  /** More mentions than this in one message. */
  mentions: z
    .strictObject({ most: z.number().int().min(0).max(100), action: RuleAction.default('refuse') })
    .optional(),
  /** The same text by one author more often than this within so many seconds. */
  repeats: z
    .strictObject({
      most: z.number().int().min(1).max(50),
      seconds: z.number().int().min(1).max(86_400),
      action: RuleAction.default('refuse'),
    })
    .optional(),
  /** What the server's moderation service flags of people's messages, where one is configured. */
  service: z.strictObject({ action: RuleAction.default('refuse') }).optional(),
});
export type ContentRules = z.infer<typeof ContentRules>;

const tag = 'Moderation';

export const getRules = defineOperation({
  name: 'rules.get',
  summary: 'Rules that messages of a room are checked by (its moderators)',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/rules' },
  socket: 'get_room_rules',
  input: z.object({ roomId: RoomKey }),
  output: ContentRules,
  permission: 'signed_in',
  effect: 'read',
});

export const setRules = defineOperation({
  name: 'rules.set',
  summary: 'Set the rules that messages of a room are checked by, in place of those there were',
  description: 'They bind people and agents, sends and edits alike; moderators of the room are exempt.',
  tag,
  rest: { method: 'put', path: '/api/rooms/:roomId/rules' },
  socket: 'set_room_rules',
  input: z.strictObject({ roomId: RoomKey, ...ContentRules.shape }),
  output: ContentRules,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'rules.set', points: 60, seconds: 60 },
});

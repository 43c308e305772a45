// The wire of drafts: what stands in a room's composer, the same on all devices of one person.
import { z } from 'zod';
import { defineEvent, defineOperation } from '../../core/contract.ts';
import { Id, Timestamp } from '../identity/contract.ts';
import { MAX_BODY_BYTES } from '../messages/contract.ts';
import { RoomKey } from '../rooms/contract.ts';

const tag = 'Drafts';

export const ComposerDraft = z.object({
  roomId: Id,
  /** Empty: there is none. */
  body: z.string(),
  /** When it was written, or, where it is empty, when it ended. */
  updatedAt: Timestamp.optional(),
});
export type ComposerDraft = z.infer<typeof ComposerDraft>;

export const setDraft = defineOperation({
  name: 'drafts.set',
  summary: 'Keep what stands in the composer of a room; an empty text ends it',
  description:
    'The newer text wins: one whose updatedAt is not after the one that is kept changes nothing, and the one that is kept is answered. Without updatedAt it is of this moment. Sending a message to the room ends the draft.',
  tag,
  rest: { method: 'put', path: '/api/rooms/:roomId/draft' },
  socket: 'set_draft',
  input: z.object({
    roomId: RoomKey,
    body: z
      .string()
      .refine(
        (text) => new TextEncoder().encode(text).length <= MAX_BODY_BYTES,
        `has at most ${MAX_BODY_BYTES} bytes`,
      ),
    updatedAt: Timestamp.optional(),
  }),
  output: ComposerDraft,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'drafts.set', points: 600, seconds: 60 },
});

export const getDraft = defineOperation({
  name: 'drafts.get',
  summary: 'What stands in my composer of a room',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/draft' },
  socket: 'get_draft',
  input: z.object({ roomId: RoomKey }),
  output: ComposerDraft,
  permission: 'signed_in',
  effect: 'read',
});

export const listDrafts = defineOperation({
  name: 'drafts.list',
  summary: 'My drafts in all rooms, newest first, at most 200',
  tag,
  rest: { method: 'get', path: '/api/composer-drafts' },
  socket: 'list_composer_drafts',
  input: z.object({}),
  output: z.object({ data: z.array(ComposerDraft) }),
  permission: 'signed_in',
  effect: 'read',
});

export const draftChanged = defineEvent({
  type: 'draft_changed',
  summary:
    'I wrote in the composer of a room, on another connection; a message of mine ends the draft without this',
  kind: 'signal',
  audience: 'user',
  payload: ComposerDraft,
});

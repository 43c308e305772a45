// The wire of versions: what a message said before it was edited.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp } from '../identity/contract.ts';
import { Mention } from '../messages/contract.ts';

export const MessageVersion = z.object({
  version: z.number().int(),
  body: z.string(),
  mentions: z.array(Mention),
  writtenAt: Timestamp,
});
export type MessageVersion = z.infer<typeof MessageVersion>;

export const listVersions = defineOperation({
  name: 'versions.list',
  summary: 'What a message has said, newest first (its author, or an admin of the room)',
  description:
    'The first is the present one. A version never changes; deleting the message deletes them all.',
  tag: 'Messages',
  rest: { method: 'get', path: '/api/messages/:messageId/versions' },
  socket: 'list_versions',
  input: z.object({ messageId: Id, ...Page }),
  output: z.object({ data: z.array(MessageVersion), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

// The wire of uploads: files that are sent with messages. The bytes themselves go to `PUT /api/uploads/:uploadId/content`.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Timestamp } from '../identity/contract.ts';

/** Files that one message may carry. */
export const MOST_ATTACHMENTS = 10;

export const Upload = z.object({
  id: Id,
  name: z.string(),
  /** How long the whole file is. */
  bytes: z.number().int(),
  /** How much of it has arrived: where to go on with `Upload-Offset`. */
  received: z.number().int(),
  status: z.enum(['open', 'ready']),
  /** By the content; known from the first bytes. */
  contentType: z.string().optional(),
  /** Of an image, in pixels; known from the first bytes. */
  width: z.number().int().optional(),
  height: z.number().int().optional(),
  createdAt: Timestamp,
});
export type Upload = z.infer<typeof Upload>;

const FileName = z
  .string()
  .trim()
  .min(1, 'needs at least one character')
  .max(255, 'has at most 255 characters')
  // Control characters, signs that turn the reading direction, and what would make a path of it.
  .regex(/^[^\p{Cc}\u202a-\u202e\u2066-\u2069/\\]*$/u, 'may not contain slashes or control characters');

const tag = 'Uploads';
const one = z.object({ uploadId: Id });

export const createUpload = defineOperation({
  name: 'uploads.create',
  summary: 'Announce a file; its bytes go to PUT /api/uploads/:uploadId/content',
  description:
    'Send the bytes as they are, in one request or several: header Upload-Offset says where a piece goes on (0 if left out), and after a broken connection `received` of uploads.get says where. When all has arrived the upload is ready and its id can be given in `attachments` of a message. One that is not sent within a day is deleted.',
  tag,
  rest: { method: 'post', path: '/api/uploads', status: 201 },
  socket: 'create_upload',
  input: z.strictObject({ name: FileName, bytes: z.number().int().min(1) }),
  output: Upload,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'uploads.create', points: 120, seconds: 60 },
});

export const getUpload = defineOperation({
  name: 'uploads.get',
  summary: 'One of my uploads: how much has arrived, its type, the size of an image',
  tag,
  rest: { method: 'get', path: '/api/uploads/:uploadId' },
  socket: 'get_upload',
  input: one,
  output: Upload,
  permission: 'signed_in',
  effect: 'read',
});

export const linkUpload = defineOperation({
  name: 'uploads.link',
  summary: 'An address for a file that I uploaded or that is attached to a message in a room of mine',
  description:
    'Valid for an hour and for the caller alone: whoever leaves the room, or may not see the message any more, is refused at once.',
  tag,
  rest: { method: 'get', path: '/api/uploads/:uploadId/link' },
  socket: 'link_upload',
  input: one,
  output: z.object({ url: z.string(), expiresAt: Timestamp }),
  permission: 'signed_in',
  effect: 'read',
});

export const deleteUpload = defineOperation({
  name: 'uploads.delete',
  summary: 'Give up an upload of mine, or delete it before it is sent',
  tag,
  rest: { method: 'delete', path: '/api/uploads/:uploadId' },
  socket: 'delete_upload',
  input: one,
  output: z.object({ deleted: z.literal(true) }),
  permission: 'signed_in',
  effect: 'irreversible',
});

// The wire of exports: a room, a person or everything as NDJSON, made by a job and fetched from an address.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Timestamp } from '../identity/contract.ts';
import { RoomKey } from '../rooms/contract.ts';

export const Export = z.object({
  id: Id,
  kind: z.enum(['room', 'user', 'tenant']),
  /** The room, the person, or the tenant. */
  subjectId: Id,
  status: z.enum(['waiting', 'ready', 'failed']),
  rows: z.number().int().optional(),
  bytes: z.number().int().optional(),
  error: z.string().optional(),
  createdAt: Timestamp,
  doneAt: Timestamp.optional(),
});
export type Export = z.infer<typeof Export>;

const tag = 'Exports';

export const createExport = defineOperation({
  name: 'exports.create',
  summary:
    'Export a room (its owner or admin), a person (oneself, or by an administrator) or everything (an administrator)',
  description:
    'NDJSON, one object a line with `type`: room, member, user, membership, message, upload. Fetch it from GET /api/export/:exportId/file when it is ready; it is deleted after seven days.',
  tag,
  rest: { method: 'post', path: '/api/export', status: 201 },
  socket: 'create_export',
  input: z.strictObject({
    kind: z.enum(['room', 'user', 'tenant']),
    /** For a room. */
    roomId: RoomKey.optional(),
    /** For a person; oneself if left out. */
    userId: Id.optional(),
  }),
  output: Export,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'exports.create', points: 20, seconds: 3600 },
});

export const getExport = defineOperation({
  name: 'exports.get',
  summary: 'How far an export of mine is',
  tag,
  rest: { method: 'get', path: '/api/export/:exportId' },
  socket: 'get_export',
  input: z.object({ exportId: Id }),
  output: Export,
  permission: 'signed_in',
  effect: 'read',
});

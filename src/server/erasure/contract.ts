// The wire of erasure: everything that is kept of a person, deleted, with a report of what it was.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Timestamp } from '../identity/contract.ts';

export const Erasure = z.object({
  id: Id,
  userId: Id,
  done: z.boolean(),
  /** How many of each were erased: messages, versions, files, searchEntries, memories, keysDestroyed, traces … */
  counts: z.record(z.string(), z.number().int()),
  createdAt: Timestamp,
});
export type Erasure = z.infer<typeof Erasure>;

const tag = 'Erasure';

export const erasePerson = defineOperation({
  name: 'erasure.create',
  summary: 'Remove a person and erase what is kept of them (administrator)',
  description:
    'They are signed out and leave every room at once. A job then erases their messages with all versions and files, what search knows of them, memories of agents about them with what was made from these and the keys of sealed ones, the records of runs they asked for, and their name. The audit keeps ids only.',
  tag,
  rest: { method: 'post', path: '/api/erase', status: 201 },
  socket: 'erase_person',
  input: z.strictObject({ userId: Id }),
  output: Erasure,
  permission: 'admin',
  effect: 'irreversible',
});

export const getErasure = defineOperation({
  name: 'erasure.get',
  summary: 'How far an erasure is, and what it erased (administrator)',
  tag,
  rest: { method: 'get', path: '/api/erase/:erasureId' },
  socket: 'get_erasure',
  input: z.object({ erasureId: Id }),
  output: Erasure,
  permission: 'admin',
  effect: 'read',
});

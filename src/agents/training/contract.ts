// The wire of training: documents an agent learns by heart, and forgets as a whole.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp } from '../../server/identity/contract.ts';

export const TrainingDocument = z.object({
  id: Id,
  agentId: Id,
  title: z.string(),
  source: z.string().optional(),
  /** Characters of its text, and passages it was cut into. */
  chars: z.number().int(),
  chunks: z.number().int(),
  createdBy: Id,
  createdAt: Timestamp,
});
export type TrainingDocument = z.infer<typeof TrainingDocument>;

const tag = 'Agents';

export const train = defineOperation({
  name: 'agents.train',
  summary:
    'Give an agent documents to know (its owner, or an administrator); it may tell them to whoever asks',
  description:
    'Each is cut into passages, which its answers draw on. The same document again changes nothing: `status` is then `unchanged`. A request holds 64 KiB; send large documents in parts.',
  tag,
  rest: { method: 'post', path: '/api/agents/:agentId/train' },
  socket: 'train_agent',
  input: z.strictObject({
    agentId: Id,
    documents: z
      .array(
        z.strictObject({
          title: z.string().trim().min(1).max(200),
          content: z.string().trim().min(1).max(60_000),
          /** Where it is from, for people to read. */
          source: z.string().trim().min(1).max(500).optional(),
        }),
      )
      .min(1)
      .max(20),
  }),
  output: z.object({
    data: z.array(z.object({ ...TrainingDocument.shape, status: z.enum(['added', 'unchanged']) })),
  }),
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'agents.train', points: 60, seconds: 60 },
});

export const listTraining = defineOperation({
  name: 'agents.training',
  summary: 'Documents an agent was trained with (its owner, or an administrator)',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/training' },
  socket: 'list_training',
  input: z.object({ agentId: Id, ...Page }),
  output: z.object({ data: z.array(TrainingDocument), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const deleteTraining = defineOperation({
  name: 'agents.untrain',
  summary: 'Take a document away from an agent, with every passage of it',
  tag,
  rest: { method: 'delete', path: '/api/training/:documentId' },
  socket: 'delete_training',
  input: z.object({ documentId: Id }),
  output: z.object({ deleted: z.literal(true) }),
  permission: 'signed_in',
  effect: 'irreversible',
});

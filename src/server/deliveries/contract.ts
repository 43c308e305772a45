// The wire of delivery: by what way one message came to one user, or which rule kept it back.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Timestamp } from '../identity/contract.ts';

/** recorded: something wrote it down when it happened; derived: it follows from what is known; unknown: nobody remembers. */
const Evidence = z.enum(['recorded', 'derived', 'unknown']);

export const DeliveryStep = z.object({
  /** held, released, rejected: what a rule of the room and then a moderator did; muted: of whom it is for, now. */
  step: z.enum([
    'held',
    'released',
    'rejected',
    'accepted',
    'committed',
    'logged',
    'published',
    'written',
    'connection',
    'fetched',
    'notified',
    'read',
    'changed',
    'muted',
  ]),
  evidence: Evidence,
  /** In a sentence. */
  because: z.string(),
  at: Timestamp.optional(),
  /** End of the id of the node that did it. */
  node: z.string().optional(),
  /** End of the id of the connection. */
  connection: z.string().optional(),
  protocol: z.enum(['socketio', 'phoenix']).optional(),
  /** By what way it came to a connection; none of the others reached it. */
  how: z.enum(['live', 'join', 'resume', 'had', 'history', 'log', 'none']).optional(),
  /** Why the connection ended. */
  ended: z.string().optional(),
});
export type DeliveryStep = z.infer<typeof DeliveryStep>;

export const DeliveryVerdict = z.object({
  /** waiting: it is in the log and comes with the next join or page; withheld: a rule keeps it back. */
  verdict: z.enum(['read', 'delivered', 'waiting', 'withheld', 'unknown']),
  reason: z.enum([
    'own_message',
    'read_mark',
    'had_it',
    'handed_over',
    'fetched',
    'agent',
    'suspended',
    'not_a_member',
    'left_room',
    'deleted',
    'held',
    'rejected',
    'banned',
    'joined_later',
    'slow_consumer',
    'not_yet_written',
    'not_in_page',
    'not_connected',
    'not_remembered',
  ]),
  /** In a sentence. */
  because: z.string(),
});
export type DeliveryVerdict = z.infer<typeof DeliveryVerdict>;

export const explainDelivery = defineOperation({
  name: 'messages.explainDelivery',
  summary: 'By what way a message came to a user, or which rule kept it back',
  description:
    'Of myself; of others for who moderates the room. A message that a rule holds is explained to its author and who moderates. Nodes remember deliveries for a while and in memory: `evidence` says what was recorded and what follows from it, `complete` whether every node was heard.',
  tag: 'Messages',
  rest: { method: 'get', path: '/api/messages/:messageId/delivery' },
  socket: 'explain_delivery',
  input: z.object({
    messageId: Id,
    /** Id or handle; myself unless given. */
    userId: z.string().min(1).max(100).optional(),
  }),
  output: z.object({
    messageId: Id,
    roomId: Id,
    /** Absent while it is not in the room's log. */
    seq: z.number().int().optional(),
    userId: Id,
    ...DeliveryVerdict.shape,
    steps: z.array(DeliveryStep),
    complete: z.boolean(),
  }),
  permission: 'signed_in',
  effect: 'read',
  rate: { bucket: 'explain', points: 120, seconds: 60 },
});

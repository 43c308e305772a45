// The wire of presence: who is in a room right now, in the shape that Phoenix clients fold together.
import { z } from 'zod';
import { defineEvent } from '../../core/contract.ts';
import { Id } from '../identity/contract.ts';

export const PresenceMeta = z.object({
  /** Unique for each track or update of one connection. */
  phx_ref: z.string(),
  /** The ref that this one replaced. */
  phx_ref_prev: z.string().optional(),
  role: z.enum(['human', 'agent']),
  onlineAt: z.string(),
  /** Agents only. */
  aiStatus: z.enum(['thinking', 'editing', 'idle', 'error']).optional(),
});
export type PresenceMeta = z.infer<typeof PresenceMeta>;

/** User id → one meta per connection. */
export const PresenceState = z.record(z.string(), z.object({ metas: z.array(PresenceMeta) }));
export type PresenceState = z.infer<typeof PresenceState>;

/** On Phoenix channels the payload is the map itself, as phoenix.js's Presence expects. */
export const presenceState = defineEvent({
  type: 'presence_state',
  summary: 'Everyone present, sent after each join',
  kind: 'signal',
  audience: 'room',
  payload: z.object({ roomId: Id, presence: PresenceState }),
  phoenixPayload: ({ presence }: { presence: PresenceState }) => presence,
});
export const presenceDiff = defineEvent({
  type: 'presence_diff',
  summary: 'Who came and went',
  kind: 'signal',
  audience: 'room',
  payload: z.object({ roomId: Id, joins: PresenceState, leaves: PresenceState }),
  phoenixPayload: ({ joins, leaves }: { joins: PresenceState; leaves: PresenceState }) => ({ joins, leaves }),
});

export const presenceCount = defineEvent({
  type: 'presence_count',
  summary: 'How many connections a crowded room has on this node; only some of them are shown one by one',
  kind: 'signal',
  audience: 'room',
  payload: z.object({ roomId: Id, connections: z.number().int(), shown: z.number().int() }),
});

export const presenceEvents = [presenceState, presenceDiff, presenceCount];

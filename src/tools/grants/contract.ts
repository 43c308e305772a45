// The wire of grants: which tools an agent has, within which limits, and how a call was decided.
import { z } from 'zod';
import { Id, Timestamp } from '../../server/identity/contract.ts';

const Plain = z.union([z.string().max(2000), z.number(), z.boolean(), z.null()]);

/** What one argument must be. All that is given must hold; an argument that is absent fails, unless `optional`. */
export const ArgumentRule = z.strictObject({
  oneOf: z.array(Plain).min(1).max(100).optional(),
  /** For addresses: the host is one of these, or below one that begins with "*.". */
  hosts: z.array(z.string().min(1).max(253)).min(1).max(50).optional(),
  startsWith: z.string().min(1).max(500).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  maxLength: z.number().int().min(0).optional(),
  optional: z.boolean().optional(),
});
export type ArgumentRule = z.infer<typeof ArgumentRule>;

const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is like 09:00');

export const GrantLimits = z.strictObject({
  /** By the argument's name; inside of objects with dots. */
  arguments: z.record(z.string().min(1).max(100), ArgumentRule).optional(),
  /** Only in these rooms. */
  rooms: z.array(Id).min(1).max(200).optional(),
  /** Only at the word of these people, or of whoever has this role. */
  requesters: z
    .strictObject({
      users: z.array(Id).min(1).max(200).optional(),
      role: z.enum(['anyone', 'room_admin', 'owner', 'admin']).optional(),
    })
    .optional(),
  hours: z
    .strictObject({
      from: TimeOfDay,
      /** Not included; before `from` means the next day. */
      to: TimeOfDay,
      timeZone: z.string().min(1).max(64).default('UTC'),
      /** 1 is Monday. */
      days: z.array(z.number().int().min(1).max(7)).min(1).max(7).optional(),
    })
    .optional(),
  rate: z
    .strictObject({
      calls: z.number().int().min(1).max(100_000),
      seconds: z.number().int().min(1).max(2_592_000),
    })
    .optional(),
});
export type GrantLimits = z.infer<typeof GrantLimits>;

const GrantApproval = z.enum(['by_effect', 'always', 'never']);

export const ToolGrantInput = z.strictObject({
  tool: z.string().min(1).max(64),
  ...GrantLimits.shape,
  /**
   * Whether a person must agree to each call. `by_effect`: to what acts outside of this server. `never` needs `arguments` for
   * such tools, and is not possible for what cannot be undone.
   */
  approval: GrantApproval.default('by_effect'),
  expiresAt: Timestamp.optional(),
});
export type ToolGrantInput = z.infer<typeof ToolGrantInput>;

export const ToolGrant = z.object({ ...ToolGrantInput.shape, id: Id, grantedBy: Id, createdAt: Timestamp });
export type ToolGrant = z.infer<typeof ToolGrant>;

/** One condition that was looked at. */
export const DecisionCheck = z.object({ check: z.string(), ok: z.boolean(), detail: z.string() });
export type DecisionCheck = z.infer<typeof DecisionCheck>;

export const ToolDecision = z.object({
  ruling: z.enum(['allow', 'ask', 'refuse']),
  /** Stable word: `granted`, `harmless`, `needs_approval`, `not_granted`, `rate_limited` … */
  reason: z.string(),
  explanation: z.string(),
  /** The grant that allowed it; absent where the profile alone did. */
  grantId: Id.optional(),
  checks: z.array(DecisionCheck),
});
export type ToolDecision = z.infer<typeof ToolDecision>;

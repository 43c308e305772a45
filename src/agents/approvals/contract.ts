// The wire of approvals: tool calls that wait for a person, the person's word, and words given in advance.
import { z } from 'zod';
import { defineEvent, defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp } from '../../server/identity/contract.ts';

const Arguments = z.record(z.string(), z.unknown());

export const Approval = z.object({
  id: Id,
  agentId: Id,
  roomId: Id,
  runId: Id,
  /** The call's, as in `tool_execution`. */
  executionId: Id,
  tool: z.string(),
  /** What the agent wants to call it with; left out of a signal when it is long. */
  arguments: Arguments.optional(),
  /** What it would do, in words. */
  preview: z.string(),
  effect: z.enum(['pure', 'read', 'write_internal', 'write_external', 'irreversible']),
  /** On whose behalf the agent acts. */
  requester: z.object({ id: Id, handle: z.string(), name: z.string() }),
  status: z.enum(['pending', 'approved', 'rejected', 'expired', 'cancelled']),
  /** Whether `always` may be given with an approval. */
  mayStand: z.boolean(),
  /** What the person made of the call, and what that does. */
  editedArguments: Arguments.optional(),
  editedPreview: z.string().optional(),
  decidedBy: Id.optional(),
  decidedAt: Timestamp.optional(),
  comment: z.string().optional(),
  expiresAt: Timestamp,
  createdAt: Timestamp,
});
export type Approval = z.infer<typeof Approval>;

export const StandingApproval = z.object({
  id: Id,
  agentId: Id,
  roomId: Id,
  requesterId: Id,
  tool: z.string(),
  /** Arguments that a call must have exactly so. */
  fixed: Arguments,
  usesLeft: z.number().int(),
  expiresAt: Timestamp,
  givenBy: Id,
  createdAt: Timestamp,
});
export type StandingApproval = z.infer<typeof StandingApproval>;

export const approvalRequested = defineEvent({
  type: 'approval_requested',
  summary: 'An agent that I answer for waits for my word on a tool call',
  kind: 'signal',
  audience: 'user',
  payload: z.object({ approval: Approval }),
});
export const approvalDecided = defineEvent({
  type: 'approval_decided',
  summary: 'A tool call waits no more: approved, rejected, expired or cancelled',
  kind: 'signal',
  audience: 'user',
  payload: z.object({ approval: Approval }),
});
export const approvalsEvents = [approvalRequested, approvalDecided];

const tag = 'Approvals';

export const listApprovals = defineOperation({
  name: 'approvals.list',
  summary:
    'Tool calls of agents I answer for, newest first; with scope=all those of every agent (administrators)',
  tag,
  rest: { method: 'get', path: '/api/approvals' },
  socket: 'list_approvals',
  input: z.object({
    ...Page,
    scope: z.enum(['mine', 'all']).default('mine'),
    status: Approval.shape.status.optional(),
    agentId: Id.optional(),
    roomId: Id.optional(),
    runId: Id.optional(),
  }),
  output: z.object({ data: z.array(Approval), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const getApproval = defineOperation({
  name: 'approvals.get',
  summary: 'One tool call that waits or waited for a person',
  tag,
  rest: { method: 'get', path: '/api/approvals/:approvalId' },
  socket: 'get_approval',
  input: z.object({ approvalId: Id }),
  output: Approval,
  permission: 'signed_in',
  effect: 'read',
});

export const decideApproval = defineOperation({
  name: 'approvals.decide',
  summary: 'Approve or reject a tool call (a person: the agent’s owner, or an administrator)',
  description:
    'With `arguments`, the call is carried out with these instead, and the agent is told. With `always`, like calls to come need no word: by the same asker, in the same room, so often and so long. Decided once; whoever comes later gets 409.',
  tag,
  rest: { method: 'post', path: '/api/approvals/:approvalId/decide' },
  socket: 'decide_approval',
  input: z.strictObject({
    approvalId: Id,
    decision: z.enum(['approve', 'reject']),
    arguments: Arguments.optional(),
    /** For the agent to read. */
    comment: z.string().trim().min(1).max(1000).optional(),
    always: z
      .strictObject({
        uses: z.number().int().min(1).max(100).default(10),
        hours: z.number().int().min(1).max(720).default(24),
        /** Names of arguments that must be the same; without it, all of them. */
        same: z.array(z.string().max(200)).max(50).optional(),
      })
      .optional(),
  }),
  output: Approval,
  permission: 'signed_in',
  effect: 'irreversible',
  rate: { bucket: 'approvals.decide', points: 120, seconds: 60 },
});

export const listStanding = defineOperation({
  name: 'approvals.standing',
  summary: 'Approvals given in advance for an agent that are in force (its owner, or an administrator)',
  tag,
  rest: { method: 'get', path: '/api/agents/:agentId/approvals/standing' },
  socket: 'list_standing_approvals',
  input: z.object({ agentId: Id }),
  output: z.object({ data: z.array(StandingApproval) }),
  permission: 'signed_in',
  effect: 'read',
});

export const revokeStanding = defineOperation({
  name: 'approvals.revoke',
  summary: 'Take back an approval given in advance',
  tag,
  rest: { method: 'delete', path: '/api/agents/:agentId/approvals/standing/:standingId' },
  socket: 'revoke_standing_approval',
  input: z.object({ agentId: Id, standingId: Id }),
  output: z.object({ revoked: z.literal(true) }),
  permission: 'signed_in',
  effect: 'irreversible',
});

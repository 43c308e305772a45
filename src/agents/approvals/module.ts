// What approvals offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { ApprovalsService } from './service.ts';

export const approvalsModule = (approvals: ApprovalsService): Module => ({
  name: 'agents.approvals',
  operations: [
    handle(c.listApprovals, (scope, input) => approvals.list(scope, input)),
    handle(c.getApproval, (scope, { approvalId }) => approvals.get(scope, approvalId)),
    handle(c.decideApproval, (scope, input) => approvals.decide(scope, input)),
    handle(c.listStanding, (scope, { agentId }) => approvals.standing(scope, agentId)),
    handle(c.revokeStanding, async (scope, { agentId, standingId }) => {
      await approvals.revoke(scope, agentId, standingId);
      return { revoked: true as const };
    }),
  ],
  events: c.approvalsEvents,
});

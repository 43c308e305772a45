// What invitations offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { LinksService } from './links.ts';
import type { InvitationsService } from './service.ts';

export const roomInvitationsModule = (links: LinksService, invitations: InvitationsService): Module => ({
  name: 'invitations',
  operations: [
    handle(c.createInvite, (scope, input) => links.create(scope, input)),
    handle(c.listInvites, (scope, input) => links.list(scope, input)),
    handle(c.revokeInvite, async (scope, input) => {
      await links.revoke(scope, input);
      return { revoked: true as const };
    }),
    handle(c.previewInvite, (scope, input) => links.preview(scope, input)),
    handle(c.acceptInvite, (scope, input) => links.accept(scope, input)),
    handle(c.inviteUser, (scope, input) => invitations.invite(scope, input)),
    handle(c.listInvitations, (scope, page) => invitations.list(scope, page)),
    handle(c.acceptInvitation, (scope, { invitationId }) => invitations.accept(scope, invitationId)),
    handle(c.declineInvitation, async (scope, { invitationId }) => {
      await invitations.decline(scope, invitationId);
      return { declined: true as const };
    }),
  ],
});

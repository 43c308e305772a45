// What moderation offers.
import { handle, type Module } from '../../core/module.ts';
import type { AppealsService } from './appeals.ts';
import * as c from './contract.ts';
import type { HeldService } from './held.ts';
import type { ReportsService } from './reports.ts';
import type { ModerationService } from './service.ts';

export const moderationModule = (
  moderation: ModerationService,
  reports: ReportsService,
  held: HeldService,
  appeals: AppealsService,
): Module => ({
  name: 'moderation',
  operations: [
    handle(c.muteMember, (scope, input) => moderation.mute(scope, input)),
    handle(c.unmuteMember, (scope, input) => moderation.unmute(scope, input)),
    handle(c.kickMember, (scope, input) => moderation.kick(scope, input)),
    handle(c.banMember, (scope, input) => moderation.ban(scope, input)),
    handle(c.unbanMember, (scope, input) => moderation.unban(scope, input)),
    handle(c.setSlowMode, (scope, input) => moderation.slowMode(scope, input)),
    handle(c.listModeration, (scope, { roomId, ...page }) => moderation.list(scope, roomId, page)),
    handle(c.listAllModeration, (scope, page) => moderation.listAll(scope, page)),
    handle(c.reportMessage, (scope, input) => reports.report(scope, input)),
    handle(c.listReports, (scope, input) => reports.list(scope, input)),
    handle(c.listHeld, (scope, input) => held.list(scope, input)),
    handle(c.releaseHeld, (scope, { messageId }) => held.release(scope, messageId)),
    handle(c.rejectHeld, async (scope, input) => {
      await held.reject(scope, input);
      return { rejected: true as const };
    }),
    handle(c.resolveReport, (scope, input) => reports.resolve(scope, input)),
    handle(c.listAppeals, (scope, input) => appeals.list(scope, input)),
    handle(c.resolveAppeal, (scope, input) => appeals.resolve(scope, input)),
  ],
});

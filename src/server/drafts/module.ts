// What drafts offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { DraftsService } from './service.ts';

export const draftsModule = (drafts: DraftsService): Module => ({
  name: 'drafts',
  operations: [
    handle(c.setDraft, (scope, input) => drafts.set(scope, input)),
    handle(c.getDraft, (scope, { roomId }) => drafts.get(scope, roomId)),
    handle(c.listDrafts, (scope) => drafts.list(scope)),
  ],
  events: [c.draftChanged],
});

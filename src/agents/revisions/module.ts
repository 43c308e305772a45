// What revisions offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { RevisionsService } from './service.ts';

export const revisionsModule = (revisions: RevisionsService): Module => ({
  name: 'agents.revisions',
  operations: [
    handle(c.listRevisions, (scope, input) => revisions.list(scope, input)),
    handle(c.rollbackAgent, (scope, input) => revisions.rollback(scope, input)),
  ],
});

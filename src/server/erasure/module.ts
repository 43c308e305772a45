// What erasure offers, and its job.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { ErasureService } from './service.ts';

export const erasureModule = (erasure: ErasureService): Module => ({
  name: 'erasure',
  operations: [
    handle(c.erasePerson, (scope, { userId }) => erasure.create(scope, userId)),
    handle(c.getErasure, (scope, { erasureId }) => erasure.get(scope, erasureId)),
  ],
  jobs: [erasure.job],
});

// What versions offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { VersionsService } from './service.ts';

export const versionsModule = (versions: VersionsService): Module => ({
  name: 'versions',
  operations: [handle(c.listVersions, (scope, input) => versions.list(scope, input))],
});

// What search offers.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { Indexer } from './indexer.ts';
import type { SearchService } from './service.ts';

export const searchModule = (search: SearchService, indexer: Indexer): Module => ({
  name: 'search',
  operations: [handle(c.searchMessages, (scope, input) => search.messages(scope, input))],
  start: async () => indexer.start(),
  stop: indexer.stop,
});

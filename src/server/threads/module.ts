// What threads offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { ThreadsService } from './service.ts';

export const threadsModule = (threads: ThreadsService): Module => ({
  name: 'threads',
  operations: [
    handle(c.getThread, (scope, input) => threads.get(scope, input)),
    handle(c.listThreads, (scope, input) => threads.list(scope, input)),
    handle(c.readThread, (scope, { messageId, seq }) => threads.read(scope, messageId, seq)),
    handle(c.followThread, (scope, { messageId, following }) => threads.follow(scope, messageId, following)),
  ],
  events: [c.threadChanged],
});

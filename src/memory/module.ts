// What memory offers.
import { handle, type Module } from '../core/module.ts';
import * as c from './contract.ts';
import type { MemoryService } from './service.ts';

export const memoryModule = (memory: MemoryService): Module => ({
  name: 'memory',
  operations: [
    handle(c.listMemories, (scope, input) => memory.list(scope, input)),
    handle(c.addMemory, (scope, input) => memory.add(scope, input)),
    handle(c.updateMemory, (scope, input) => memory.update(scope, input)),
    handle(c.deleteMemory, async (scope, { memoryId }) => {
      await memory.remove(scope, memoryId);
      return { deleted: true as const };
    }),
    handle(c.aboutMe, (scope, { agentId }) => memory.aboutMe(scope, agentId)),
    handle(c.forgetMe, (scope, { agentId }) => memory.forgetMe(scope, agentId)),
    handle(c.correctMemory, (scope, input) => memory.correct(scope, input)),
    handle(c.getConsent, (scope, { agentId }) => memory.getConsent(scope, agentId)),
    handle(c.setConsent, (scope, input) => memory.setConsent(scope, input)),
    handle(c.listReceipts, (scope, { agentId }) => memory.receipts(scope, agentId)),
    handle(c.reviewMemories, (scope, input) => memory.review(scope, input)),
    handle(c.rotateMemoryKeys, (scope, { agentId }) => memory.rotateKeys(scope, agentId)),
    handle(c.setRetention, (scope, input) => memory.setRetention(scope, input)),
    handle(c.explainRecall, (scope, input) => memory.explain(scope, input)),
    handle(c.listQuarantined, (scope, input) => memory.listQuarantined(scope, input)),
    handle(c.confirmMemory, (scope, { memoryId }) => memory.confirm(scope, memoryId)),
    handle(c.searchMemories, (scope, input) => memory.search(scope, input)),
  ],
  jobs: memory.jobs,
  start: memory.start,
});

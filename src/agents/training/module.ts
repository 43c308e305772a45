// What training offers.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { TrainingService } from './service.ts';

export const trainingModule = (training: TrainingService): Module => ({
  name: 'agents.training',
  operations: [
    handle(c.train, (scope, input) => training.train(scope, input)),
    handle(c.listTraining, (scope, input) => training.list(scope, input)),
    handle(c.deleteTraining, async (scope, { documentId }) => {
      await training.remove(scope, documentId);
      return { deleted: true as const };
    }),
  ],
  jobs: [training.job],
  start: training.start,
});

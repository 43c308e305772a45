// What deliveries offer.
import { handle, type Module } from '../../core/module.ts';
import { explainDelivery } from './contract.ts';
import type { DeliveriesService } from './service.ts';

export const deliveriesModule = (deliveries: DeliveriesService): Module => ({
  name: 'deliveries',
  operations: [handle(explainDelivery, (scope, input) => deliveries.explain(scope, input))],
});

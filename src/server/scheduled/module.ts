// What is offered for later.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { ScheduledService } from './service.ts';

export const scheduledModule = (scheduled: ScheduledService): Module => ({
  name: 'scheduled',
  operations: [
    handle(c.scheduleMessage, (scope, input) => scheduled.message(scope, input)),
    handle(c.setReminder, (scope, input) => scheduled.reminder(scope, input)),
    handle(c.listScheduled, (scope, input) => scheduled.list(scope, input)),
    handle(c.changeScheduled, (scope, input) => scheduled.change(scope, input)),
    handle(c.cancelScheduled, (scope, { scheduledId }) => scheduled.cancel(scope, scheduledId)),
  ],
  events: [c.scheduledChanged],
  jobs: [scheduled.job],
  start: () => scheduled.sweep(),
});

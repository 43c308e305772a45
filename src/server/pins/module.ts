// What pins offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { PinsService } from './service.ts';

export const pinsModule = (pins: PinsService): Module => ({
  name: 'pins',
  operations: [
    handle(c.pinMessage, (scope, { messageId }) => pins.add(scope, messageId)),
    handle(c.unpinMessage, (scope, { messageId }) => pins.remove(scope, messageId)),
    handle(c.listPins, (scope, { roomId }) => pins.list(scope, roomId)),
  ],
  events: c.pinsEvents,
});

// What settings of rooms offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { SettingsService } from './service.ts';

export const settingsModule = (settings: SettingsService): Module => ({
  name: 'settings',
  operations: [
    handle(c.getRoomSettings, (scope, { roomId }) => settings.get(scope, roomId)),
    handle(c.updateRoomSettings, (scope, { roomId, ...change }) => settings.update(scope, roomId, change)),
  ],
});

// What commands offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { CustomCommands } from './custom.ts';
import type { CommandsService } from './service.ts';

export const commandsModule = (commands: CommandsService, custom: CustomCommands): Module => ({
  name: 'commands',
  operations: [
    handle(c.listCommands, (scope, { roomId }) => commands.list(scope, roomId)),
    handle(c.runCommand, (scope, input) => commands.run(scope, input)),
    handle(c.createCommand, (scope, input) => custom.create(scope, input)),
    handle(c.updateCommand, (scope, input) => custom.update(scope, input)),
    handle(c.deleteCommand, async (scope, { commandId }) => {
      await custom.remove(scope, commandId);
      return { deleted: true as const };
    }),
  ],
  events: [c.commandsChanged, c.commandReply],
});

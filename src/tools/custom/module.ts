// What tools that people define offer over the wire.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { CustomToolsService } from './service.ts';

export const customToolsModule = (custom: CustomToolsService): Module => ({
  name: 'tools.custom',
  operations: [
    handle(c.listCustomTools, (scope, input) => custom.list(scope, input)),
    handle(c.createCustomTool, (scope, input) => custom.create(scope, input)),
    handle(c.getCustomTool, (scope, { toolId }) => custom.get(scope, toolId)),
    handle(c.updateCustomTool, (scope, input) => custom.update(scope, input)),
    handle(c.deleteCustomTool, async (scope, { toolId }) => {
      await custom.remove(scope, toolId);
      return { deleted: true as const };
    }),
  ],
});

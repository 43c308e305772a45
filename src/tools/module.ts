// What tools offer.
import { handle, type Module } from '../core/module.ts';
import * as c from './contract.ts';
import type { ToolsService } from './service.ts';

export const toolsModule = (tools: ToolsService): Module => ({
  name: 'tools',
  operations: [
    handle(c.listTools, (scope, { agentId }) => tools.list(scope, agentId)),
    handle(c.listAgentTools, (scope, { agentId }) => tools.ofAgent(scope, agentId)),
    handle(c.putAgentTools, (scope, { agentId, tools: grants }) => tools.put(scope, agentId, grants)),
    handle(c.invokeTool, (scope, input) => tools.invoke(scope, input)),
    handle(c.listExecutions, (scope, input) => tools.executions(scope, input)),
  ],
});

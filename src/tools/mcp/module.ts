// What outside MCP servers offer over the wire.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { McpService } from './service.ts';

export const mcpModule = (mcp: McpService): Module => ({
  name: 'tools.mcp',
  operations: [
    handle(c.createMcpServer, (scope, input) => mcp.create(scope, input)),
    handle(c.listMcpServers, (scope) => mcp.list(scope)),
    handle(c.updateMcpServer, (scope, input) => mcp.update(scope, input)),
    handle(c.deleteMcpServer, (scope, { serverId }) => mcp.delete(scope, serverId)),
    handle(c.refreshMcpServer, (scope, { serverId }) => mcp.refresh(scope, serverId)),
    handle(c.listMcpTools, (scope, { serverId }) => mcp.tools(scope, serverId)),
    handle(c.approveMcpTools, (scope, input) => mcp.approve(scope, input)),
  ],
});

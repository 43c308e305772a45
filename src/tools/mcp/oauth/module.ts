// What signing in at outside MCP servers offers over the wire: its operations, and the pages a browser is sent to.
import { handle, type Module } from '../../../core/module.ts';
import * as c from './contract.ts';
import { clientMetadata } from './flow.ts';
import { connectPage, connectScript, SCRIPT_PATH } from './pages.ts';
import type { McpOauth } from './service.ts';

/** Says who we are, to authorization servers that read it instead of registering us. */
export const CLIENT_DOCUMENT_PATH = '/api/mcp/oauth/client.json';

export const mcpOauthModule = (oauth: McpOauth): Module => ({
  name: 'tools.mcp.oauth',
  operations: [
    handle(c.authorizeMcpServer, (scope, input) => oauth.authorize(scope, input)),
    handle(c.getMcpAuthorization, (scope, { serverId }) => oauth.status(scope, serverId)),
    handle(c.disconnectMcpServer, (scope, { serverId }) => oauth.disconnect(scope, serverId)),
  ],
  rawRoutes: [
    {
      method: 'get',
      path: '/api/mcp/oauth/callback',
      summary: 'Where a browser comes back to from an authorization server',
      maxBytes: 0,
      handle: ({ query, headers }) => oauth.callback(query, headers.cookie),
    },
    {
      method: 'get',
      path: '/api/mcp/oauth/connect',
      summary: 'The page on which an owner begins to sign in at his MCP server',
      maxBytes: 0,
      handle: async () => connectPage(),
    },
    {
      method: 'get',
      path: SCRIPT_PATH,
      summary: 'The script of that page',
      maxBytes: 0,
      handle: async () => connectScript(),
    },
    {
      method: 'get',
      path: CLIENT_DOCUMENT_PATH,
      summary: 'Who this server is, for authorization servers',
      maxBytes: 0,
      handle: async () => {
        const redirectUrl = oauth.callbackUrl();
        const body = {
          client_id: new URL(CLIENT_DOCUMENT_PATH, redirectUrl).href,
          ...clientMetadata(redirectUrl),
          token_endpoint_auth_method: 'none',
        };
        return { status: 200, body };
      },
    },
  ],
});

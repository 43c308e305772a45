// The wire of outside MCP servers: connect one, look at what it offers, agree to its tools. Over REST only: a model that acts for
// a person must not agree in his name.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Timestamp } from '../../server/identity/contract.ts';

const McpServerName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,19}$/, 'has 1 to 20 lower-case letters, digits and "-"');
const Headers = z
  .record(z.string().regex(/^[A-Za-z0-9-]{1,100}$/), z.string().min(1).max(4096))
  .refine((headers) => Object.keys(headers).length <= 20, 'has at most 20 headers');
const Effect = z.enum(['read', 'write_external', 'irreversible']);

export const McpServer = z.object({
  id: Id,
  name: z.string(),
  ownerId: Id,
  url: z.string().optional(),
  /** A program of the administrator's configuration. */
  program: z.string().optional(),
  /** Names of the headers that go with every request; their values are never shown. */
  headerNames: z.array(z.string()),
  isActive: z.boolean(),
  /** Why it could not be asked the last time. */
  lastError: z.string().optional(),
  /** When it last said what it offers. */
  listedAt: Timestamp.optional(),
  createdAt: Timestamp,
});
export type McpServer = z.infer<typeof McpServer>;

export const McpTool = z.object({
  /** As the server calls it. */
  name: z.string(),
  /** As agents call it: `server__tool`. */
  toolName: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()),
  /** Of the definition; an approval holds for this one alone. */
  hash: z.string(),
  /** `changed`: it is not what was approved, and unusable until it is approved again. `gone`: no longer offered. */
  status: z.enum(['new', 'approved', 'changed', 'gone']),
  /** What the server hints at. Nobody has checked it. */
  suggestedEffect: Effect,
  /** What its owner said when agreeing. */
  effect: Effect.optional(),
  approvedAt: Timestamp.optional(),
});
export type McpTool = z.infer<typeof McpTool>;

const Tools = z.object({ data: z.array(McpTool) });
const tag = 'MCP servers';
const rest = '/api/mcp/servers';

export const createMcpServer = defineOperation({
  name: 'mcp_servers.create',
  summary: 'Connect an outside MCP server for my agents',
  description:
    'By `url` (Streamable HTTP), or by the name of a `program` that the administrator configured. Its tools are of use once they are approved and granted to an agent.',
  tag,
  rest: { method: 'post', path: rest, status: 201 },
  input: z
    .strictObject({
      name: McpServerName,
      url: z
        .url({ protocol: /^https?$/ })
        .max(2000)
        .optional(),
      program: z.string().max(20).optional(),
      /** Sent with every request to the server, such as `authorization`. */
      headers: Headers.default({}),
    })
    .refine(({ url, program }) => (url === undefined) !== (program === undefined), {
      message: 'needs either url or program',
    }),
  output: McpServer,
  permission: 'signed_in',
  effect: 'reversible',
});

export const listMcpServers = defineOperation({
  name: 'mcp_servers.list',
  summary: 'My MCP servers, and the programs I could connect; administrators see all servers',
  tag,
  rest: { method: 'get', path: rest },
  input: z.object({}),
  output: z.object({ data: z.array(McpServer), programs: z.array(z.string()) }),
  permission: 'signed_in',
  effect: 'read',
});

export const updateMcpServer = defineOperation({
  name: 'mcp_servers.update',
  summary: 'Change the headers of an MCP server, or switch it off and on',
  tag,
  rest: { method: 'patch', path: `${rest}/:serverId` },
  input: z.strictObject({ serverId: Id, headers: Headers.optional(), isActive: z.boolean().optional() }),
  output: McpServer,
  permission: 'signed_in',
  effect: 'reversible',
});

export const deleteMcpServer = defineOperation({
  name: 'mcp_servers.delete',
  summary: 'Disconnect an MCP server; its tools and headers are forgotten',
  tag,
  rest: { method: 'delete', path: `${rest}/:serverId` },
  input: z.object({ serverId: Id }),
  output: z.object({}),
  permission: 'signed_in',
  effect: 'irreversible',
});

export const refreshMcpServer = defineOperation({
  name: 'mcp_servers.refresh',
  summary: 'Ask an MCP server what it offers now',
  tag,
  rest: { method: 'post', path: `${rest}/:serverId/refresh` },
  input: z.object({ serverId: Id }),
  output: Tools,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'mcp_servers.refresh', points: 30, seconds: 60 },
});

export const listMcpTools = defineOperation({
  name: 'mcp_servers.tools',
  summary: 'Tools of an MCP server, as it offered them the last time',
  tag,
  rest: { method: 'get', path: `${rest}/:serverId/tools` },
  input: z.object({ serverId: Id }),
  output: Tools,
  permission: 'signed_in',
  effect: 'read',
});

export const approveMcpTools = defineOperation({
  name: 'mcp_servers.approve_tools',
  summary: 'Agree to tools of an MCP server as they are defined now, or take that back',
  description:
    'All or nothing. `hash` is that of the definition that was looked at: one that has changed since is refused. `effect` says what calling the tool does; without it, what the server hints at, yet never `read`.',
  tag,
  rest: { method: 'put', path: `${rest}/:serverId/tools` },
  input: z.strictObject({
    serverId: Id,
    tools: z
      .array(
        z.strictObject({
          name: z.string().max(128),
          hash: z.string().max(64),
          approved: z.boolean(),
          effect: Effect.optional(),
        }),
      )
      .min(1)
      .max(200),
  }),
  output: Tools,
  permission: 'signed_in',
  effect: 'reversible',
});

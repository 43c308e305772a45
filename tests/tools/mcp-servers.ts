// MCP servers for tests: the published reference servers as programs, and one whose every answer the test decides.
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, Server } from '@modelcontextprotocol/server';

const require = createRequire(import.meta.url);
const REFERENCE = {
  everything: require.resolve('@modelcontextprotocol/server-everything/dist/index.js'),
  filesystem: require.resolve('@modelcontextprotocol/server-filesystem/dist/index.js'),
  memory: require.resolve('@modelcontextprotocol/server-memory/dist/index.js'),
};

/** How a reference server is started. */
export const reference = (name: keyof typeof REFERENCE, ...args: string[]) => ({
  command: process.execPath,
  args: [REFERENCE[name], ...args],
});

export interface PlayedTool {
  name: string;
  description?: string;
  inputSchema?: object;
  annotations?: object;
  answer?(args: Record<string, unknown>, signal: AbortSignal): Promise<object> | object;
}

export interface PlayedServer {
  url: string;
  /** What it offers from now on. */
  tools: PlayedTool[];
  /** What was asked, in order. */
  requests: IncomingMessage[];
  /** Answers in place of MCP while it is set. */
  status: number | undefined;
  /** Looks at each request first; its answer, if any, is the server's. */
  gate: ((request: Request) => Promise<Response | undefined>) | undefined;
  stop(): Promise<void>;
}

export async function playServer(...tools: PlayedTool[]): Promise<PlayedServer> {
  const handler = createMcpHandler(() => {
    const server = new Server({ name: 'played', version: '1.0.0' }, { capabilities: { tools: {} } });
    server.setRequestHandler('tools/list', () => ({
      tools: played.tools.map(({ answer: _, inputSchema, ...tool }) => ({
        ...tool,
        inputSchema: { type: 'object', ...inputSchema },
      })) as never,
    }));
    server.setRequestHandler('tools/call', async ({ params }, context) => {
      const tool = played.tools.find(({ name }) => name === params.name);
      const { signal } = (context as { mcpReq: { signal: AbortSignal } }).mcpReq;
      return ((await tool?.answer?.(params.arguments ?? {}, signal)) ?? { content: [] }) as never;
    });
    return server;
  });
  const node = toNodeHandler(handler);
  const http: HttpServer = createServer((request, response) => {
    played.requests.push(request);
    void respond(request, response);
  });
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = new Request(new URL(request.url ?? '/', played.url), {
      method: request.method ?? 'GET',
      headers: request.headers as Record<string, string>,
    });
    const answer = await played.gate?.(asked);
    if (answer !== undefined) {
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      return void response.end(await answer.text());
    }
    if (played.status === undefined) void node(request as never, response);
    else response.writeHead(played.status, { location: 'http://10.0.0.1/' }).end('a secret of the server');
  }
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const played: PlayedServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    tools,
    requests: [],
    status: undefined,
    gate: undefined,
    async stop() {
      http.closeAllConnections();
      http.close();
      await handler.close();
    },
  };
  return played;
}

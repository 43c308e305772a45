// The operations offered to outside agents as MCP tools, over Streamable HTTP at /mcp: whoever signs in there may do what he may
// do anywhere, no more. Every request stands alone, so any node answers it. Must never serve a page that was lured here.
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, getOAuthProtectedResourceMetadataUrl, Server } from '@modelcontextprotocol/server';
import type { Request, Response } from 'express';
import { AppError, toProblem } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { MAX_FRAME_BYTES } from '../../core/json.ts';
import type { Logger } from '../../core/logger.ts';
import type { BoundOperation } from '../../core/module.ts';
import { type Operations, requireAllowed } from '../../core/operation.ts';
import type { Scope } from '../../core/scope.ts';
import { jsonSchema } from './http/openapi.ts';
import { sendProblem } from './http/problem.ts';

export interface McpOptions {
  operations: Operations;
  authenticate(token: string, via: 'mcp'): Promise<Scope>;
  /** Hosts under which this server may be asked, besides loopback. */
  hosts(): string[];
  /** The address that clients use, where the operator says so. */
  publicUrl: string | undefined;
  version: string;
  logger: Logger;
}

export const MCP_PATH = '/mcp';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
/** Of connections, not of people: they mean nothing to a caller without one. */
const NOT_OFFERED = new Set(['create_session', 'delete_session', 'renew_session', 'typing']);
/** Characters of one result that a model is made to read. */
const MAX_RESULT_CHARS = 60_000;

export function createMcp({ operations, authenticate, hosts, publicUrl, version, logger }: McpOptions) {
  const tools = operations.list.filter(
    ({ def }) => def.socket !== undefined && def.permission !== 'public' && !NOT_OFFERED.has(def.socket),
  );
  const described = new Map(tools.map((tool) => [tool, describe(tool)]));
  const byName = new Map(tools.map((tool) => [tool.def.socket as string, tool]));

  const may = (scope: Scope, { def }: BoundOperation): boolean => {
    if (def.permission === 'admin' && scope.role !== 'admin') return false;
    try {
      requireAllowed(scope, def.name);
      return true;
    } catch {
      return false;
    }
  };

  const handler = createMcpHandler(
    ({ authInfo }) => {
      const scope = authInfo?.extra?.scope as Scope;
      const server = new Server(
        { name: 'parley', version },
        {
          capabilities: { tools: {} },
          instructions:
            'A chat server where people and agents share rooms. Rooms are named by id or slug, such as "lobby". What you do here you do as the person whose token you hold.',
        },
      );
      server.setRequestHandler('tools/list', () => ({
        tools: tools.filter((tool) => may(scope, tool)).map((tool) => described.get(tool)) as never,
      }));
      server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
        // Whoever does not wait for the answer any more does not want the deed either.
        mcpReq.signal.throwIfAborted();
        const tool = byName.get(params.name);
        // What the caller may not use is not there.
        if (tool === undefined || !may(scope, tool))
          return failed(
            new AppError(
              'not_found',
              'unknown_tool',
              `There is no tool "${params.name.slice(0, 64)}" for you.`,
            ),
          );
        try {
          const answer = await operations.call(tool, scope, params.arguments ?? {}, {
            surface: 'mcp',
            address: scope.user.id,
          });
          return succeeded(answer);
        } catch (error) {
          return failed(error);
        }
      });
      return server;
    },
    {
      responseMode: 'auto',
      maxRequestBodySize: MAX_FRAME_BYTES,
      onerror: (error) => logger.debug({ err: error }, 'an MCP request was refused'),
    },
  );
  const node = toNodeHandler(handler, {
    onerror: (error) => logger.error({ err: error }, 'an MCP request failed'),
  });

  function failed(error: unknown) {
    const problem = toProblem(error, newId());
    if (problem.code === 'internal')
      logger.error({ err: error, traceId: problem.traceId }, 'a tool call failed');
    return { isError: true, content: [{ type: 'text' as const, text: JSON.stringify(problem) }] };
  }

  /** The address of this door, as this client knows it. @throws AppError forbidden */
  function resourceOf(request: Request): URL {
    const { host } = request.headers;
    requireHost(host, hosts());
    const known = publicUrl === undefined ? undefined : new URL(publicUrl);
    return new URL(MCP_PATH, known?.host === host ? known : `${request.protocol}://${host}`);
  }

  /** Express handler for every method; the origin of pages is checked before it. */
  async function serve(request: Request, response: Response): Promise<void> {
    let described: string | undefined;
    try {
      described = `resource_metadata="${getOAuthProtectedResourceMetadataUrl(resourceOf(request))}"`;
      const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
      if (token === undefined)
        throw new AppError(
          'unauthorized',
          'missing_token',
          'Send your token, or an API key, as "Authorization: Bearer …".',
        );
      const scope = await authenticate(token, 'mcp');
      const auth = { token: 'checked', clientId: scope.user.id, scopes: [], extra: { scope } };
      await node(Object.assign(request, { auth }) as never, response);
    } catch (error) {
      if (error instanceof AppError && error.code === 'unauthorized' && described !== undefined) {
        const wrong = request.headers.authorization === undefined ? '' : 'error="invalid_token", ';
        response.setHeader('WWW-Authenticate', `Bearer ${wrong}${described}`);
      }
      sendProblem(response, error, logger);
    }
  }

  /**
   * Express handler of the document that says how to sign in: with a token that one has already. No authorization server is
   * named, for there is none that gives them out.
   */
  function describeDoor(request: Request, response: Response): void {
    try {
      const resource = resourceOf(request);
      response.json({
        resource: resource.href,
        resource_name: 'Parley',
        bearer_methods_supported: ['header'],
        resource_documentation: new URL('/api/docs', resource).href,
      });
    } catch (error) {
      sendProblem(response, error, logger);
    }
  }

  return { serve, describe: describeDoor, stop: () => handler.close() };
}

/** A name that was rebound to this address is not one of ours. @throws AppError forbidden */
function requireHost(host: string | undefined, known: string[]): void {
  if (host !== undefined && URL.canParse(`http://${host}`)) {
    const { hostname, host: full } = new URL(`http://${host}`);
    if (LOOPBACK.has(hostname) || known.includes(full) || known.includes(hostname)) return;
  }
  throw new AppError(
    'forbidden',
    'host_not_allowed',
    'This host name is not known as this server; set PUBLIC_URL to the address clients use.',
  );
}

function describe({ def }: BoundOperation) {
  const input = jsonSchema(def.input, 'input');
  return {
    name: def.socket,
    title: def.summary,
    description: def.tool?.description ?? [def.summary, def.description].filter(Boolean).join('. '),
    inputSchema: { ...input, type: 'object' },
    annotations: {
      title: def.summary,
      readOnlyHint: def.effect === 'read',
      destructiveHint: def.effect === 'irreversible',
      openWorldHint: false,
    },
  };
}

function succeeded(answer: unknown) {
  const text = JSON.stringify(answer ?? {});
  if (text.length <= MAX_RESULT_CHARS) return { content: [{ type: 'text' as const, text }] };
  return {
    content: [
      {
        type: 'text' as const,
        text: `${text.slice(0, MAX_RESULT_CHARS)}\n[cut after ${MAX_RESULT_CHARS} of ${text.length} characters; ask for less at once, with limit]`,
      },
    ],
  };
}

// What people do with outside MCP servers, and the tools agents get from them. A tool is usable only while its definition is the
// one a person agreed to. Must never hand a credential to anything but the server it is for.

import { by, note } from '../../core/audit-note.ts';
import type { McpProgram } from '../../core/config.ts';
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { untimed } from '../../core/db/deadline.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { TextSealer } from '../../core/sealed-text.ts';
import type { ToolPlace, ToolSource } from '../registry.ts';
import type { Tool } from '../tool.ts';
import { toAgentTool } from './agent-tool.ts';
import { type McpConnection, type McpTarget, whyNot } from './connection.ts';
import type { McpConnections } from './connections.ts';
import type { approveMcpTools, createMcpServer, McpServer, McpTool, updateMcpServer } from './contract.ts';
import { agentToolName, definitionHash, readDefinition, suggestedEffect } from './definition.ts';
import * as repo from './repository.ts';

export type McpService = ReturnType<typeof createMcpService>;

export interface McpServiceDeps {
  database: Database;
  events: Events;
  sealer: TextSealer;
  connections: McpConnections;
  connect(target: McpTarget): Promise<McpConnection>;
  /** Whether the operator lists this host as his own: only there may a credential travel unencrypted. */
  isOwnHost(host: string): boolean;
  /** By name, from the configuration. */
  programs: Record<string, McpProgram>;
}

const MOST_SERVERS = 20;
const MOST_TOOLS = 200;
const NOT_FOUND = () => notFound('mcp_server_not_found', 'There is no such MCP server of yours.');

export function createMcpService(deps: McpServiceDeps) {
  const { database, events, sealer, connections, connect, isOwnHost, programs } = deps;
  const { db } = database;

  const subjectOf = (row: repo.McpServerRow) => ({ type: 'mcp_server', id: row.id });

  function noteServer(tx: Tx, scope: Scope, what: 'created' | 'updated' | 'deleted', row: repo.McpServerRow) {
    const details = { name: row.name, active: row.isActive };
    return note(events, tx, { ...by(scope), action: `mcp_server.${what}`, subject: subjectOf(row), details });
  }

  /** @throws AppError not_found unless it is the caller's, or he is an administrator */
  async function requireServer(scope: Scope, id: string): Promise<repo.McpServerRow> {
    const row = await repo.findServer(db, scope.tenantId, id);
    if (row === undefined || (row.ownerId !== scope.user.id && scope.role !== 'admin')) throw NOT_FOUND();
    return row;
  }

  function requirePerson(scope: Scope): void {
    if (scope.user.kind !== 'human')
      throw new AppError('forbidden', 'humans_only', 'Only a person connects servers and agrees to tools.');
  }

  function requireProgram(name: string, isAdmin: boolean): McpProgram {
    const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
    if (program === undefined || (program.for === 'administrators' && !isAdmin))
      throw new AppError('invalid', 'unknown_program', `program: there is none named "${name}" for you.`);
    return program;
  }

  const placeOf = ({ tenantId, id }: { tenantId: string; id: string }) => `mcp_server\0${tenantId}\0${id}`;

  function targetOf(row: repo.McpServerRow): McpTarget {
    if (row.program !== null) {
      const program = Object.hasOwn(programs, row.program) ? programs[row.program] : undefined;
      if (program !== undefined) return { kind: 'program', program };
      throw new AppError(
        'unavailable',
        'unknown_program',
        'The program of this server is not configured any more.',
      );
    }
    return { kind: 'http', url: row.url as string, headers: headersOf(row) };
  }

  function headersOf(row: repo.McpServerRow): Record<string, string> {
    if (row.sealedHeaders === null) return {};
    try {
      return JSON.parse(sealer.open(placeOf(row), row.sealedHeaders));
    } catch {
      throw new AppError(
        'unavailable',
        'credential_unreadable',
        'The headers of this server were sealed under another SECRET_KEY; set them anew.',
      );
    }
  }

  /** @throws AppError when a credential would travel in the clear */
  function requirePrivate(url: string, headers: Record<string, string>): void {
    const { protocol, hostname } = new URL(url);
    if (protocol !== 'https:' && Object.keys(headers).length > 0 && !isOwnHost(hostname))
      throw new AppError(
        'invalid',
        'insecure_url',
        'url: headers are sent over https only; use such an address.',
      );
  }

  const keyOf = (row: repo.McpServerRow) => `${row.id}:${row.revision}`;

  async function store(row: repo.McpServerRow, offered: unknown[]): Promise<void> {
    const names = new Set<string>();
    const definitions = offered
      .slice(0, MOST_TOOLS)
      .map(readDefinition)
      .filter((definition) => definition !== undefined)
      .filter(({ name }) => !names.has(name) && names.add(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    await database.transaction(async (tx) => {
      await repo.storeOffered(
        tx,
        row.tenantId,
        row.id,
        definitions.map((definition) => ({
          id: newId(),
          name: definition.name,
          toolName: agentToolName(row.name, definition.name),
          definition: JSON.stringify(definition),
          hash: definitionHash(definition),
        })),
      );
      await repo.noteAsked(tx, row.tenantId, row.id, { lastError: null });
    });
  }

  const open = (row: repo.McpServerRow) => async () => connect(targetOf(row));

  async function toolsOf(row: repo.McpServerRow): Promise<{ data: McpTool[] }> {
    return { data: (await repo.listTools(db, row.tenantId, row.id)).map(toMcpTool) };
  }

  /** Calls a tool for an agent, if it still is what was agreed to after the server was looked at anew. */
  const callTool: Parameters<typeof toAgentTool>[1] = async (tool, args, context) => {
    const row = await repo.findServer(db, context.tenantId, tool.serverId);
    if (row === undefined || !row.isActive) return 'gone';
    return connections.use(
      keyOf(row),
      open(row),
      (offered) => store(row, offered),
      async (connection) => {
        const [now] = await repo.listUsable(db, context, tool.toolName);
        if (now?.id !== tool.id || now.hash !== tool.hash) return 'changed';
        try {
          return await connection.call(tool.name, args, context.signal);
        } catch (error) {
          // Not the server's fault; the run is over.
          if (context.signal.aborted) return 'gone';
          throw error;
        }
      },
    );
  };
  const asTool = (row: repo.McpToolRow): Tool => toAgentTool(row, callTool);

  return {
    async create(scope: Scope, input: InputOf<typeof createMcpServer>): Promise<McpServer> {
      requirePerson(scope);
      const { name, url, program, headers } = input;
      if (program !== undefined) requireProgram(program, scope.role === 'admin');
      if (program !== undefined && Object.keys(headers).length > 0)
        throw new AppError('invalid', 'headers_not_used', 'headers: a program gets none; leave them out.');
      if (url !== undefined) requirePrivate(url, headers);
      const { tenantId } = scope;
      const id = newId();
      return database.transaction(async (tx) => {
        await repo.lockOwner(tx, scope.user.id);
        const mine = await repo.listServers(tx, tenantId, scope.user.id);
        if (mine.length >= MOST_SERVERS)
          throw new AppError(
            'conflict',
            'too_many_servers',
            `You have ${MOST_SERVERS} servers; delete one first.`,
          );
        if (mine.some((server) => server.name === name))
          throw new AppError(
            'conflict',
            'name_taken',
            `You have a server named "${name}"; choose another name.`,
          );
        const row = await repo.insertServer(tx, {
          id,
          tenantId,
          ownerId: scope.user.id,
          name,
          url: url ?? null,
          program: program ?? null,
          ...sealed({ tenantId, id }, checkedHeaders(headers)),
          lastError: null,
          listedAt: null,
          deletedAt: null,
        });
        await noteServer(tx, scope, 'created', row);
        return toMcpServer(row);
      });
    },

    async list(scope: Scope) {
      const isAdmin = scope.role === 'admin';
      const rows = await repo.listServers(db, scope.tenantId, isAdmin ? undefined : scope.user.id);
      const names = Object.entries(programs)
        .filter(([, program]) => isAdmin || program.for === 'everyone')
        .map(([name]) => name);
      return { data: rows.map(toMcpServer), programs: names };
    },

    async update(scope: Scope, input: InputOf<typeof updateMcpServer>): Promise<McpServer> {
      requirePerson(scope);
      const row = await requireServer(scope, input.serverId);
      const { headers, isActive } = input;
      if (headers !== undefined && row.program !== null)
        throw new AppError('invalid', 'headers_not_used', 'headers: a program gets none; leave them out.');
      if (row.url !== null && headers !== undefined) requirePrivate(row.url, headers);
      const changed = await database.transaction(async (tx) => {
        const now = await repo.updateServer(tx, row.tenantId, row.id, {
          ...(headers === undefined ? {} : sealed(row, checkedHeaders(headers))),
          ...(isActive === undefined ? {} : { isActive }),
        });
        if (now !== undefined) await noteServer(tx, scope, 'updated', now);
        return now;
      });
      if (changed === undefined) throw NOT_FOUND();
      await connections.drop(`${row.id}:`);
      return toMcpServer(changed);
    },

    async delete(scope: Scope, id: string): Promise<Record<string, never>> {
      requirePerson(scope);
      const row = await requireServer(scope, id);
      await database.transaction(async (tx) => {
        await repo.deleteServer(tx, row.tenantId, row.id);
        await repo.deleteTools(tx, row.tenantId, row.id);
        await noteServer(tx, scope, 'deleted', row);
      });
      await connections.drop(`${row.id}:`);
      return {};
    },

    async refresh(scope: Scope, id: string): Promise<{ data: McpTool[] }> {
      const row = await requireServer(scope, id);
      if (!row.isActive)
        throw new AppError('conflict', 'server_off', 'This server is switched off; switch it on first.');
      // The server may take longer than what a call may wait for the database.
      return untimed(async () => {
        try {
          await connections.refresh(keyOf(row), open(row), (offered) => store(row, offered));
        } catch (error) {
          const why = whyNot(error);
          await repo.noteAsked(db, row.tenantId, row.id, { lastError: why.message });
          throw why;
        }
        return toolsOf(row);
      });
    },

    tools: async (scope: Scope, id: string) => toolsOf(await requireServer(scope, id)),

    async approve(scope: Scope, input: InputOf<typeof approveMcpTools>): Promise<{ data: McpTool[] }> {
      requirePerson(scope);
      const row = await requireServer(scope, input.serverId);
      const known = new Map((await toolsOf(row)).data.map((tool) => [tool.name, tool]));
      await database.transaction(async (tx) => {
        for (const { name, hash, approved, effect } of input.tools) {
          const tool = known.get(name);
          if (tool === undefined)
            throw new AppError(
              'invalid',
              'unknown_tool',
              `tools: the server has no tool "${name}"; list them.`,
            );
          // A hint alone makes nothing harmless.
          const hinted = tool.suggestedEffect === 'read' ? 'write_external' : tool.suggestedEffect;
          const approval = approved ? { effect: effect ?? hinted, by: scope.user.id } : null;
          if (!(await repo.setApproval(tx, row.tenantId, row.id, { name, hash }, approval)))
            throw new AppError(
              'conflict',
              'definition_changed',
              `The tool "${name}" is not what you looked at any more; list the tools and look again.`,
            );
          const action = approved ? 'mcp_tool.approved' : 'mcp_tool.withdrawn';
          const details = { tool: name, hash, effect: approval?.effect };
          await note(events, tx, { ...by(scope), action, subject: subjectOf(row), details });
        }
      });
      return toolsOf(row);
    },

    /** Tools for the registry: those an agent could be granted. */
    source: {
      list: async (place: ToolPlace): Promise<readonly Tool[]> =>
        (await repo.listUsable(db, place)).map(asTool),
      find: async (place: ToolPlace, name: string): Promise<Tool | undefined> => {
        const [row] = name.includes('__') ? await repo.listUsable(db, place, name) : [];
        return row === undefined ? undefined : asTool(row);
      },
    } satisfies ToolSource,

    stop: connections.stop,
  };

  function sealed(place: { tenantId: string; id: string }, headers: Record<string, string>) {
    const names = Object.keys(headers).map((name) => name.toLowerCase());
    return {
      sealedHeaders: names.length === 0 ? null : sealer.seal(placeOf(place), JSON.stringify(headers)),
      headerNames: JSON.stringify(names.sort()),
    };
  }
}

/** Headers that the protocol or the connection sets are refused here rather than at the first call. */
function checkedHeaders(headers: Record<string, string>): Record<string, string> {
  for (const [name, value] of Object.entries(headers)) {
    if (
      /^(host|content-.*|accept|connection|transfer-encoding|te|upgrade|expect|proxy-.*|mcp-.*)$/i.test(name)
    )
      throw new AppError(
        'invalid',
        'header_not_allowed',
        `headers: ${name} is set by the protocol; leave it out.`,
      );
    if (!/^[\t\x20-\x7e]*$/.test(value))
      throw new AppError(
        'invalid',
        'header_not_allowed',
        `headers: the value of ${name} has other than plain characters.`,
      );
  }
  return headers;
}

const toMcpServer = (row: repo.McpServerRow): McpServer => ({
  id: row.id,
  name: row.name,
  ownerId: row.ownerId,
  ...(row.url === null ? {} : { url: row.url }),
  ...(row.program === null ? {} : { program: row.program }),
  headerNames: row.headerNames,
  isActive: row.isActive,
  ...(row.lastError === null ? {} : { lastError: row.lastError }),
  ...(row.listedAt === null ? {} : { listedAt: row.listedAt.toISOString() }),
  createdAt: row.createdAt.toISOString(),
});

const toMcpTool = (row: repo.McpToolRow): McpTool => ({
  name: row.name,
  toolName: row.toolName,
  ...(row.definition.title === undefined ? {} : { title: row.definition.title }),
  ...(row.definition.description === undefined ? {} : { description: row.definition.description }),
  parameters: row.definition.inputSchema,
  hash: row.hash,
  status: !row.isOffered
    ? 'gone'
    : row.approvedHash === null
      ? 'new'
      : row.approvedHash === row.hash
        ? 'approved'
        : 'changed',
  suggestedEffect: suggestedEffect(row.definition),
  ...(row.approvedEffect === null ? {} : { effect: row.approvedEffect }),
  ...(row.approvedAt === null ? {} : { approvedAt: row.approvedAt.toISOString() }),
});

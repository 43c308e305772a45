// What people do with outside MCP servers, and the tools agents get from them. A tool is usable only while its definition is the
// one a person agreed to. Must never hand a credential to anything but the server it is for.

import { by, note, stateHash } from '../../core/audit-note.ts';
import type { InputOf } from '../../core/contract.ts';
import type { Tx } from '../../core/db/database.ts';
import { untimed } from '../../core/db/deadline.ts';
import { AppError, notFound } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { TextSealer } from '../../core/sealed-text.ts';
import type { ToolPlace, ToolSource } from '../registry.ts';
import type { Tool } from '../tool.ts';
import { toAgentTool } from './agent-tool.ts';
import { whyNot } from './connection.ts';
import type { McpConnections } from './connections.ts';
import type { approveMcpTools, createMcpServer, McpServer, McpTool, updateMcpServer } from './contract.ts';
import { agentToolName, definitionHash, readDefinition, suggestedEffect } from './definition.ts';
import { createMcpOauth, type McpOauthDeps } from './oauth/service.ts';
import * as repo from './repository.ts';
import { createTargets, type TargetDeps } from './targets.ts';

export type McpService = ReturnType<typeof createMcpService>;

export interface McpServiceDeps
  extends TargetDeps,
    Pick<McpOauthDeps, 'database' | 'events' | 'clock' | 'flow' | 'publicUrl' | 'stands' | 'connect'> {
  connections: McpConnections;
  /** For what owners were given when they signed in at a server. */
  credentialSealer: TextSealer;
}

const MOST_SERVERS = 20;
const MOST_TOOLS = 200;
const NOT_FOUND = () => notFound('mcp_server_not_found', 'There is no such MCP server of yours.');

export function createMcpService(deps: McpServiceDeps) {
  const { database, events, connections, connect } = deps;
  const { db } = database;
  const targets = createTargets(deps);

  const subjectOf = (row: repo.McpServerRow) => ({ type: 'mcp_server', id: row.id });

  function noteServer(
    tx: Tx,
    scope: Scope,
    what: 'created' | 'updated' | 'deleted',
    row: repo.McpServerRow,
    before?: repo.McpServerRow,
  ) {
    const hashes = { before: before && stateHash(before), after: stateHash(row) };
    const details = { name: row.name, active: row.isActive, ...(what === 'updated' ? hashes : {}) };
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

  const oauth = createMcpOauth({
    ...deps,
    sealer: deps.credentialSealer,
    requireServer,
    targetOf: targets.targetOf,
    requirePrivate: (row) => targets.requirePrivate(row.url as string, 'tokens'),
    drop: (serverId) => connections.drop(`${serverId}:`),
  });

  const open = (row: repo.McpServerRow) => async () => connect(targets.targetOf(row, oauth.signing(row)));

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
      if (program !== undefined) targets.requireProgram(program, scope.role === 'admin');
      if (program !== undefined && Object.keys(headers).length > 0)
        throw new AppError('invalid', 'headers_not_used', 'headers: a program gets none; leave them out.');
      if (url !== undefined && Object.keys(headers).length > 0) targets.requirePrivate(url, 'headers');
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
          ...targets.sealed({ tenantId, id }, headers),
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
      return { data: rows.map(toMcpServer), programs: targets.programsFor(isAdmin) };
    },

    async update(scope: Scope, input: InputOf<typeof updateMcpServer>): Promise<McpServer> {
      requirePerson(scope);
      const row = await requireServer(scope, input.serverId);
      const { headers, isActive } = input;
      if (headers !== undefined && row.program !== null)
        throw new AppError('invalid', 'headers_not_used', 'headers: a program gets none; leave them out.');
      if (row.url !== null && headers !== undefined && Object.keys(headers).length > 0)
        targets.requirePrivate(row.url, 'headers');
      // A header of the owner's takes the place of his sign-in.
      const inItsPlace = Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
      let signedIn: Awaited<ReturnType<typeof oauth.forget>>;
      const changed = await database.transaction(async (tx) => {
        signedIn = inItsPlace ? await oauth.forget(tx, row, scope) : undefined;
        const now = await repo.updateServer(tx, row.tenantId, row.id, {
          ...(headers === undefined ? {} : targets.sealed(row, headers)),
          ...(isActive === undefined ? {} : { isActive }),
        });
        if (now !== undefined) await noteServer(tx, scope, 'updated', now, row);
        return now;
      });
      if (changed === undefined) throw NOT_FOUND();
      await connections.drop(`${row.id}:`);
      await oauth.signOut(signedIn);
      return toMcpServer(changed);
    },

    async delete(scope: Scope, id: string): Promise<Record<string, never>> {
      requirePerson(scope);
      const row = await requireServer(scope, id);
      const signedIn = await database.transaction(async (tx) => {
        const forgotten = await oauth.forget(tx, row, scope);
        await repo.deleteServer(tx, row.tenantId, row.id);
        await repo.deleteTools(tx, row.tenantId, row.id);
        await noteServer(tx, scope, 'deleted', row);
        return forgotten;
      });
      await connections.drop(`${row.id}:`);
      await oauth.signOut(signedIn);
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

    oauth,
    stop: connections.stop,
  };
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

// Tools that people define for their agents: kept, changed, removed, and given to the registry. Only its owner and administrators
// know of a tool; headers are sealed and leave only for the tool's own address.

import { by, note, stateHash } from '../../core/audit-note.ts';
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { TextSealer } from '../../core/sealed-text.ts';
import { isUuid } from '../../server/identity/service.ts';
import type { GuardedFetch } from '../http-guard.ts';
import type { ToolPlace, ToolSource } from '../registry.ts';
import type { Sandbox } from '../sandbox.ts';
import { toolParameters } from '../tool.ts';
import type * as c from './contract.ts';
import * as repo from './repository.ts';
import { problemOfUrl, toTool } from './to-tool.ts';

export type CustomToolsService = ReturnType<typeof createCustomTools>;

export interface CustomToolsDeps {
  database: Database;
  events: Events;
  sealer: TextSealer;
  fetch: GuardedFetch;
  sandbox: Pick<Sandbox, 'run'>;
  /** Names that are taken by what is built in. */
  builtIn(name: string): boolean;
  /** Whether the operator lists this host as his own: only there may a credential travel unencrypted. */
  isOwnHost(host: string): boolean;
}

const MOST_TOOLS = 100;
const NOT_FOUND = () => notFound('tool_not_found', 'There is no such tool of yours.');
const NAME_TAKEN = (name: string) =>
  new AppError('conflict', 'name_taken', `There is a tool named "${name}" already; choose another name.`);

export function createCustomTools(deps: CustomToolsDeps) {
  const { database, events, sealer } = deps;
  const { db } = database;

  const placeOf = (tenantId: string, id: string) => `custom_tool\0${tenantId}\0${id}`;

  function headersOf(row: repo.CustomToolRow): Record<string, string> {
    if (row.sealedHeaders === null) return {};
    try {
      return JSON.parse(sealer.open(placeOf(row.tenantId, row.id), row.sealedHeaders));
    } catch {
      throw new AppError(
        'unavailable',
        'credential_unreadable',
        'The headers of this tool were sealed under another SECRET_KEY; set them anew.',
      );
    }
  }

  const sealed = (tenantId: string, id: string, headers: Record<string, string>) => ({
    headerNames: JSON.stringify(Object.keys(headers)),
    sealedHeaders:
      Object.keys(headers).length === 0 ? null : sealer.seal(placeOf(tenantId, id), JSON.stringify(headers)),
  });

  async function require(scope: Scope, id: string): Promise<repo.CustomToolRow> {
    const row = await repo.find(db, scope.tenantId, id);
    if (row === undefined || (row.ownerId !== scope.user.id && scope.role !== 'admin')) throw NOT_FOUND();
    return row;
  }

  /** @throws AppError */
  function check(
    scope: Scope,
    {
      implementation,
      parameters,
      effect,
      shared,
      headers,
    }: {
      implementation: c.Implementation;
      parameters: c.ToolParameter[];
      effect: c.CustomTool['effect'];
      shared: boolean;
      headers: Record<string, string>;
    },
  ): void {
    if (scope.user.kind !== 'human')
      throw new AppError('forbidden', 'humans_only', 'Only a person defines tools.');
    if (shared && scope.role !== 'admin')
      throw new AppError('forbidden', 'admin_only', 'Only an administrator shares a tool with everyone.');
    if (implementation.kind === 'code') {
      if (effect !== 'pure')
        throw new AppError('invalid', 'invalid_input', 'effect: a program in the sandbox is "pure".');
      if (Object.keys(headers).length > 0)
        throw new AppError('invalid', 'invalid_input', 'headers: are for tools of the kind "http".');
      return;
    }
    const problem = problemOfUrl(implementation.url, parameters);
    if (problem !== undefined)
      throw new AppError('invalid', 'invalid_input', `implementation.url: ${problem}.`);
    if (effect === 'pure' || (effect === 'read' && implementation.method !== 'GET'))
      throw new AppError('invalid', 'invalid_input', 'effect: "read" is for GET, and no request is "pure".');
    const { protocol, hostname } = new URL(implementation.url.replaceAll(/\{\w+\}/g, 'x'));
    if (protocol !== 'https:' && Object.keys(headers).length > 0 && !deps.isOwnHost(hostname))
      throw new AppError(
        'invalid',
        'insecure_url',
        'implementation.url: headers are sent over https only; use such an address.',
      );
  }

  const toAgentTool = (row: repo.CustomToolRow) =>
    toTool(row, { fetch: deps.fetch, sandbox: deps.sandbox, headersOf });

  async function ownerOf(place: ToolPlace): Promise<string | null | undefined> {
    if (place.ownerId !== undefined) return place.ownerId;
    return (await repo.findOwner(db, place.tenantId, place.agentId))?.createdBy;
  }

  async function usable(place: ToolPlace, name?: string) {
    const ownerId = await ownerOf(place);
    return ownerId === undefined ? [] : repo.listUsable(db, place.tenantId, ownerId, name);
  }

  const source: ToolSource = {
    async list(place) {
      const byName = new Map<string, repo.CustomToolRow>();
      for (const row of await usable(place)) if (!byName.has(row.name)) byName.set(row.name, row);
      return [...byName.values()].map(toAgentTool);
    },
    async find(place, name) {
      const [row] = await usable(place, name);
      return row === undefined ? undefined : toAgentTool(row);
    },
  };

  return {
    source,

    async list(scope: Scope, { scope: whose, limit, cursor }: InputOf<typeof c.listCustomTools>) {
      if (whose === 'all' && scope.role !== 'admin')
        throw new AppError('forbidden', 'admin_only', 'Only an administrator sees the tools of everyone.');
      const rows = await repo.list(db, scope.tenantId, {
        ownerId: whose === 'mine' ? scope.user.id : undefined,
        afterId: cursor !== undefined && isUuid(cursor) ? cursor : undefined,
        limit: limit + 1,
      });
      const data = rows.slice(0, limit).map(shown);
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: last.id } : {}) };
    },

    get: async (scope: Scope, id: string) => shown(await require(scope, id)),

    async create(scope: Scope, input: InputOf<typeof c.createCustomTool>): Promise<c.CustomTool> {
      const { tenantId } = scope;
      const { name, headers, parameters, implementation, permissions, ...plain } = input;
      check(scope, input);
      if (deps.builtIn(name)) throw NAME_TAKEN(name);
      const id = newId();
      return database.transaction(async (tx) => {
        if ((await repo.countOf(tx, tenantId, scope.user.id)) >= MOST_TOOLS)
          throw new AppError('conflict', 'full', `You have ${MOST_TOOLS} tools already; remove some first.`);
        const row = await repo.insert(tx, {
          ...plain,
          id,
          tenantId,
          ownerId: scope.user.id,
          name,
          parameters: JSON.stringify(parameters),
          implementation: JSON.stringify(implementation),
          permissions: JSON.stringify(permissions),
          ...sealed(tenantId, id, headers),
        });
        if (row === undefined) throw NAME_TAKEN(name);
        await noteTool(tx, scope, 'created', row);
        return shown(row);
      });
    },

    async update(scope: Scope, input: InputOf<typeof c.updateCustomTool>): Promise<c.CustomTool> {
      const { tenantId } = scope;
      const { toolId, headers, parameters, implementation, permissions, ...plain } = input;
      const row = await require(scope, toolId);
      const moved =
        implementation?.kind === 'http' &&
        row.implementation.kind === 'http' &&
        originOf(implementation.url) !== originOf(row.implementation.url);
      // A credential goes nowhere that its owner did not give it for.
      const kept = headers ?? (moved || implementation?.kind === 'code' ? {} : headersOf(row));
      check(scope, {
        implementation: implementation ?? row.implementation,
        parameters: parameters ?? row.parameters,
        effect: input.effect ?? row.effect,
        // What an administrator shared stays so when its owner changes it back and forth, but is not his to widen.
        shared: input.shared ?? false,
        headers: kept,
      });
      const known = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined));
      // What everyone's agents use is only changed by those who may share it.
      if (row.shared && scope.role !== 'admin')
        throw new AppError(
          'forbidden',
          'admin_only',
          'This tool is shared; ask an administrator to change it.',
        );
      const changed = await database.transaction(async (tx) => {
        const now = await repo.update(tx, tenantId, toolId, {
          ...known,
          ...(parameters === undefined ? {} : { parameters: JSON.stringify(parameters) }),
          ...(implementation === undefined ? {} : { implementation: JSON.stringify(implementation) }),
          ...(permissions === undefined ? {} : { permissions: JSON.stringify(permissions) }),
          ...sealed(tenantId, toolId, kept),
        });
        if (now !== undefined) await noteTool(tx, scope, 'updated', now, row);
        return now;
      });
      if (changed === undefined) throw NOT_FOUND();
      return shown(changed);
    },

    async remove(scope: Scope, id: string): Promise<void> {
      const row = await require(scope, id);
      await database.transaction(async (tx) => {
        await repo.remove(tx, scope.tenantId, id);
        await noteTool(tx, scope, 'deleted', row);
      });
    },
  };

  function noteTool(
    tx: Tx,
    scope: Scope,
    what: 'created' | 'updated' | 'deleted',
    row: repo.CustomToolRow,
    before?: repo.CustomToolRow,
  ) {
    const subject = { type: 'tool', id: row.id };
    const { name, effect, shared } = row;
    const hashes = { before: before && stateHash(before), after: stateHash(row) };
    const details = { name, effect, shared, ...(what === 'updated' ? hashes : {}) };
    return note(events, tx, { ...by(scope), action: `tool.${what}`, subject, details });
  }

  function shown(row: repo.CustomToolRow): c.CustomTool {
    return {
      id: row.id,
      ownerId: row.ownerId,
      name: row.name,
      description: row.description,
      parameters: row.parameters,
      implementation: row.implementation,
      effect: row.effect,
      permissions: row.permissions,
      audience: row.audience,
      timeoutMs: row.timeoutMs,
      inputSchema: toolParameters(toAgentTool(row)),
      headerNames: row.headerNames,
      shared: row.shared,
      isActive: row.isActive,
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
    };
  }
}

const originOf = (url: string): string => new URL(url.replaceAll(/\{\w+\}/g, 'x')).origin;

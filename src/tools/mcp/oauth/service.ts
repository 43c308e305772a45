// Signing in at outside MCP servers: begin, come back, look, sign out. A consent counts for the person, session and browser that
// began it, once. Must never let anybody but the owner give an account to a server's tools.
import { createHash } from 'node:crypto';
import { computeScopeUnion, isStrictScopeSuperset } from '@modelcontextprotocol/client';
import { by, note } from '../../../core/audit-note.ts';
import type { InputOf } from '../../../core/contract.ts';
import type { Tx } from '../../../core/db/database.ts';
import { untimed, within } from '../../../core/db/deadline.ts';
import { AppError } from '../../../core/errors.ts';
import { newId, randomToken } from '../../../core/ids.ts';
import type { Scope } from '../../../core/scope.ts';
import type { Challenge, McpConnection, McpTarget, Signing } from '../connection.ts';
import { whyNot } from '../connection.ts';
import { findServer, type McpServerRow, updateServer } from '../repository.ts';
import { type authorizeMcpServer, CONSENT_MINUTES, cookieName, type McpAuthorization } from './contract.ts';
import { type CredentialDeps, createCredentials } from './credentials.ts';
import type { Grant } from './flow.ts';
import { type ConsentOutcome, outcomePage } from './pages.ts';
import * as repo from './repository.ts';

export interface McpOauthDeps extends Omit<CredentialDeps, 'connectUrl'> {
  /** The address under which browsers know this server. */
  publicUrl(): string;
  connect(target: McpTarget): Promise<McpConnection>;
  /** @throws AppError not_found unless the caller may see the server */
  requireServer(scope: Scope, serverId: string): Promise<McpServerRow>;
  /** Target of the server, signed so. @throws AppError */
  targetOf(server: McpServerRow, signing: Signing): McpTarget;
  /** @throws AppError when a token would travel in the clear */
  requirePrivate(server: McpServerRow): void;
  /** Closes the connections of a server. */
  drop(serverId: string): Promise<void>;
  /** Whether a sign-in that was checked before still holds. */
  stands(signIn: { tenantId: string; userId: string; credentialId: string }): Promise<boolean>;
}

/** For all that beginning, or coming back, asks of others. */
const IN_ALL_MS = 30_000;
const STATE = /^[\w-]{36}\.[\w-]{43}$/;
/** What is kept of a consent under way. */
type UnderWay = Grant & { verifier: string; scope?: string };

export type McpOauth = ReturnType<typeof createMcpOauth>;

export function createMcpOauth(deps: McpOauthDeps) {
  const { database, events, clock, sealer, flow } = deps;
  const { db } = database;
  const callbackUrl = () => `${origin()}/api/mcp/oauth/callback`;
  const connectUrl = (serverId: string) => `${origin()}/api/mcp/oauth/connect?server=${serverId}`;
  const origin = () => deps.publicUrl().replace(/\/$/, '');
  const credentials = createCredentials({ ...deps, connectUrl });
  const isSecure = () => origin().startsWith('https:');

  const flowPlace = ({ tenantId, id }: { tenantId: string; id: string }) => `mcp_consent\0${tenantId}\0${id}`;

  async function requireOwn(scope: Scope, serverId: string): Promise<McpServerRow> {
    const server = await deps.requireServer(scope, serverId);
    if (server.ownerId !== scope.user.id)
      throw new AppError('forbidden', 'owner_only', 'Only the owner of a server signs in at it.');
    return server;
  }

  function requireSession(scope: Scope): string {
    if (scope.user.kind !== 'human' || scope.allows !== undefined || scope.credentialId === undefined)
      throw new AppError(
        'forbidden',
        'session_only',
        'Only a person who signed in here signs in at a server; a key or an agent does not.',
      );
    return scope.credentialId;
  }

  /** What the server says when nobody is signed in; undefined when it has nothing against that. */
  async function challengeOf(server: McpServerRow): Promise<Challenge | undefined> {
    let challenge: Challenge | undefined;
    const asked = new AppError('conflict', 'needs_authorization', 'asked');
    try {
      const connection = await deps.connect(
        deps.targetOf(server, {
          token: async () => undefined,
          refused: async (said) => {
            challenge = said;
            throw asked;
          },
        }),
      );
      await connection.listTools().finally(() => connection.close());
    } catch (error) {
      if (challenge === undefined) throw whyNot(error);
    }
    return challenge;
  }

  async function begin(scope: Scope, signInId: string, input: InputOf<typeof authorizeMcpServer>) {
    const server = await requireOwn(scope, input.serverId);
    if (server.url === null)
      throw new AppError(
        'conflict',
        'not_over_http',
        'A program is not signed in at; its settings are the operator’s.',
      );
    if (!server.isActive)
      throw new AppError('conflict', 'server_off', 'This server is switched off; switch it on first.');
    if (server.headerNames.includes('authorization'))
      throw new AppError(
        'conflict',
        'header_in_the_way',
        'This server has an authorization header of yours; remove it first.',
      );
    deps.requirePrivate(server);
    const row = await repo.find(db, server.tenantId, server.id);
    const challenge = await challengeOf(server);
    const stored = row?.resourceMetadataUrl ?? undefined;
    const discovery = await flow.discover(
      server.url,
      challenge?.resourceMetadataUrl ?? (stored === undefined ? undefined : new URL(stored)),
    );
    const redirectUrl = callbackUrl();
    const before = credentials.open(row);
    const scopes =
      input.scope ??
      computeScopeUnion(row?.scope ?? undefined, row?.requiredScope ?? undefined, challenge?.scope);
    const known = before?.redirectUrl === redirectUrl ? before.client : undefined;
    const issuer = discovery.authorizationServerMetadata?.issuer;
    const client = clientFor(input, known, scopes, issuer);
    const grant: Grant = { redirectUrl, discovery, ...(client === undefined ? {} : { client }) };
    const id = newId();
    const state = `${id}.${randomToken()}`;
    const { address, verifier } = await flow.begin(server.url, grant, state, scopes);
    const asked = address.searchParams.get('scope') ?? undefined;
    const underWay: UnderWay = { ...grant, verifier, ...(asked === undefined ? {} : { scope: asked }) };
    const expiresAt = new Date(clock.now() + CONSENT_MINUTES * 60_000);
    await database.transaction((tx) =>
      repo.insertFlow(tx, {
        id,
        tenantId: server.tenantId,
        serverId: server.id,
        userId: scope.user.id,
        signInId,
        stateHash: hashOf(state),
        sealed: sealer.seal(flowPlace({ tenantId: server.tenantId, id }), JSON.stringify(underWay)),
        expiresAt,
      }),
    );
    return { authorizationUrl: address.href, expiresAt: expiresAt.toISOString() };
  }

  /** @throws AppError what the authorization server, or the one in between, did wrong */
  async function complete(
    query: Record<string, string>,
    cookies: Map<string, string>,
  ): Promise<{ outcome: ConsentOutcome; server?: string; why?: string }> {
    const { state = '', code, error, iss } = query;
    if (!STATE.test(state)) return { outcome: 'expired' };
    if (cookies.get(cookieName(state, isSecure())) !== state) return { outcome: 'other_browser' };
    const taken = await repo.takeFlow(db, hashOf(state));
    if (taken === undefined || taken.expiresAt.getTime() <= clock.now()) return { outcome: 'expired' };
    const { tenantId, userId, serverId, signInId } = taken;
    if (!(await deps.stands({ tenantId, userId, credentialId: signInId }))) return { outcome: 'signed_out' };
    const server = await findServer(db, tenantId, serverId);
    if (server === undefined || server.url === null || !server.isActive || server.ownerId !== userId)
      return { outcome: 'gone' };
    const { name } = server;
    if (code === undefined || error !== undefined) return { outcome: 'refused', server: name };
    const { verifier, scope, ...grant }: UnderWay = JSON.parse(sealer.open(flowPlace(taken), taken.sealed));
    try {
      await flow.redeem(server.url, grant, { code, verifier, iss });
    } catch (failure) {
      if (failure instanceof AppError) return { outcome: 'failed', server: name, why: failure.message };
      throw failure;
    }
    const kept = await database.transaction(async (tx) => {
      // Deleted, or changed, meanwhile.
      if ((await updateServer(tx, tenantId, serverId, {})) === undefined) return false;
      await repo.put(tx, {
        serverId,
        tenantId,
        ownerId: userId,
        status: 'connected',
        issuer: grant.tokens?.issuer ?? null,
        sealed: credentials.seal({ tenantId, serverId }, grant),
        scope: grant.tokens?.scope ?? scope ?? null,
        requiredScope: null,
        resourceMetadataUrl: grant.discovery.resourceMetadataUrl ?? null,
        expiresAt: credentials.endOf(grant),
        refreshingUntil: null,
        connectedAt: clock.date(),
      });
      await note(events, tx, {
        tenantId,
        actorId: userId,
        action: 'mcp_server.authorized',
        subject: { type: 'mcp_server', id: serverId },
        details: { name, issuer: grant.tokens?.issuer, scope: grant.tokens?.scope ?? scope },
      });
      return true;
    });
    if (!kept) {
      await flow.revoke(grant);
      return { outcome: 'gone' };
    }
    await deps.drop(serverId);
    return { outcome: 'connected', server: name };
  }

  /** Forgets what was given for a server, with `tx`; `signOut` is for after it. */
  async function forget(tx: Tx, server: McpServerRow, scope: Scope): Promise<repo.CredentialRow | undefined> {
    const row = await repo.remove(tx, server.tenantId, server.id);
    if (row === undefined) return undefined;
    await updateServer(tx, server.tenantId, server.id, {});
    const subject = { type: 'mcp_server', id: server.id };
    const details = { name: server.name };
    await note(events, tx, { ...by(scope), action: 'mcp_server.signed_out', subject, details });
    return row;
  }

  /** Takes back, at the authorization server, what was forgotten here. The answer: whether it did. */
  async function signOut(row: repo.CredentialRow | undefined): Promise<boolean> {
    if (row === undefined) return false;
    await deps.drop(row.serverId);
    const grant = credentials.open(row);
    return grant !== undefined && (await untimed(() => flow.revoke(grant)));
  }

  return {
    signing: credentials.signing,
    forget,
    signOut,

    async authorize(scope: Scope, input: InputOf<typeof authorizeMcpServer>) {
      const signInId = requireSession(scope);
      return untimed(() => within(begin(scope, signInId, input), IN_ALL_MS, tooSlow));
    },

    async status(scope: Scope, serverId: string): Promise<McpAuthorization> {
      const server = await deps.requireServer(scope, serverId);
      if (server.url === null)
        throw new AppError(
          'conflict',
          'not_over_http',
          'A program is not signed in at; its settings are the operator’s.',
        );
      const row = await repo.find(db, server.tenantId, server.id);
      return {
        serverId: server.id,
        serverName: server.name,
        url: server.url,
        status: row?.status ?? 'not_connected',
        connectUrl: connectUrl(server.id),
        ...(row?.issuer ? { issuer: row.issuer } : {}),
        ...(row?.scope ? { scope: row.scope } : {}),
        ...(row?.requiredScope ? { requiredScope: row.requiredScope } : {}),
        ...(row?.expiresAt ? { expiresAt: row.expiresAt.toISOString() } : {}),
        ...(row?.connectedAt ? { connectedAt: row.connectedAt.toISOString() } : {}),
      };
    },

    async disconnect(scope: Scope, serverId: string): Promise<{ revoked: boolean }> {
      const server = await deps.requireServer(scope, serverId);
      const row = await database.transaction((tx) => forget(tx, server, scope));
      if (row !== undefined) return { revoked: await signOut(row) };
      throw new AppError('conflict', 'not_connected', 'You are not signed in at this server.');
    },

    /** What a browser that comes back is shown. */
    async callback(query: Record<string, string>, cookieHeader: string | undefined) {
      const cookies = new Map(
        (cookieHeader ?? '').split(';').map((part): [string, string] => {
          const at = part.indexOf('=');
          return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
        }),
      );
      const { outcome, ...about } = await within(complete(query, cookies), IN_ALL_MS, tooSlow).catch(
        (error: unknown) => {
          if (error instanceof AppError) return { outcome: 'failed' as const, why: error.message };
          throw error;
        },
      );
      const { state = '' } = query;
      if (outcome === 'other_browser' || !STATE.test(state)) return outcomePage(outcome, about);
      const gone = `${cookieName(state, isSecure())}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax${isSecure() ? '; Secure' : ''}`;
      return { ...outcomePage(outcome, about), headers: { 'Set-Cookie': gone } };
    },

    callbackUrl,
  };
}

/** The one the owner names, or the one we have, if it may ask for as much; none: we are registered. */
function clientFor(
  { clientId, clientSecret }: { clientId?: string | undefined; clientSecret?: string | undefined },
  known: Grant['client'],
  scopes: string | undefined,
  issuer: string | undefined,
): Grant['client'] {
  // The secret is for the authorization server that is named now, and no later one.
  if (clientId !== undefined)
    return {
      client_id: clientId,
      ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
      ...(issuer === undefined ? {} : { issuer }),
    };
  const registered = (known as { scope?: string } | undefined)?.scope;
  return registered !== undefined && isStrictScopeSuperset(scopes, registered) ? undefined : known;
}

const hashOf = (state: string): string => createHash('sha256').update(state).digest('hex');

const tooSlow = () =>
  new AppError(
    'unavailable',
    'authorization_unreachable',
    'The authorization server did not answer in time; try later.',
  );

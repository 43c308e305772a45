// What was given for each server: kept sealed, read for its own connection alone, renewed by one node at a time, and marked when
// the server wants its owner again. Must never hand a token of one server to the connection of another.
import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/client';
import { note } from '../../../core/audit-note.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Database } from '../../../core/db/database.ts';
import { untimed } from '../../../core/db/deadline.ts';
import { AppError } from '../../../core/errors.ts';
import type { Events } from '../../../core/events.ts';
import type { TextSealer } from '../../../core/sealed-text.ts';
import type { Challenge, Signing } from '../connection.ts';
import type { McpServerRow } from '../repository.ts';
import type { createFlow, Grant } from './flow.ts';
import * as repo from './repository.ts';

export interface CredentialDeps {
  database: Database;
  events: Events;
  clock: Clock;
  sealer: TextSealer;
  flow: ReturnType<typeof createFlow>;
  connectUrl(serverId: string): string;
}

/** Renewed this long before it ends. */
const EARLY_MS = 30_000;
/** For one renewal; a node that died meanwhile holds nobody up for longer. */
const LEASE_MS = 25_000;
const WAIT_MS = 30_000;
const POLL_MS = 200;

/** Answers of an authorization server after which only the owner can help. */
const FINAL = new Set<string>([
  OAuthErrorCode.InvalidGrant,
  OAuthErrorCode.InvalidClient,
  OAuthErrorCode.UnauthorizedClient,
  OAuthErrorCode.InvalidScope,
]);

export function createCredentials(deps: CredentialDeps) {
  const { database, events, clock, sealer, flow } = deps;
  const { db } = database;
  /** By server: callers on this node share one renewal. */
  const renewing = new Map<string, Promise<void>>();

  const placeOf = ({ tenantId, serverId }: { tenantId: string; serverId: string }) =>
    `mcp_credential\0${tenantId}\0${serverId}`;

  /** Undefined for none, and for one that was sealed under another key. */
  function open(row: repo.CredentialRow | undefined): Grant | undefined {
    if (row === undefined || row.sealed === null) return undefined;
    try {
      return JSON.parse(sealer.open(placeOf(row), row.sealed));
    } catch {
      return undefined;
    }
  }

  const seal = (place: { tenantId: string; serverId: string }, grant: Grant): string =>
    sealer.seal(placeOf(place), JSON.stringify(grant));

  const endOf = (grant: Grant): Date | null =>
    grant.tokens?.expires_in === undefined ? null : new Date(clock.now() + grant.tokens.expires_in * 1000);

  const needed = (server: McpServerRow): AppError =>
    new AppError(
      'conflict',
      'needs_authorization',
      `The MCP server "${server.name}" wants its owner to sign in at it: he opens ${deps.connectUrl(server.id)} in the browser he uses this server with. Say so once; calling its tools again before that is of no use.`,
    );

  const renewed = (): AppError =>
    new AppError(
      'unavailable',
      'authorization_busy',
      'The sign-in at this server is being renewed; try again shortly.',
    );

  /**
   * @param used the token that was of no use; another one that is there by now has not been tried
   * @throws AppError always
   */
  async function demand(server: McpServerRow, challenge: Challenge, used?: string): Promise<never> {
    await untimed(() =>
      database.transaction(async (tx) => {
        const row = await repo.find(tx, server.tenantId, server.id);
        const current = row?.status === 'connected' ? open(row)?.tokens?.access_token : undefined;
        if (current !== undefined && current !== used) throw renewed();
        const asked = {
          requiredScope: challenge.scope ?? row?.requiredScope ?? null,
          resourceMetadataUrl: challenge.resourceMetadataUrl?.href ?? row?.resourceMetadataUrl ?? null,
        };
        if (row?.status === 'needs_authorization') return;
        await repo.put(tx, {
          serverId: server.id,
          tenantId: server.tenantId,
          ownerId: server.ownerId,
          issuer: row?.issuer ?? null,
          sealed: row?.sealed ?? null,
          scope: row?.scope ?? null,
          expiresAt: row?.expiresAt ?? null,
          connectedAt: row?.connectedAt ?? null,
          refreshingUntil: null,
          status: 'needs_authorization',
          ...asked,
        });
        await note(events, tx, {
          tenantId: server.tenantId,
          action: 'mcp_server.needs_authorization',
          subject: { type: 'mcp_server', id: server.id },
          details: { name: server.name },
        });
      }),
    );
    throw needed(server);
  }

  /** Resolves once another token than `used` is there. @throws AppError */
  async function renew(server: McpServerRow, used: string): Promise<void> {
    const under = renewing.get(server.id) ?? untimed(() => renewAlone(server, used));
    renewing.set(server.id, under);
    try {
      await under;
    } finally {
      if (renewing.get(server.id) === under) renewing.delete(server.id);
    }
  }

  async function renewAlone(server: McpServerRow, used: string): Promise<void> {
    const end = clock.elapsed() + WAIT_MS;
    for (;;) {
      const row = await repo.find(db, server.tenantId, server.id);
      const grant = open(row);
      if (row === undefined || row.status !== 'connected' || grant?.tokens === undefined)
        return demand(server, {});
      if (grant.tokens.access_token !== used) return;
      if (grant.tokens.refresh_token === undefined) return demand(server, {}, used);
      const now = clock.now();
      if (await repo.lease(db, row, new Date(now), new Date(now + LEASE_MS)))
        return spend(server, row, grant);
      if (clock.elapsed() > end) throw renewed();
      await clock.sleep(POLL_MS);
    }
  }

  async function spend(server: McpServerRow, row: repo.CredentialRow, grant: Grant): Promise<void> {
    let tokens: Grant['tokens'];
    try {
      tokens = await flow.renew(server.url as string, grant);
    } catch (error) {
      if (OAuthError.isInstance(error) && FINAL.has(error.code))
        return demand(server, {}, grant.tokens?.access_token);
      await repo.release(db, row);
      if (error instanceof AppError) throw error;
      throw new AppError(
        'unavailable',
        'authorization_unreachable',
        'The sign-in at this server could not be renewed, for its authorization server did not answer; try later.',
      );
    }
    const now = { ...grant, tokens };
    // Disconnected, or signed in at anew, meanwhile: then that holds.
    await repo.update(db, row, {
      sealed: seal(row, now),
      expiresAt: endOf(now),
      ...(tokens?.scope === undefined ? {} : { scope: tokens.scope }),
    });
  }

  return {
    open,
    seal,
    endOf,

    /** How a connection to this server signs its requests. */
    signing(server: McpServerRow): Signing {
      let used: string | undefined;
      return {
        async token() {
          const row = await repo.find(db, server.tenantId, server.id);
          if (row === undefined) {
            used = undefined;
            return undefined;
          }
          if (row.status !== 'connected') throw needed(server);
          const grant = open(row);
          // Sealed under another key.
          if (grant?.tokens === undefined) return demand(server, {});
          const { access_token, refresh_token } = grant.tokens;
          used = access_token;
          const ends = row.expiresAt?.getTime();
          if (ends === undefined || refresh_token === undefined || clock.now() < ends - EARLY_MS) return used;
          await renew(server, access_token);
          const now = open(await repo.find(db, server.tenantId, server.id));
          used = now?.tokens?.access_token;
          return used;
        },
        async refused(challenge) {
          if (challenge.error === 'insufficient_scope' || challenge.again || used === undefined)
            return demand(server, challenge, used);
          await renew(server, used);
        },
      };
    },
  };
}

// Grants of an agent: shown, replaced as a whole, and applied to each call by decide.ts on facts read in the caller's transaction.
// Must never widen what the profile enables.
import { stateHash } from '../../core/audit-note.ts';
import type { Database, Db, Tx } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { Tool, ToolContext } from '../tool.ts';
import type { ToolDecision, ToolGrant, ToolGrantInput } from './contract.ts';
import { decide } from './decide.ts';
import { isTimeZone } from './hours.ts';
import * as repo from './repository.ts';

export type GrantsService = ReturnType<typeof createGrants>;

export interface GrantsDeps {
  database: Database;
  /** Names of the tools of the agent's profile, or undefined when it is switched off or gone. */
  enabledOf(at: Db | Tx, tenantId: string, agentId: string): Promise<readonly string[] | undefined>;
}

export interface DecideCall {
  tool: Pick<Tool, 'name' | 'effect' | 'permissions' | 'audience' | 'everyAgent'>;
  args: unknown;
  executionId: string;
  context: Pick<ToolContext, 'tenantId' | 'agentId' | 'roomId' | 'asker'>;
}

/** Grants of one agent, in all. */
const MOST_GRANTS = 200;

export function createGrants({ database, enabledOf }: GrantsDeps) {
  return {
    list: async (scope: Scope, agentId: string): Promise<ToolGrant[]> =>
      (await repo.listGrants(database.db, scope.tenantId, agentId)).map(toGrant),

    /** Inside the transaction that also changes the profile. @throws AppError invalid */
    async replace(
      tx: Tx,
      scope: Scope,
      agentId: string,
      grants: readonly ToolGrantInput[],
      tools: ReadonlyMap<string, Tool>,
    ): Promise<void> {
      if (grants.length > MOST_GRANTS)
        throw new AppError(
          'invalid',
          'too_many_grants',
          `tools: an agent has at most ${MOST_GRANTS} grants.`,
        );
      grants.forEach((grant, index) => {
        check(grant, tools.get(grant.tool), index);
      });
      const limited = grants.filter((grant) => !isPlain(grant));
      await repo.replaceGrants(
        tx,
        scope.tenantId,
        agentId,
        limited.map(({ tool, approval, expiresAt, ...limits }) => ({
          id: newId(),
          tenantId: scope.tenantId,
          agentId,
          toolName: tool,
          limits,
          approval,
          expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
          grantedBy: scope.user.id,
        })),
      );
    },

    /** A hash of all that an agent may use and within which limits. */
    async hashOf(at: Db | Tx, tenantId: string, agentId: string, tools: readonly string[]): Promise<string> {
      const rows = await repo.listGrants(at, tenantId, agentId);
      const limits = rows.map(({ toolName, limits, approval, expiresAt }) =>
        stateHash({ toolName, limits, approval, expiresAt }),
      );
      return stateHash({ tools: tools.toSorted(), limits: limits.sort() });
    },

    /** Gives an agent the grants of another, by this person's word: a copy is never freer than what it was made from. */
    async copy(tx: Tx, tenantId: string, fromId: string, toId: string, byId: string): Promise<void> {
      const rows = await repo.listGrants(tx, tenantId, fromId);
      await repo.replaceGrants(
        tx,
        tenantId,
        toId,
        rows.map(({ createdAt: _, ...row }) => ({ ...row, id: newId(), agentId: toId, grantedBy: byId })),
      );
    },

    /** @param at in a transaction that also registers the call, the count of calls is exact */
    async decide(at: Db | Tx, call: DecideCall, locked: boolean): Promise<ToolDecision> {
      const { tool, args, executionId, context } = call;
      const { tenantId, agentId, roomId, asker } = context;
      const wanted = { tenantId, agentId, toolName: tool.name, executionId };
      const rows = await repo.listGrantsOf(at, wanted, locked);
      const standing = await repo.readStanding(at, { tenantId, agentId, askerId: asker.userId, roomId });
      const enabled = await enabledOf(at, tenantId, agentId);
      const now = standing.room?.now ?? new Date(0);
      const grants = [];
      for (const { id, limits, approval, expiresAt } of rows) {
        const { rate } = limits;
        const recentCalls = rate === undefined ? 0 : await repo.countCalls(at, wanted, rate.seconds);
        grants.push({ ...limits, id, approval, expiresAt, recentCalls });
      }
      const { agent, asker: person, room } = standing;
      return decide({
        tool: { ...tool, audience: tool.audience ?? 'room' },
        args,
        now: new Date(now),
        agent: {
          id: agentId,
          ownerId: agent?.ownerId ?? null,
          active: isActive(agent) && enabled !== undefined,
          enabled: tool.everyAgent === true || (enabled ?? []).includes(tool.name),
          inRoom: room !== undefined && agent?.roomRole != null,
        },
        grants,
        asker: {
          id: asker.userId,
          kind: person?.kind ?? 'agent',
          active: isActive(person),
          admin: person?.role === 'admin' && person.kind === 'human',
          roomRole: room === undefined ? undefined : (person?.roomRole ?? undefined),
        },
        // In a public room whoever comes later reads it too.
        room: {
          id: roomId,
          otherReaders:
            room === undefined || room.visibility === 'public'
              ? Number.POSITIVE_INFINITY
              : Number(room.others ?? 0),
        },
      });
    },
  };
}

const isActive = (user: { suspendedAt: Date | null; deletedAt: Date | null } | undefined): boolean =>
  user !== undefined && user.suspendedAt === null && user.deletedAt === null;

/** Says no more than the name of a tool: that is the profile's to keep. */
const isPlain = ({ tool: _, approval, ...limits }: ToolGrantInput): boolean =>
  approval === 'by_effect' && Object.values(limits).every((limit) => limit === undefined);

function check(grant: ToolGrantInput, tool: Tool | undefined, index: number): void {
  const at = `tools.${index}`;
  if (tool === undefined)
    throw new AppError(
      'invalid',
      'unknown_tool',
      `${at}.tool: there is no tool "${grant.tool}"; GET /api/tools lists them.`,
    );
  if (grant.hours !== undefined && !isTimeZone(grant.hours.timeZone))
    throw new AppError(
      'invalid',
      'unknown_time_zone',
      `${at}.hours.timeZone: use a name such as Europe/Berlin.`,
    );
  if (grant.approval !== 'never') return;
  if (tool.effect === 'irreversible')
    throw new AppError('invalid', 'must_ask', `${at}.approval: what cannot be undone is always asked about.`);
  if (tool.effect === 'write_external' && Object.keys(grant.arguments ?? {}).length === 0)
    throw new AppError(
      'invalid',
      'too_wide',
      `${at}.approval: without asking, ${tool.name} needs limits on its arguments.`,
    );
}

const toGrant = (row: repo.GrantRow): ToolGrant => ({
  id: row.id,
  tool: row.toolName,
  ...row.limits,
  approval: row.approval,
  ...(row.expiresAt === null ? {} : { expiresAt: row.expiresAt.toISOString() }),
  grantedBy: row.grantedBy,
  createdAt: row.createdAt.toISOString(),
});

// What a run at work asks of approvals: register a call that must wait, read the word on it, use a word given in advance, and
// check at the last moment that what would be done is what was approved. Must never decide in a person's place.
import type { Bus } from '../../core/bus.ts';
import type { Clock } from '../../core/clock.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { PersonAsked } from '../../server/notifications/service.ts';
import { canInRoom } from '../../server/rooms/service.ts';
import type { Tool, ToolContext } from '../../tools/service.ts';
import { argumentsHash, canonicalJson, hasFixed, hashOf, toolHash } from './binding.ts';
import { approvalDecided, approvalRequested } from './contract.ts';
import { capabilityFor, mayStand } from './policy.ts';
import * as repo from './repository.ts';
import { forSignal, toApproval } from './view.ts';

export interface Call {
  tenantId: string;
  agentId: string;
  runId: string;
  roomId: string;
  askerId: string;
  executionId: string;
  tool: Tool;
  args: Record<string, unknown>;
  preview: string;
}

export interface Word {
  decision: 'approved' | 'rejected' | 'expired' | 'cancelled';
  approvalId: string;
  byId?: string;
  comment?: string;
  /** The arguments that the person put in place of the agent's. */
  arguments?: Record<string, unknown>;
}

export type ApprovalGate = ReturnType<typeof createApprovalGate>;

/** Characters of a preview, and the time a tool has for it. */
const MAX_PREVIEW = 4000;
const PREVIEW_MS = 5000;

export function createApprovalGate(deps: {
  database: Database;
  clock: Clock;
  bus: Pick<Bus, 'publish'>;
  events: Events;
}) {
  const { database, clock, bus } = deps;

  /** Signals to whoever answers for an agent, once `tx` has committed. */
  function tellOwner(tx: Tx, people: readonly string[], type: string, payload: object): void {
    const json = JSON.stringify(payload);
    database.afterCommit(tx, () => {
      for (const userId of people) bus.publish(`user:${userId}`, { kind: 'signal', type, json });
    });
  }

  async function approversIn(tx: Tx, { tenantId, id, effect }: repo.SeenApproval): Promise<string[]> {
    const members = await repo.listMembersByRights(tx, tenantId, id);
    return members
      .filter(({ userId, role, ...row }) =>
        canInRoom(capabilityFor(effect), { row, userId, role, admin: false }),
      )
      .map(({ userId }) => userId);
  }

  async function tell(tx: Tx, tenantId: string, ids: readonly string[], event: 'requested' | 'decided') {
    const { type } = event === 'requested' ? approvalRequested : approvalDecided;
    for (const id of ids) {
      const row = await repo.findSeen(tx, tenantId, id);
      if (row === undefined) continue;
      const approval = forSignal(toApproval(row));
      const owners = await repo.listAnswering(tx, tenantId, row.agentId);
      const people = [...new Set([...owners, ...(await approversIn(tx, row))])];
      tellOwner(tx, people, type, { approval });
      if (event === 'requested')
        await deps.events.emit<PersonAsked>(tx, 'person.asked', [
          {
            tenantId,
            userIds: people,
            kind: 'approval',
            key: id,
            roomId: row.roomId,
            messageId: null,
            subject: { approvalId: id, agentId: row.agentId, tool: row.toolName },
          },
        ]);
    }
  }

  return {
    tell,

    /** For what else a person should look at. */
    async tellOf(tx: Tx, tenantId: string, agentId: string, type: string, payload: object): Promise<void> {
      tellOwner(tx, await repo.listAnswering(tx, tenantId, agentId), type, payload);
    },

    /** What a person is shown. A tool that cannot say it in time is described by its call. */
    async previewOf(tool: Tool, input: unknown, context: ToolContext): Promise<string> {
      const plain = `${tool.name} ${canonicalJson(input)}`;
      if (tool.preview === undefined) return plain.slice(0, MAX_PREVIEW).toWellFormed();
      const timer = new AbortController();
      try {
        const said = await Promise.race([
          Promise.resolve(tool.preview(input, context)),
          clock.sleep(PREVIEW_MS, timer.signal).then(() => plain),
        ]);
        return said.replaceAll('\u0000', '').slice(0, MAX_PREVIEW).toWellFormed();
      } catch {
        return plain.slice(0, MAX_PREVIEW).toWellFormed();
      } finally {
        timer.abort();
      }
    },

    /** Registers a call that waits, in the transaction that parks its run. */
    async request(tx: Tx, { tool, args, preview, ...call }: Call): Promise<void> {
      const id = newId();
      await repo.insertApproval(tx, {
        id,
        ...call,
        toolName: tool.name,
        toolHash: toolHash(tool),
        arguments: JSON.stringify(args),
        argumentsHash: argumentsHash(args),
        preview,
        previewHash: hashOf(preview),
        effect: tool.effect,
      });
      await tell(tx, call.tenantId, [id], 'requested');
    },

    /** The word on a call: `pending` while nobody has given one, undefined when nobody was asked. */
    async wordOn(tenantId: string, executionId: string): Promise<Word | 'pending' | undefined> {
      const row = await repo.findByExecution(database.db, tenantId, executionId);
      if (row === undefined || row.status === 'pending') return row && 'pending';
      return {
        decision: row.status,
        approvalId: row.id,
        ...(row.decidedBy === null ? {} : { byId: row.decidedBy }),
        ...(row.comment === null ? {} : { comment: row.comment }),
        ...(row.editedArguments === null ? {} : { arguments: row.editedArguments }),
      };
    },

    /** Words given in advance that cover a call; a use of one must be taken before it counts. */
    async standingFor({ tool, args, tenantId, ...call }: Call): Promise<{ id: string; word: Word }[]> {
      if (!mayStand(tool)) return [];
      const candidates = await repo.listCovering(database.db, tenantId, {
        ...call,
        toolHash: toolHash(tool),
      });
      return candidates
        .filter(({ fixed }) => hasFixed(args, fixed))
        .map(({ id, approvalId, byId }) => ({ id, word: { decision: 'approved', approvalId, byId } }));
    },

    takeUse: (tx: Tx, tenantId: string, standingId: string) => repo.takeUse(tx, tenantId, standingId),

    /**
     * Computes the hashes again: true if this very call, shown like this, is what the person approved.
     * @param standing the word was given in advance: then only the tool must be the same still
     */
    async holds(tx: Tx, call: Call, word: { approvalId: string; standing?: boolean }): Promise<boolean> {
      const row = await repo.findApproval(tx, call.tenantId, word.approvalId);
      if (row === undefined || row.status !== 'approved' || row.toolHash !== toolHash(call.tool))
        return false;
      if (word.standing === true) return true;
      return (
        row.executionId === call.executionId &&
        (row.editedHash ?? row.argumentsHash) === argumentsHash(call.args) &&
        (row.editedPreviewHash ?? row.previewHash) === hashOf(call.preview)
      );
    },

    /** For runs that ended while they waited, inside the transaction that ends them. */
    async cancelFor(tx: Tx, tenantId: string, runIds: string[]): Promise<void> {
      await tell(tx, tenantId, await repo.cancelPending(tx, tenantId, runIds), 'decided');
    },
  };
}

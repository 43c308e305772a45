// Queries on revisions of agents' settings, and the one way in which a revision comes to be. No policy.
import type { Selectable } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import { canonicalJson } from '../approvals/service.ts';
import type { AgentRevisionsTable, Settings } from './tables.ts';

export type RevisionRow = Selectable<AgentRevisionsTable>;

export const SETTINGS = [
  'name',
  'description',
  'llmProvider',
  'modelName',
  'systemPrompt',
  'personality',
  'capabilities',
  'memoryEnabled',
  'responseMode',
  'proactive',
] as const satisfies (keyof Settings)[];

/**
 * Writes down the agent's settings as they are now and points the agent at that, unless nothing is different. For the transaction
 * that changes them, after the change: the agent's row is locked by it.
 */
export async function recordRevision(
  tx: Tx,
  tenantId: string,
  agentId: string,
  byId: string | null,
): Promise<void> {
  const agent = await tx
    .selectFrom('aiAgents')
    .select([...SETTINGS, 'revision'])
    .where('tenantId', '=', tenantId)
    .where('id', '=', agentId)
    .forUpdate()
    .executeTakeFirst();
  if (agent === undefined) return;
  const { revision: present, ...settings } = agent;
  const current = await findRevision(tx, tenantId, agentId, present);
  if (current !== undefined && canonicalJson(current.settings) === canonicalJson(settings)) return;
  const { last } = await tx
    .selectFrom('agentRevisions')
    .select((eb) => eb.fn.max('revision').as('last'))
    .where('agentId', '=', agentId)
    .executeTakeFirstOrThrow();
  const revision = (last ?? 0) + 1;
  await tx
    .insertInto('agentRevisions')
    .values({ agentId, revision, tenantId, settings: JSON.stringify(settings), byId })
    .execute();
  await pointAt(tx, tenantId, agentId, revision);
}

export const pointAt = (tx: Tx, tenantId: string, agentId: string, revision: number): Promise<unknown> =>
  tx
    .updateTable('aiAgents')
    .set({ revision })
    .where('tenantId', '=', tenantId)
    .where('id', '=', agentId)
    .execute();

export const findRevision = (
  db: Db | Tx,
  tenantId: string,
  agentId: string,
  revision: number,
): Promise<RevisionRow | undefined> =>
  db
    .selectFrom('agentRevisions')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId)
    .where('revision', '=', revision)
    .executeTakeFirst();

/** Newest first. */
export const listRevisions = (
  db: Db,
  tenantId: string,
  agentId: string,
  page: { before: number | undefined; limit: number },
): Promise<RevisionRow[]> => {
  let query = db
    .selectFrom('agentRevisions')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('agentId', '=', agentId);
  if (page.before !== undefined) query = query.where('revision', '<', page.before);
  return query.orderBy('revision', 'desc').limit(page.limit).execute();
};

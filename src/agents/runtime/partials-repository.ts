// Queries on what runs that were stopped had said, and on runs that rest. No policy.
import { sql } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import { LEAVES_ITS_WORDS, type RunRow } from './repository.ts';

/** Resting runs that are shown to those who come in, of all rooms that are asked for at once. */
const MOST_RESTING = 200;

/** Gives a stopped run the message that holds what it had said; once. */
export async function attachPartial(
  tx: Tx,
  run: { tenantId: string; id: string; epoch: number },
  messageId: string,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('agentRuns')
    .set({ replyMessageId: messageId, partial: null, updatedAt: sql<Date>`now()` })
    .where('tenantId', '=', run.tenantId)
    .where('id', '=', run.id)
    .where('leaseEpoch', '=', run.epoch)
    .where('status', '=', 'cancelled')
    .where('reason', 'in', [...LEAVES_ITS_WORDS])
    .where('replyMessageId', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Keeps the text of a run that was paused in this worker's hands. */
export const keepPartial = (
  tx: Tx,
  run: { tenantId: string; id: string; epoch: number },
  partial: string | null,
): Promise<unknown> =>
  tx
    .updateTable('agentRuns')
    .set({ partial })
    .where('tenantId', '=', run.tenantId)
    .where('id', '=', run.id)
    .where('leaseEpoch', '=', run.epoch)
    .where('status', '=', 'paused')
    .execute();

export const dropPartial = (tx: Tx, tenantId: string, id: string): Promise<unknown> =>
  tx
    .updateTable('agentRuns')
    .set({ partial: null })
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where('status', '=', 'cancelled')
    .execute();

/** A run that was stopped and whose words are still to be published. */
export const findStopped = (db: Db, id: string): Promise<RunRow | undefined> =>
  db
    .selectFrom('agentRuns')
    .selectAll()
    .where('id', '=', id)
    .where('status', '=', 'cancelled')
    .where('partial', 'is not', null)
    .executeTakeFirst();

export type RestingRun = Pick<
  RunRow,
  'id' | 'roomId' | 'agentId' | 'triggerMessageId' | 'generation' | 'partial'
> & { status: 'waiting_approval' | 'paused' | 'queued' };

/** Runs of these rooms that nobody works on, oldest first: those that wait for a person, and those put back with a text. */
export async function listResting(db: Db, roomIds: string[]): Promise<RestingRun[]> {
  const { rows } = await sql<RestingRun>`
    select id, room_id, agent_id, trigger_message_id, generation, partial, status from agent_runs
    where room_id = any(${roomIds}::uuid[])
      and (status in ('waiting_approval', 'paused') or partial is not null)
      and status in ('waiting_approval', 'paused', 'queued')
    order by id limit ${MOST_RESTING}`.execute(db);
  return rows;
}

// Queries on who told an agent something, where, and whether he did: of messages, members and runs. Every one of them is held to one
// tenant. No policy.
import { sql } from 'kysely';
import type { Db } from '../core/db/database.ts';
import type { Holder } from './repository.ts';

/** The member of a room whose name a sentence begins with. */
export async function findSubject(
  db: Db,
  { tenantId }: Holder,
  roomId: string,
  content: string,
): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select u.id from memberships m join users u on u.id = m.user_id
    where m.tenant_id = ${tenantId} and m.room_id = ${roomId} and u.kind = 'human'
      and starts_with(lower(${content}), lower(u.name))
      and substr(${content}, length(u.name) + 1, 1) ~ '^[^[:alnum:]]'
    order by length(u.name) desc limit 1`.execute(db);
  return rows[0]?.id;
}

/** Whether a run has read what nobody in its room said: the world outside, through a tool. */
export async function hasReadOutside(
  db: Db,
  tenantId: string,
  runId: string,
  own: string[],
): Promise<boolean> {
  const row = await db
    .selectFrom('toolExecutions')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('runId', '=', runId)
    .where('toolName', 'not in', own)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** A message's words, if its author said it in this tenant and has not taken it back. */
export const findSaid = (
  db: Db,
  tenantId: string,
  messageId: string,
): Promise<{ body: string; authorId: string; createdAt: Date } | undefined> =>
  db
    .selectFrom('messages')
    .select(['body', 'authorId', 'createdAt'])
    .where('tenantId', '=', tenantId)
    .where('id', '=', messageId)
    .where('deletedAt', 'is', null)
    .executeTakeFirst();

/** Whether somebody is a person, and who answers for an agent. */
export async function findTeller(
  db: Db,
  tenantId: string,
  userId: string,
): Promise<{ person: boolean; ownerId: string | null }> {
  const row = await db
    .selectFrom('users as u')
    .leftJoin('aiAgents as a', 'a.id', 'u.id')
    .select(['u.kind', 'a.createdBy'])
    .where('u.tenantId', '=', tenantId)
    .where('u.id', '=', userId)
    .executeTakeFirst();
  return { person: row?.kind === 'human', ownerId: row?.createdBy ?? null };
}

// What everyone who will read an answer may know: decided from present memberships, at the moment of asking.
// Must fail closed: a room that is gone, made private or too big to look at opens nothing.
import { sql } from 'kysely';
import type { Db } from '../core/db/database.ts';
import type { MemoryAudience } from './tables.ts';

/** Where an answer will be read. */
export interface Readers {
  roomId: string;
}

export interface AudienceOf {
  audience: MemoryAudience;
  roomId: string | null;
  occurredAt: Date;
}

/** Whether all readers may know something. */
export type MayKnow = (memory: AudienceOf) => boolean;

/** Readers of a private room whose presence elsewhere is looked at; a bigger crowd knows its own room and public ones only. */
const MOST_READERS = 500;

/**
 * Every reader must be a member of the room a memory comes from, and have been so when it was said; rooms that everyone may read
 * and the room of the answer itself are open to its readers anyway.
 */
export async function mayKnow(
  db: Db,
  holder: { tenantId: string; agentId: string },
  readers: Readers,
  sourceRooms: readonly string[],
): Promise<MayKnow> {
  const { rows } = await sql<{ id: string; openFrom: Date | null; always: boolean }>`
    with here as (
      select visibility from rooms
      where id = ${readers.roomId} and tenant_id = ${holder.tenantId} and deleted_at is null
    ), readers as (
      select user_id from memberships
      where room_id = ${readers.roomId} and tenant_id = ${holder.tenantId} and user_id <> ${holder.agentId}
      limit ${MOST_READERS + 1}
    )
    select r.id,
      (r.visibility = 'public' or r.id = ${readers.roomId}) as always,
      case when here.visibility <> 'public' and (select count(*) from readers) <= ${MOST_READERS} then (
        select case when count(m.user_id) = count(*) then max(m.joined_at) end
        from readers x left join memberships m on m.room_id = r.id and m.user_id = x.user_id
      ) end as open_from
    from rooms r, here
    where r.tenant_id = ${holder.tenantId} and r.deleted_at is null and r.id = any(${[...sourceRooms]}::uuid[])`.execute(
    db,
  );
  const open = new Map(
    rows.map((row) => [
      row.id,
      row.always ? Number.NEGATIVE_INFINITY : (row.openFrom?.getTime() ?? undefined),
    ]),
  );
  return ({ audience, roomId, occurredAt }) => {
    if (audience === 'everyone') return true;
    const from = roomId === null ? undefined : open.get(roomId);
    return from !== undefined && occurredAt.getTime() >= from;
  };
}

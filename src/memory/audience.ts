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

export interface Around {
  mayKnow: MayKnow;
  /** How far the agent's memories have come, read at the same moment. */
  state: { revision: number; reloadRevision: number };
}

/** Readers of a private room whose presence elsewhere is looked at; a bigger crowd knows its own room and public ones only. */
const MOST_READERS = 500;

/**
 * Every reader must be a member of the room a memory comes from, and have been so when it was said; rooms that everyone may read
 * and the room of the answer itself are open to its readers anyway.
 */
export async function lookAround(
  db: Db,
  holder: { tenantId: string; agentId: string },
  readers: Readers,
  sourceRooms: readonly string[],
): Promise<Around> {
  const { rows } = await sql<{
    id: string | null;
    openFrom: Date | null;
    always: boolean;
    revision: number | null;
    reloadRevision: number | null;
  }>`
    with here as (
      select visibility from rooms
      where id = ${readers.roomId} and tenant_id = ${holder.tenantId} and deleted_at is null
    ), readers as (
      select user_id from memberships
      where room_id = ${readers.roomId} and tenant_id = ${holder.tenantId} and user_id <> ${holder.agentId}
      limit ${MOST_READERS + 1}
    )
    select r.id, s.revision, s.reload_revision,
      (r.visibility = 'public' or r.id = ${readers.roomId}) as always,
      case when here.visibility <> 'public' and (select count(*) from readers) <= ${MOST_READERS} then (
        select case when count(m.user_id) = count(*) then max(m.joined_at) end
        from readers x left join memberships m on m.room_id = r.id and m.user_id = x.user_id
      ) end as open_from
    from (select 1) one
    left join memory_states s on s.agent_id = ${holder.agentId} and s.tenant_id = ${holder.tenantId}
    left join (rooms r join here on true)
      on r.tenant_id = ${holder.tenantId} and r.deleted_at is null and r.id = any(${[...sourceRooms]}::uuid[])`.execute(
    db,
  );
  const open = new Map(
    rows.map((row) => [
      row.id,
      row.always ? Number.NEGATIVE_INFINITY : (row.openFrom?.getTime() ?? undefined),
    ]),
  );
  return {
    state: { revision: rows[0]?.revision ?? 0, reloadRevision: rows[0]?.reloadRevision ?? 0 },
    mayKnow({ audience, roomId, occurredAt }) {
      if (audience === 'everyone') return true;
      const from = roomId === null ? undefined : open.get(roomId);
      return from !== undefined && occurredAt.getTime() >= from;
    },
  };
}

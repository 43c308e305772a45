// Queries of the writer's transaction: three statements for a batch of plain sends, and what drafts, slow mode and rules ask beside
// them. Whole batches at a time; no policy.
import { type Insertable, sql } from 'kysely';
import { plainArray } from '../../core/db/columns.ts';
import type { Tx } from '../../core/db/database.ts';
import type { RoomRights } from '../rooms/contract.ts';
import type { HeldMessagesTable } from '../rules/service.ts';

export interface LockedRoom {
  id: string;
  tenantId: string;
  kind: 'channel' | 'group' | 'direct';
  visibility: 'public' | 'private';
  /** Somebody hears of every message. */
  loud: boolean;
  /** An agent is or was a member. */
  heard: boolean;
  rights: RoomRights | null;
  slowModeSeconds: number;
  rulesVersion: number;
  lastSeq: number;
  /** The transaction's time, by the database's clock; `at` as clients see it. */
  now: Date;
  at: string;
}

/** Locks rooms in one order, so that two writers cannot wait for each other. */
export async function lockRooms(tx: Tx, ids: string[], skipLocked: boolean): Promise<LockedRoom[]> {
  const { rows } = await sql<Omit<LockedRoom, 'now' | 'at'> & { nowMs: number }>`
    select id, tenant_id, kind, visibility, loud, heard, rights, slow_mode_seconds, rules_version, last_seq,
      (extract(epoch from now()) * 1000)::float8 as now_ms
    from rooms
    where id = any(${plainArray(ids)}::uuid[]) and deleted_at is null
    order by id for update ${sql.raw(skipLocked ? 'skip locked' : '')}`.execute(tx);
  // One time for all of them: it is the transaction's.
  const now = new Date(rows[0]?.nowMs ?? 0);
  const at = now.toISOString();
  return rows.map(({ nowMs: _, ...room }) => ({ ...room, now, at }));
}

export interface SendCheck {
  /** Place of the send in the batch, from 1. */
  place: number;
  roomRole: 'owner' | 'admin' | 'member' | null;
  /** How its author is shown now. */
  authorName: string | null;
  authorAvatarUrl: string | null;
  /** What is not as for most; null where all is. */
  odd: {
    suspended: boolean;
    /** Administrator of the server. */
    admin: boolean;
    mutedUntil: string | null;
    /** When he spoke last, in a room of slow mode. */
    spokeAt: string | null;
    /** Of a message with this id that a rule held, by this author in this room. */
    held: 'waiting' | 'released' | 'rejected' | null;
    /** Something stands in the author's composer of this room. */
    drafted: boolean;
    /** The message the thread hangs on, also where a reply of it was named. */
    threadRoot: string | null;
    /** The message that already has this id. */
    existingAuthor: string | null;
    existingRoom: string | null;
  } | null;
}

/** For each send of a batch: is its author a member now, and is its id in use? Runs after the rooms are locked. */
export async function checkSends(
  tx: Tx,
  sends: {
    roomId: string;
    authorId: string;
    id: string;
    threadId: string | null;
  }[],
): Promise<SendCheck[]> {
  const { rows } = await sql<SendCheck>`
    select p.place::int as place, m.role as room_role, u.name as author_name, u.avatar_url as author_avatar_url,
      case when u.id is null or u.sanctioned or u.role = 'admin' or u.suspended_at is not null or u.deleted_at is not null
        or m.draft is not null or p.thread_id is not null or x.id is not null or r.slow_mode_seconds > 0 or r.rules_version > 0
      then json_build_object(
        'suspended', coalesce(u.suspended_at is not null or u.deleted_at is not null, true),
        'admin', coalesce(u.role = 'admin', false),
        'drafted', m.draft is not null,
        'threadRoot', coalesce(t.thread_id, t.id),
        'existingAuthor', x.author_id, 'existingRoom', x.room_id,
        'mutedUntil', case when u.sanctioned then muted_until(p.author_id, p.room_id) end,
        'spokeAt', case when r.slow_mode_seconds > 0 then (select spoke_at from room_speakers where room_id = p.room_id and user_id = p.author_id) end,
        'held', case when r.rules_version > 0 then (select state from held_messages where id = p.id and author_id = p.author_id and room_id = p.room_id) end)
      end as odd
    from unnest(${plainArray(sends.map((s) => s.roomId))}::uuid[], ${plainArray(sends.map((s) => s.authorId))}::uuid[],
      ${plainArray(sends.map((s) => s.id))}::uuid[], ${plainArray(sends.map((s) => s.threadId))}::uuid[])
      with ordinality as p(room_id, author_id, id, thread_id, place)
    join rooms r on r.id = p.room_id
    left join memberships m on m.room_id = p.room_id and m.user_id = p.author_id
    left join users u on u.id = p.author_id
    left join messages x on x.id = p.id
    left join messages t on t.id = p.thread_id and t.room_id = p.room_id`.execute(tx);
  return rows;
}

/** Ends the drafts of these people in these rooms; an older one that comes late is then too late. */
export const endDrafts = (tx: Tx, drafts: { roomId: string; authorId: string }[], now: Date) =>
  sql`
  update memberships m set draft = null, draft_at = ${now}::timestamptz
  from unnest(${drafts.map((d) => d.roomId)}::uuid[], ${drafts.map((d) => d.authorId)}::uuid[]) as d(room_id, user_id)
  where m.room_id = d.room_id and m.user_id = d.user_id`.execute(tx);

/** Keeps a message for a moderator; nothing when it is kept already. */
export const holdMessage = (tx: Tx, row: Insertable<HeldMessagesTable>) =>
  tx
    .insertInto('heldMessages')
    .values(row)
    .onConflict((oc) => oc.doNothing())
    .execute();

/** Who spoke just now in rooms of slow mode. */
export const noteSpeakers = (
  tx: Tx,
  speakers: { roomId: string; authorId: string; tenantId: string }[],
  now: Date,
) =>
  sql`
  insert into room_speakers (room_id, user_id, tenant_id, spoke_at)
  select room_id, user_id, tenant_id, ${now}::timestamptz from unnest(${speakers.map((s) => s.roomId)}::uuid[],
    ${speakers.map((s) => s.authorId)}::uuid[], ${speakers.map((s) => s.tenantId)}::uuid[]) as s(room_id, user_id, tenant_id)
  on conflict (room_id, user_id) do update set spoke_at = excluded.spoke_at`.execute(tx);

export interface NewMessageRow {
  id: string;
  tenantId: string;
  roomId: string;
  seq: number;
  authorId: string;
  kind: 'text' | 'agent' | 'system';
  type: 'new_message' | 'agent_message';
  body: string;
  threadId: string | null;
  rootId: string | null;
  hop: number;
  /** What most messages have nothing of; undefined where there is nothing of any. */
  more:
    | Partial<{ mentions: object[]; attachments: object[]; cards: object[]; metadata: object; run: object }>
    | undefined;
}

/** Messages, their log entries and the rooms' new last seq, in one statement. */
export async function insertMessages(
  tx: Tx,
  rows: NewMessageRow[],
  now: Date,
  lastSeqs: Map<string, number>,
): Promise<void> {
  // Only where someone replies: what a message shows of its replies, in the same statement.
  const answered = rows.every((row) => row.threadId === null)
    ? sql``
    : sql`, answered as (
      update messages set reply_count = reply_count + r.n, last_reply_seq = r.seq, last_reply_at = ${now}::timestamptz
      from (select thread_id, count(*) as n, max(seq) as seq from sent where thread_id is not null group by thread_id) r
      where messages.id = r.thread_id)`;
  const column = (
    key: 'id' | 'tenantId' | 'roomId' | 'seq' | 'authorId' | 'kind' | 'type' | 'threadId' | 'rootId' | 'hop',
  ) => plainArray(rows.map((row) => row[key]));
  // Shorter than the other columns it is filled up with nulls.
  const more = rows.some((row) => row.more !== undefined) ? rows.map((row) => row.more ?? null) : [];
  await sql`
    with sent as (
      select * from rows from (
        unnest(${column('id')}::uuid[], ${column('tenantId')}::uuid[], ${column('roomId')}::uuid[], ${column('seq')}::bigint[],
          ${column('authorId')}::uuid[], ${column('kind')}::text[], ${column('type')}::text[], ${column('threadId')}::uuid[],
          ${column('rootId')}::uuid[], ${column('hop')}::int[]),
        json_array_elements_text(${JSON.stringify(rows.map((row) => row.body))}::json),
        json_array_elements(${JSON.stringify(more)}::json))
        as s(id, tenant_id, room_id, seq, author_id, kind, type, thread_id, root_id, hop, body, more)
    ), inserted as (
      insert into messages (id, tenant_id, room_id, seq, author_id, kind, body, thread_id, mentions, attachments, cards, metadata, run, root_id, hop, created_at)
      select id, tenant_id, room_id, seq, author_id, kind, body, thread_id, coalesce((more->'mentions')::jsonb, '[]'), coalesce((more->'attachments')::jsonb, '[]'),
        coalesce((more->'cards')::jsonb, '[]'), coalesce((more->'metadata')::jsonb, '{}'), (more->'run')::jsonb, root_id, hop, ${now}::timestamptz from sent
    ), logged as (
      insert into room_events (room_id, seq, tenant_id, type, message_id, created_at)
      select room_id, seq, tenant_id, type, id, ${now}::timestamptz from sent
    )${answered}
    update rooms set last_seq = l.last_seq
    from unnest(${plainArray([...lastSeqs.keys()])}::uuid[], ${plainArray([...lastSeqs.values()])}::bigint[]) as l(id, last_seq)
    where rooms.id = l.id`.execute(tx);
}

// Erases a person: access ends in the call, the rest is done by a job in steps that may be repeated, and the report counts what was
// found. What other layers keep of the person they erase themselves.
import { sql } from 'kysely';
import { by, note } from '../../core/audit-note.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { JobDef, Jobs } from '../../core/jobs.ts';
import type { Scope } from '../../core/scope.ts';
import type { IdentityService } from '../identity/service.ts';
import type { MessagesService } from '../messages/service.ts';
import type { RoomsService } from '../rooms/service.ts';
import type { UploadsService } from '../uploads/service.ts';
import type { Erasure } from './contract.ts';

export type ErasureService = ReturnType<typeof createErasure>;
export type Counts = Record<string, number>;

const JOB = 'erasure.run';
/** Messages of one transaction. */
const STEP = 50;

export function createErasure(deps: {
  database: Database;
  events: Events;
  jobs: Jobs;
  identity: IdentityService;
  messages: MessagesService;
  rooms: RoomsService;
  uploads: UploadsService;
  /** What agents keep: memories, summaries, traces. */
  eraseFromAgents(tenantId: string, userId: string): Promise<Counts>;
}) {
  const { database, events, jobs, identity, messages, rooms, uploads, eraseFromAgents } = deps;
  const { db } = database;

  const find = (tenantId: string, id: string) =>
    db
      .selectFrom('erasures')
      .selectAll()
      .where('tenantId', '=', tenantId)
      .where('id', '=', id)
      .executeTakeFirst();

  const shown = (row: NonNullable<Awaited<ReturnType<typeof find>>>): Erasure => ({
    id: row.id,
    userId: row.userId,
    ...row.report,
    createdAt: row.createdAt.toISOString(),
  });

  async function eraseMessages(tenantId: string, userId: string): Promise<Counts> {
    const counts = { messages: 0, versions: 0 };
    const { rows: writtenIn } = await sql<{ roomId: string }>`
      select distinct room_id from messages
      where tenant_id = ${tenantId} and author_id = ${userId} and deleted_at is null`.execute(db);
    for (const { roomId } of writtenIn) {
      for (;;) {
        const gone = await messages.wipe(tenantId, roomId, { authorId: userId }, STEP);
        counts.messages += gone.messages;
        counts.versions += gone.versions;
        if (gone.messages < STEP) break;
      }
    }
    return counts;
  }

  async function eraseSearch(tenantId: string, userId: string): Promise<Counts> {
    const { rows } = await sql`
      delete from message_words where tenant_id = ${tenantId} and author_id = ${userId} returning 1`.execute(
      db,
    );
    return { searchEntries: rows.length };
  }

  /** Changes a person's traces on messages, some at a time, and lets their rooms hear of it (P8). */
  async function inSteps(
    tenantId: string,
    find: () => Promise<{ roomId: string; messageId: string }[]>,
    change: (tx: Tx, ids: string[]) => Promise<number>,
  ): Promise<number> {
    let changed = 0;
    for (;;) {
      const [first, ...others] = await find();
      if (first === undefined) return changed;
      const { roomId } = first;
      const same = others.filter((other) => other.roomId === roomId);
      const ids = [first, ...same].map(({ messageId }) => messageId);
      let step = 0;
      await messages.retell(tenantId, roomId, ids, async (tx) => {
        step = await change(tx, ids);
      });
      if (step === 0) throw new Error('A step of an erasure found traces and could not take them away.');
      changed += step;
    }
  }

  const eraseReactions = (tenantId: string, userId: string): Promise<number> =>
    inSteps(
      tenantId,
      async () =>
        (
          await sql<{ roomId: string; messageId: string }>`
            select distinct m.room_id, m.id as message_id
            from message_reactions r join messages m on m.id = r.message_id
            where r.tenant_id = ${tenantId} and r.user_id = ${userId}
            order by m.room_id, m.id limit ${STEP}`.execute(db)
        ).rows,
      async (tx, ids) => {
        const { rows } = await sql`
          delete from message_reactions
          where tenant_id = ${tenantId} and user_id = ${userId} and message_id = any(${ids}::uuid[]) returning 1`.execute(
          tx,
        );
        await sql`
          update messages m set reactions = coalesce((
            select jsonb_agg(jsonb_build_object('emoji', r.emoji, 'count', r.n) order by r.first)
            from (select emoji, count(*)::int as n, min(created_at) as first from message_reactions
              where message_id = m.id group by emoji) r), '[]')
          where m.tenant_id = ${tenantId} and m.id = any(${ids}::uuid[])`.execute(tx);
        return rows.length;
      },
    );

  /** What they chose stays taken; what they wrote there goes. */
  const eraseCardValues = (tenantId: string, userId: string): Promise<number> =>
    inSteps(
      tenantId,
      async () =>
        (
          await sql<{ roomId: string; messageId: string }>`
            select distinct room_id, message_id from card_actions
            where tenant_id = ${tenantId} and user_id = ${userId} and value is not null
            order by room_id, message_id limit ${STEP}`.execute(db)
        ).rows,
      async (tx, ids) => {
        const { rows } = await sql`
          update card_actions set value = null
          where tenant_id = ${tenantId} and user_id = ${userId} and value is not null and message_id = any(${ids}::uuid[])
          returning 1`.execute(tx);
        await sql`
          update messages m set cards = (
            select jsonb_agg(case when card ? 'state' then jsonb_set(card, '{state}', (
              select jsonb_agg(case when s->>'by' = ${userId}::text then s - 'value' else s end order by n)
              from jsonb_array_elements(card->'state') with ordinality as states(s, n))) else card end order by place)
            from jsonb_array_elements(m.cards) with ordinality as cards(card, place))
          where m.tenant_id = ${tenantId} and m.id = any(${ids}::uuid[])
            and jsonb_array_length(m.cards) > 0`.execute(tx);
        return rows.length;
      },
    );

  /** Direct rooms are called by their members' names. */
  async function renameRooms(tenantId: string, userId: string, erasedBy: string): Promise<number> {
    const { rows } = await sql<{ id: string; name: string }>`
      select rooms.id, case when position(u.name in rooms.name) > 0
        then replace(rooms.name, u.name, 'Deleted user') else 'Deleted user' end as name
      from users u join rooms on rooms.tenant_id = u.tenant_id
      where u.id = ${userId} and u.tenant_id = ${tenantId} and rooms.kind = 'direct'
        and position(${userId}::text in rooms.direct_key) > 0
        and (position(u.name in rooms.name) > 0 or position('Deleted user' in rooms.name) = 0)`.execute(db);
    for (const { id, name } of rows) await rooms.rename(tenantId, id, name, erasedBy);
    return rows.length;
  }

  /** What he chose and left about: reactions on others' messages, presses of their cards, saved ones, marks, the inbox, things for later, and his name in the rooms' logs. */
  async function eraseMarks(tenantId: string, userId: string, erasedBy: string): Promise<Counts> {
    const reactions = await eraseReactions(tenantId, userId);
    const cardActions = await eraseCardValues(tenantId, userId);
    const renamed = await renameRooms(tenantId, userId, erasedBy);
    const logEntries = await database.transaction(async (tx) => {
      await sql`delete from saved_messages where tenant_id = ${tenantId} and user_id = ${userId}`.execute(tx);
      await sql`delete from notifications where tenant_id = ${tenantId} and user_id = ${userId}`.execute(tx);
      await sql`delete from notification_settings where tenant_id = ${tenantId} and user_id = ${userId}`.execute(
        tx,
      );
      await sql`delete from scheduled_items where tenant_id = ${tenantId} and user_id = ${userId}`.execute(
        tx,
      );
      await sql`delete from command_runs where tenant_id = ${tenantId} and user_id = ${userId}`.execute(tx);
      await sql`delete from thread_marks where tenant_id = ${tenantId} and user_id = ${userId}`.execute(tx);
      await sql`delete from held_messages where tenant_id = ${tenantId} and author_id = ${userId}`.execute(
        tx,
      );
      await sql`update moderation_appeals set reason = '' where tenant_id = ${tenantId} and appellant_id = ${userId}`.execute(
        tx,
      );
      await sql`update message_reports set comment = '' where tenant_id = ${tenantId} and reporter_id = ${userId}`.execute(
        tx,
      );
      const { rows: named } = await sql`
        update room_events set payload = jsonb_set(payload, '{member,user}',
          jsonb_build_object('id', ${userId}::text, 'kind', 'human', 'handle', 'deleted', 'name', 'Deleted user'))
        where tenant_id = ${tenantId} and payload->'member'->'user'->>'id' = ${userId}::text returning 1`.execute(
        tx,
      );
      await sql`
        update room_events e set payload = jsonb_set(e.payload, '{room,name}', to_jsonb(r.name))
        from rooms r
        where r.tenant_id = ${tenantId} and r.kind = 'direct' and position(${userId}::text in r.direct_key) > 0
          and e.room_id = r.id and e.type = 'room_updated'`.execute(tx);
      return named.length;
    });
    return { rooms: renamed, reactions, cardActions, logEntries };
  }

  const job: JobDef<{ erasureId: string; tenantId: string }> = {
    name: JOB,
    retryLimit: 10,
    expireInSeconds: 3600,
    concurrency: 1,
    async handle({ erasureId, tenantId }, { signal }) {
      const row = await find(tenantId, erasureId);
      if (row === undefined || row.report.done) return;
      const { userId } = row;
      const counts: Counts = { ...row.report.counts };
      const steps: (() => Promise<Counts>)[] = [
        // Before and after the messages: what is indexed meanwhile is found as well.
        () => eraseSearch(tenantId, userId),
        () => eraseMessages(tenantId, userId),
        async () => ({ files: await uploads.eraseOf(tenantId, userId) }),
        () => eraseSearch(tenantId, userId),
        () => eraseMarks(tenantId, userId, row.erasedBy),
        () => eraseFromAgents(tenantId, userId),
        async () => {
          await identity.eraseName(tenantId, userId);
          return {};
        },
      ];
      for (const [i, step] of steps.entries()) {
        signal.throwIfAborted();
        for (const [name, n] of Object.entries(await step())) counts[name] = (counts[name] ?? 0) + n;
        await db
          .updateTable('erasures')
          .set({ report: JSON.stringify({ done: i === steps.length - 1, counts }) })
          .where('id', '=', erasureId)
          .execute();
      }
    },
  };

  return {
    job,

    async create(scope: Scope, userId: string): Promise<Erasure> {
      const { tenantId } = scope;
      // Who was removed before can still be erased.
      if (!(await identity.isRemoved(tenantId, userId))) await identity.removeUser(scope, userId);
      return database.transaction(async (tx) => {
        const row = await tx
          .insertInto('erasures')
          .values({
            id: newId(),
            tenantId,
            userId,
            erasedBy: scope.user.id,
            report: JSON.stringify({ done: false, counts: {} }),
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        await jobs.enqueue(tx, { name: JOB }, [{ erasureId: row.id, tenantId }]);
        await note(events, tx, {
          ...by(scope),
          action: 'member.erased',
          subject: { type: 'user', id: userId },
        });
        return shown(row);
      });
    },

    async get(scope: Scope, id: string): Promise<Erasure> {
      const row = isUuid(id) ? await find(scope.tenantId, id) : undefined;
      if (row === undefined) throw notFound('erasure_not_found', 'There is no such erasure.');
      return shown(row);
    },
  };
}

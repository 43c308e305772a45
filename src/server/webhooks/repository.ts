// Queries on webhooks and their deliveries. No policy.
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Db, Tx } from '../../core/db/database.ts';
import { newId } from '../../core/ids.ts';
import type { CardValue } from '../cards/contract.ts';
import type { IncomingWebhooksTable, WebhookDeliveriesTable, WebhooksTable } from './tables.ts';

export type WebhookRow = Selectable<WebhooksTable>;
export type DeliveryRow = Selectable<WebhookDeliveriesTable>;
export type IncomingRow = Selectable<IncomingWebhooksTable>;

export const insertWebhook = (tx: Tx, row: Insertable<WebhooksTable>): Promise<WebhookRow> =>
  tx.insertInto('webhooks').values(row).returningAll().executeTakeFirstOrThrow();

export const findWebhook = (db: Db | Tx, tenantId: string, id: string): Promise<WebhookRow | undefined> =>
  db
    .selectFrom('webhooks')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();

export const listWebhooks = (db: Db, tenantId: string, roomId: string): Promise<WebhookRow[]> =>
  db
    .selectFrom('webhooks')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('roomId', '=', roomId)
    .orderBy('id')
    .execute();

export const updateWebhook = (
  tx: Db | Tx,
  id: string,
  set: Updateable<WebhooksTable>,
): Promise<WebhookRow | undefined> =>
  // A change of nothing still answers the row.
  tx
    .updateTable('webhooks')
    .set({ ...set, id })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();

export const rotate = (tx: Tx, id: string, secret: string): Promise<unknown> =>
  sql`update webhooks set previous_secret = secret, previous_until = now() + interval '24 hours', secret = ${secret}
    where id = ${id}`.execute(tx);

export const deleteWebhook = (tx: Tx, id: string) => tx.deleteFrom('webhooks').where('id', '=', id).execute();

export const now = async (tx: Tx): Promise<Date> =>
  (await tx.selectNoFrom((eb) => eb.fn<Date>('now').as('now')).executeTakeFirstOrThrow()).now;

// ——— from the log to deliveries ———

/** Webhooks whose room has entries that are not deliveries yet. */
export async function listLagging(db: Db, limit: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select w.id from webhooks w join rooms r on r.id = w.room_id
    where w.disabled_at is null and r.last_seq > w.seq limit ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

/** Undefined when another node has it. */
export const lockWebhook = (tx: Tx, id: string): Promise<WebhookRow | undefined> =>
  tx
    .selectFrom('webhooks')
    .selectAll()
    .where('id', '=', id)
    .where('disabledAt', 'is', null)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();

export const listEntries = (tx: Tx, roomId: string, afterSeq: number, limit: number) =>
  tx
    .selectFrom('roomEvents')
    .select(['seq', 'type'])
    .where('roomId', '=', roomId)
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .limit(limit)
    .execute();

export async function insertDeliveries(
  tx: Tx,
  { id: webhookId, tenantId }: WebhookRow,
  entries: { seq: number; type: string }[],
): Promise<{ deliveryId: string }[]> {
  if (entries.length === 0) return [];
  const rows = await tx
    .insertInto('webhookDeliveries')
    .values(
      entries.map((entry) => ({ id: newId(), tenantId, webhookId, ...entry, status: 'pending' as const })),
    )
    .onConflict((oc) => oc.columns(['webhookId', 'seq']).doNothing())
    .returning('id')
    .execute();
  return rows.map(({ id }) => ({ deliveryId: id }));
}

// ——— deliveries ———

export const listDeliveries = (
  db: Db,
  webhookId: string,
  page: { limit: number; before: number | undefined },
): Promise<DeliveryRow[]> => {
  const query = db.selectFrom('webhookDeliveries').selectAll().where('webhookId', '=', webhookId);
  return (page.before === undefined ? query : query.where('seq', '<', page.before))
    .orderBy('seq', 'desc')
    .limit(page.limit)
    .execute();
};

/** What waits is due from now on. */
export async function makeDue(tx: Tx, webhookId: string): Promise<{ deliveryId: string }[]> {
  const rows = await tx
    .updateTable('webhookDeliveries')
    .set({ nextAt: sql<Date>`now()` })
    .where('webhookId', '=', webhookId)
    .where('status', '=', 'pending')
    .returning('id')
    .execute();
  return rows.map(({ id }) => ({ deliveryId: id }));
}

export async function resetDelivery(tx: Tx, webhookId: string, id: string): Promise<DeliveryRow | undefined> {
  const { rows } = await sql<DeliveryRow>`
    update webhook_deliveries set status = 'pending', attempts = 0, next_at = now(), done_at = null
    where webhook_id = ${webhookId} and id = ${id} returning *`.execute(tx);
  return rows[0];
}

export type Due = DeliveryRow & {
  roomId: string;
  url: string;
  secret: string;
  /** Null once its day is over. */
  previousSecret: string | null;
  /** Whether who made the webhook may still have it. */
  allowed: boolean;
};

/** A delivery that is to be tried now. */
export async function findDue(db: Db, id: string): Promise<Due | undefined> {
  const { rows } = await sql<Due>`
    select d.*, w.room_id, w.url, w.secret,
      case when w.previous_until > now() then w.previous_secret end as previous_secret,
      (u.suspended_at is null and u.deleted_at is null
        and (coalesce(m.role in ('owner', 'admin'), false)
          or (u.role = 'admin' and (m.role is not null or r.visibility = 'public')))) as allowed
    from webhook_deliveries d
    join webhooks w on w.id = d.webhook_id and w.disabled_at is null
    join rooms r on r.id = w.room_id
    join users u on u.id = w.created_by
    left join memberships m on m.room_id = w.room_id and m.user_id = w.created_by
    where d.id = ${id} and d.status = 'pending' and d.next_at <= now() + interval '1 second'`.execute(db);
  return rows[0];
}

/** @returns whether it was still at this try */
export async function recordTry(
  tx: Tx,
  due: Pick<DeliveryRow, 'id' | 'attempts'>,
  result: {
    status: DeliveryRow['status'];
    lastStatus: number | null;
    lastError: string | null;
    waitSeconds: number;
  },
): Promise<boolean> {
  const { rows } = await sql`
    update webhook_deliveries set status = ${result.status}, attempts = attempts + 1,
      last_status = ${result.lastStatus}, last_error = ${result.lastError},
      next_at = now() + make_interval(secs => ${result.waitSeconds}),
      done_at = case when ${result.status} = 'pending' then null else now() end
    where id = ${due.id} and status = 'pending' and attempts = ${due.attempts} returning id`.execute(tx);
  return rows.length > 0;
}

/** Deliveries that are over are forgotten after thirty days. */
export const forgetOld = (db: Db): Promise<unknown> =>
  sql`delete from webhook_deliveries where done_at < now() - interval '30 days'`.execute(db);

// ——— incoming ———

export const insertIncoming = (tx: Tx, row: Insertable<IncomingWebhooksTable>): Promise<IncomingRow> =>
  tx.insertInto('incomingWebhooks').values(row).returningAll().executeTakeFirstOrThrow();

export const findIncoming = (db: Db, id: string): Promise<IncomingRow | undefined> =>
  db
    .selectFrom('incomingWebhooks')
    .selectAll()
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .executeTakeFirst();

export const listIncoming = (db: Db | Tx, tenantId: string, roomId: string): Promise<IncomingRow[]> =>
  db
    .selectFrom('incomingWebhooks')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('roomId', '=', roomId)
    .where('revokedAt', 'is', null)
    .orderBy('id')
    .execute();

export const touchIncoming = (db: Db, id: string): Promise<unknown> =>
  sql`update incoming_webhooks set last_used_at = now()
    where id = ${id} and (last_used_at is null or last_used_at < now() - interval '1 minute')`.execute(db);

/** Whether a user is the bot of an address whose service wants to hear of presses. */
export const hasActionsUrl = async (tx: Tx, tenantId: string, botId: string): Promise<boolean> =>
  (await tx
    .selectFrom('incomingWebhooks')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('botId', '=', botId)
    .where('revokedAt', 'is', null)
    .where('actionsUrl', 'is not', null)
    .executeTakeFirst()) !== undefined;

export interface DueAction {
  id: string;
  tenantId: string;
  roomId: string;
  messageId: string;
  actionId: string;
  pressId: string;
  value: CardValue | null;
  version: number;
  tries: number;
  createdAt: Date;
  userId: string;
  userKind: 'human' | 'agent';
  userHandle: string;
  userName: string;
  hookId: string;
  url: string;
  /** Sealed. */
  secret: string;
}

/** A press that its service has not heard of. */
export async function findDueAction(db: Db, id: string): Promise<DueAction | undefined> {
  const { rows } = await sql<DueAction>`
    select a.id, a.tenant_id, a.room_id, a.message_id, a.action_id, a.press_id, a.value, a.version, a.tries, a.created_at,
      u.id as user_id, u.kind as user_kind, u.handle as user_handle, u.name as user_name,
      w.id as hook_id, w.actions_url as url, w.actions_secret as secret
    from card_actions a
    join messages m on m.id = a.message_id and m.tenant_id = a.tenant_id and m.deleted_at is null
    join incoming_webhooks w on w.bot_id = m.author_id and w.tenant_id = a.tenant_id and w.revoked_at is null
      and w.actions_url is not null
    join users u on u.id = a.user_id
    where a.id = ${id} and a.told_at is null`.execute(db);
  return rows[0];
}

/** @returns whether it was still at this try */
export async function recordTold(
  tx: Tx,
  { id, tries }: Pick<DueAction, 'id' | 'tries'>,
  { status, over }: { status: string; over: boolean },
): Promise<boolean> {
  const { rows } = await sql`
    update card_actions set tries = tries + 1, told_status = ${status}, told_at = case when ${over} then now() end
    where id = ${id} and told_at is null and tries = ${tries} returning id`.execute(tx);
  return rows.length > 0;
}

export const endActionsUrl = (tx: Tx, id: string): Promise<unknown> =>
  sql`update incoming_webhooks set actions_url = null where id = ${id}`.execute(tx);

export const revokeIncoming = (tx: Tx, id: string): Promise<unknown> =>
  sql`update incoming_webhooks set revoked_at = now() where id = ${id} and revoked_at is null`.execute(tx);

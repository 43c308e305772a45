// Webhooks out: who may have them, and what they sent. The entries themselves are passed on by dispatch.ts and delivery.ts.

import { by, note } from '../../core/audit-note.ts';
import type { InputOf } from '../../core/contract.ts';
import type { Database, Db, Tx } from '../../core/db/database.ts';
import { notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { Jobs } from '../../core/jobs.ts';
import type { Scope } from '../../core/scope.ts';
import type { TextSealer } from '../../core/sealed-text.ts';
import { canInRoom, type RoomsService } from '../rooms/service.ts';
import type { createWebhook, Delivery, listDeliveries, updateWebhook, Webhook } from './contract.ts';
import { DELIVER } from './delivery.ts';
import * as repo from './repository.ts';
import { messageIdOf, newSecret } from './signing.ts';

export { signedPost } from './signed-post.ts';
export { newSecret } from './signing.ts';
export type WebhooksService = ReturnType<typeof createWebhooksService>;

const missing = () => notFound('webhook_not_found', 'There is no such webhook, or you may not see it.');

export function createWebhooksService(deps: {
  database: Database;
  events: Events;
  jobs: Jobs;
  rooms: RoomsService;
  sealer: TextSealer;
}) {
  const { database, events, jobs, rooms, sealer } = deps;
  const { db } = database;

  /** The webhook, to who may change its room's settings. */
  async function requireManaged(scope: Scope, id: string, at: Db | Tx = db): Promise<repo.WebhookRow> {
    const row = isUuid(id) ? await repo.findWebhook(at, scope.tenantId, id) : undefined;
    if (row === undefined) throw missing();
    const seen = await rooms.findVisible(scope, row.roomId, at);
    if (seen === undefined || !canInRoom('room.update', rooms.seenAs(scope, seen))) throw missing();
    return row;
  }

  return {
    async create(scope: Scope, input: InputOf<typeof createWebhook>): Promise<Webhook & { secret: string }> {
      return rooms.change(scope, input.roomId, async (tx, here) => {
        rooms.requireRight(here, 'room.update');
        const id = newId();
        const secret = newSecret();
        const row = await repo.insertWebhook(tx, {
          id,
          tenantId: scope.tenantId,
          roomId: here.row.id,
          url: input.url,
          events: input.events,
          secret: sealer.seal(id, secret),
          seq: here.row.lastSeq,
          createdBy: scope.user.id,
        });
        await note(events, tx, {
          ...by(scope),
          action: 'webhook.created',
          subject: { type: 'webhook', id },
          roomId: row.roomId,
        });
        return { ...toWebhook(row), secret };
      });
    },

    async list(scope: Scope, key: string): Promise<{ data: Webhook[] }> {
      const seen = await rooms.requireVisible(scope, key);
      rooms.requireRight(rooms.seenAs(scope, seen), 'room.update');
      const { row } = seen;
      return { data: (await repo.listWebhooks(db, scope.tenantId, row.id)).map(toWebhook) };
    },

    async update(scope: Scope, input: InputOf<typeof updateWebhook>): Promise<Webhook> {
      const { id } = await requireManaged(scope, input.webhookId);
      return database.transaction(async (tx) => {
        const row = await repo.updateWebhook(tx, id, {
          ...(input.url === undefined ? {} : { url: input.url }),
          ...(input.events === undefined ? {} : { events: input.events }),
          ...(input.enabled === undefined
            ? {}
            : input.enabled
              ? { disabledAt: null, disabledReason: null, createdBy: scope.user.id }
              : { disabledAt: await repo.now(tx), disabledReason: 'by_hand' as const }),
        });
        if (row === undefined) throw missing();
        if (input.enabled === true) await jobs.enqueue(tx, DELIVER, await repo.makeDue(tx, id));
        return toWebhook(row);
      });
    },

    async rotate(scope: Scope, webhookId: string): Promise<{ secret: string }> {
      const { id } = await requireManaged(scope, webhookId);
      const secret = newSecret();
      await database.transaction(async (tx) => {
        await repo.rotate(tx, id, sealer.seal(id, secret));
        await note(events, tx, {
          ...by(scope),
          action: 'webhook.secret_rotated',
          subject: { type: 'webhook', id },
        });
      });
      return { secret };
    },

    async remove(scope: Scope, webhookId: string): Promise<void> {
      const row = await requireManaged(scope, webhookId);
      await database.transaction(async (tx) => {
        await repo.deleteWebhook(tx, row.id);
        await note(events, tx, {
          ...by(scope),
          action: 'webhook.deleted',
          subject: { type: 'webhook', id: row.id },
          roomId: row.roomId,
        });
      });
    },

    async deliveries(scope: Scope, { webhookId, limit, cursor }: InputOf<typeof listDeliveries>) {
      const { id, roomId } = await requireManaged(scope, webhookId);
      const before = cursor === undefined ? undefined : Number(cursor);
      const rows = await repo.listDeliveries(db, id, {
        limit: limit + 1,
        before: Number.isSafeInteger(before) ? before : undefined,
      });
      const data = rows.slice(0, limit).map((row) => toDelivery(roomId, row));
      const last = data.at(-1);
      return { data, ...(rows.length > limit && last !== undefined ? { nextCursor: String(last.seq) } : {}) };
    },

    async replay(scope: Scope, webhookId: string, deliveryId: string): Promise<Delivery> {
      const { id, roomId } = await requireManaged(scope, webhookId);
      return database.transaction(async (tx) => {
        const row = await repo.resetDelivery(tx, id, deliveryId);
        if (row === undefined)
          throw notFound('delivery_not_found', 'There is no such delivery, or you may not see it.');
        await jobs.enqueue(tx, DELIVER, [{ deliveryId }]);
        return toDelivery(roomId, row);
      });
    },
  };
}

const toWebhook = (row: repo.WebhookRow): Webhook => ({
  id: row.id,
  roomId: row.roomId,
  url: row.url,
  events: row.events,
  enabled: row.disabledAt === null,
  ...(row.disabledReason === null ? {} : { disabledReason: row.disabledReason }),
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
});

const toDelivery = (roomId: string, row: repo.DeliveryRow): Delivery => ({
  id: row.id,
  messageId: messageIdOf(roomId, row.seq),
  seq: row.seq,
  type: row.type,
  status: row.status,
  attempts: row.attempts,
  ...(row.status === 'pending' ? { nextAt: row.nextAt.toISOString() } : {}),
  ...(row.lastStatus === null ? {} : { lastStatus: row.lastStatus }),
  ...(row.lastError === null ? {} : { lastError: row.lastError }),
  createdAt: row.createdAt.toISOString(),
  ...(row.doneAt === null ? {} : { doneAt: row.doneAt.toISOString() }),
});

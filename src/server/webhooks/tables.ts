// Tables of webhooks, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';

export interface WebhooksTable {
  id: string;
  tenantId: string;
  roomId: string;
  url: string;
  events: ColumnType<string[], string[], string[]>;
  /** Sealed. */
  secret: string;
  previousSecret: string | null;
  previousUntil: Date | null;
  /** Entries of the room's log up to here have become deliveries. */
  seq: number;
  createdBy: string;
  disabledAt: Date | null;
  disabledReason: 'gone' | 'not_allowed' | 'by_hand' | null;
  createdAt: Generated<Date>;
}

export interface WebhookDeliveriesTable {
  id: string;
  tenantId: string;
  webhookId: string;
  seq: number;
  type: string;
  status: 'pending' | 'delivered' | 'failed';
  attempts: Generated<number>;
  nextAt: Generated<Date>;
  lastStatus: number | null;
  lastError: string | null;
  createdAt: Generated<Date>;
  doneAt: Date | null;
}

export interface IncomingWebhooksTable {
  id: string;
  tenantId: string;
  roomId: string;
  botId: string;
  name: string;
  secretHash: string;
  createdBy: string;
  /** Where presses of its cards are told; null where nobody wants to hear of them. */
  actionsUrl: string | null;
  /** Sealed. */
  actionsSecret: string | null;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
  createdAt: Generated<Date>;
}

export interface WebhooksTables {
  webhooks: WebhooksTable;
  webhookDeliveries: WebhookDeliveriesTable;
  incomingWebhooks: IncomingWebhooksTable;
}

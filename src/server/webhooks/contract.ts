// The wire of webhooks: what a room tells other services (Standard Webhooks), and addresses by which they post into it.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp, User } from '../identity/contract.ts';
import { RoomKey } from '../rooms/contract.ts';

export const Webhook = z.object({
  id: Id,
  roomId: Id,
  url: z.string(),
  /** Types of log entries that are sent; empty means all. */
  events: z.array(z.string()),
  enabled: z.boolean(),
  /** Why it was turned off. */
  disabledReason: z.enum(['gone', 'not_allowed', 'by_hand']).optional(),
  createdBy: Id,
  createdAt: Timestamp,
});
export type Webhook = z.infer<typeof Webhook>;

/** Signs deliveries; shown once. */
const Secret = z.object({ secret: z.string() });

export const Delivery = z.object({
  id: Id,
  /** The `webhook-id` it is sent under: the same at every try. */
  messageId: z.string(),
  seq: z.number().int(),
  type: z.string(),
  status: z.enum(['pending', 'delivered', 'failed']),
  attempts: z.number().int(),
  /** When it is tried next. */
  nextAt: Timestamp.optional(),
  lastStatus: z.number().int().optional(),
  lastError: z.string().optional(),
  createdAt: Timestamp,
  doneAt: Timestamp.optional(),
});
export type Delivery = z.infer<typeof Delivery>;

const Url = z.url({ protocol: /^https?$/ }).max(2000);
const Events = z
  .array(z.string().regex(/^[a-z_]{1,60}$/, 'is the type of a log entry, such as new_message'))
  .max(50);
const tag = 'Webhooks';
const one = { webhookId: Id };

export const createWebhook = defineOperation({
  name: 'webhooks.create',
  summary: 'Have the entries of a room’s log sent to an address (owner or admin of the room)',
  description:
    'By Standard Webhooks: POST with webhook-id, webhook-timestamp and webhook-signature over {type, timestamp, data}, where data is what clients get. About ten tries over three days; 410 turns the webhook off. The answer alone shows the secret.',
  tag,
  rest: { method: 'post', path: '/api/webhooks', status: 201 },
  socket: 'create_webhook',
  input: z.strictObject({ roomId: RoomKey, url: Url, events: Events.default([]) }),
  output: Webhook.extend(Secret.shape),
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'webhooks.change', points: 60, seconds: 60 },
});

export const listWebhooks = defineOperation({
  name: 'webhooks.list',
  summary: 'Webhooks of a room (owner or admin of the room)',
  tag,
  rest: { method: 'get', path: '/api/webhooks' },
  socket: 'list_webhooks',
  input: z.object({ roomId: RoomKey }),
  output: z.object({ data: z.array(Webhook) }),
  permission: 'signed_in',
  effect: 'read',
});

export const updateWebhook = defineOperation({
  name: 'webhooks.update',
  summary: 'Change the address or the events of a webhook, turn it off or on again',
  description: 'Turned on again, it goes on where it stopped.',
  tag,
  rest: { method: 'patch', path: '/api/webhooks/:webhookId' },
  socket: 'update_webhook',
  input: z.strictObject({
    ...one,
    url: Url.optional(),
    events: Events.optional(),
    enabled: z.boolean().optional(),
  }),
  output: Webhook,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'webhooks.change', points: 60, seconds: 60 },
});

export const rotateWebhookSecret = defineOperation({
  name: 'webhooks.rotate_secret',
  summary: 'Make a new secret; for a day deliveries are signed with the old one as well',
  tag,
  rest: { method: 'post', path: '/api/webhooks/:webhookId/secret' },
  socket: 'rotate_webhook_secret',
  input: z.strictObject(one),
  output: Secret,
  permission: 'signed_in',
  effect: 'irreversible',
  rate: { bucket: 'webhooks.change', points: 60, seconds: 60 },
});

export const deleteWebhook = defineOperation({
  name: 'webhooks.delete',
  summary: 'Delete a webhook with its deliveries',
  tag,
  rest: { method: 'delete', path: '/api/webhooks/:webhookId' },
  socket: 'delete_webhook',
  input: z.object(one),
  output: z.object({ deleted: z.literal(true) }),
  permission: 'signed_in',
  effect: 'irreversible',
});

export const listDeliveries = defineOperation({
  name: 'webhooks.deliveries',
  summary: 'What a webhook sent, newest first, with the tries',
  tag,
  rest: { method: 'get', path: '/api/webhooks/:webhookId/deliveries' },
  socket: 'list_webhook_deliveries',
  input: z.object({ ...one, ...Page }),
  output: z.object({ data: z.array(Delivery), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const replayDelivery = defineOperation({
  name: 'webhooks.replay',
  summary: 'Send a delivery again, under the same webhook-id',
  tag,
  rest: { method: 'post', path: '/api/webhooks/:webhookId/deliveries/:deliveryId/replay' },
  socket: 'replay_webhook_delivery',
  input: z.strictObject({ ...one, deliveryId: Id }),
  output: Delivery,
  permission: 'signed_in',
  effect: 'irreversible',
  rate: { bucket: 'webhooks.change', points: 60, seconds: 60 },
});

export const IncomingWebhook = z.object({
  id: Id,
  roomId: Id,
  name: z.string(),
  /** Who its messages are from. */
  bot: User,
  /** Where presses of its cards are told. */
  actionsUrl: z.string().optional(),
  createdBy: Id,
  lastUsedAt: Timestamp.optional(),
  createdAt: Timestamp,
});
export type IncomingWebhook = z.infer<typeof IncomingWebhook>;

export const createIncoming = defineOperation({
  name: 'incoming_webhooks.create',
  summary: 'An address by which another service posts into a room (owner or admin of the room)',
  description:
    'POST {"text": "…"} as for Slack, or {"body", "id"?, "threadId"?, "metadata"?, "card"?}. Whoever has the address may post: it is shown once. 60 messages a minute. With `actionsUrl` presses of its cards are posted there as `card.action`, signed with `actionsSecret`, which is shown once.',
  tag,
  rest: { method: 'post', path: '/api/rooms/:roomId/hooks', status: 201 },
  socket: 'create_incoming_webhook',
  input: z.strictObject({
    roomId: RoomKey,
    name: z.string().trim().min(1).max(60),
    actionsUrl: Url.optional(),
  }),
  output: IncomingWebhook.extend({ url: z.string(), actionsSecret: z.string().optional() }),
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'webhooks.change', points: 60, seconds: 60 },
});

export const listIncoming = defineOperation({
  name: 'incoming_webhooks.list',
  summary: 'Addresses by which other services post into a room (owner or admin of the room)',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/hooks' },
  socket: 'list_incoming_webhooks',
  input: z.object({ roomId: RoomKey }),
  output: z.object({ data: z.array(IncomingWebhook) }),
  permission: 'signed_in',
  effect: 'read',
});

export const revokeIncoming = defineOperation({
  name: 'incoming_webhooks.revoke',
  summary: 'End an address by which another service posts; what it posted stays',
  tag,
  rest: { method: 'delete', path: '/api/hooks/:hookId' },
  socket: 'revoke_incoming_webhook',
  input: z.object({ hookId: Id }),
  output: z.object({ revoked: z.literal(true) }),
  permission: 'signed_in',
  effect: 'irreversible',
});

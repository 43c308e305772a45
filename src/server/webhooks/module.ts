// What webhooks offer, the address that others post to, and what passes entries of logs on.
import type { Readable } from 'node:stream';
import { AppError } from '../../core/errors.ts';
import type { AnyJobDef, JobDef } from '../../core/jobs.ts';
import { MAX_FRAME_BYTES } from '../../core/json.ts';
import { handle, type Module } from '../../core/module.ts';
import type { Rounds } from '../../core/rounds.ts';
import * as c from './contract.ts';
import type { IncomingService } from './incoming.ts';
import type { WebhooksService } from './service.ts';

export const webhooksModule = (deps: {
  webhooks: WebhooksService;
  incoming: IncomingService;
  dispatch: Rounds;
  delivery: JobDef<{ deliveryId: string }>;
  cardActions: AnyJobDef;
}): Module => {
  const { webhooks, incoming, dispatch, delivery, cardActions } = deps;
  return {
    name: 'webhooks',
    operations: [
      handle(c.createWebhook, (scope, input) => webhooks.create(scope, input)),
      handle(c.listWebhooks, (scope, { roomId }) => webhooks.list(scope, roomId)),
      handle(c.updateWebhook, (scope, input) => webhooks.update(scope, input)),
      handle(c.rotateWebhookSecret, (scope, { webhookId }) => webhooks.rotate(scope, webhookId)),
      handle(c.deleteWebhook, async (scope, { webhookId }) => {
        await webhooks.remove(scope, webhookId);
        return { deleted: true as const };
      }),
      handle(c.listDeliveries, (scope, input) => webhooks.deliveries(scope, input)),
      handle(c.replayDelivery, (scope, { webhookId, deliveryId }) =>
        webhooks.replay(scope, webhookId, deliveryId),
      ),
      handle(c.createIncoming, (scope, input) => incoming.create(scope, input)),
      handle(c.listIncoming, (scope, { roomId }) => incoming.list(scope, roomId)),
      handle(c.revokeIncoming, async (scope, { hookId }) => {
        await incoming.revoke(scope, hookId);
        return { revoked: true as const };
      }),
    ],
    streamRoutes: [
      {
        name: 'incoming_webhooks.post',
        method: 'post',
        path: '/api/hooks/:hookId/:secret',
        summary: 'Another service posts a message',
        permission: 'address',
        rate: { bucket: 'hooks.address', points: 600, seconds: 60 },
        async handle({ params, headers, body }) {
          const given = await jsonOf(body, headers['content-type'] ?? '');
          const message = await incoming.post(params.hookId ?? '', params.secret ?? '', given);
          return { status: 200, headers: {}, body: { ok: true, id: message.id } };
        },
      },
    ],
    jobs: [delivery, cardActions],
    start: async () => dispatch.start(),
    stop: dispatch.stop,
  };
};

/** JSON, or the form with one field `payload` that some services send. */
async function jsonOf(body: Readable, type: string): Promise<unknown> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += (piece as Buffer).length;
    if (bytes > MAX_FRAME_BYTES)
      throw new AppError('too_large', 'body_too_large', `The body has more than ${MAX_FRAME_BYTES} bytes.`);
    pieces.push(piece as Buffer);
  }
  const text = Buffer.concat(pieces).toString('utf8');
  const json = type.startsWith('application/x-www-form-urlencoded')
    ? (new URLSearchParams(text).get('payload') ?? '')
    : text;
  try {
    return JSON.parse(json);
  } catch {
    throw new AppError('bad_request', 'malformed_json', 'The body is not valid JSON.');
  }
}

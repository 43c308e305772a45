// Webhooks in: an address with a secret by which another service posts into one room, as a bot of its own. A bot counts as an
// agent, so that what it posts can start no endless talk. Must never tell a wrong secret from a missing address.
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { by, note } from '../../core/audit-note.ts';
import type { InputOf } from '../../core/contract.ts';
import type { Database } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId, randomToken } from '../../core/ids.ts';
import type { Limits } from '../../core/limits.ts';
import { parseInput } from '../../core/operation.ts';
import type { Scope } from '../../core/scope.ts';
import type { TextSealer } from '../../core/sealed-text.ts';
import type { User } from '../identity/contract.ts';
import { handleFromName, type IdentityService } from '../identity/service.ts';
import { type Message, sendMessage } from '../messages/contract.ts';
import type { MessagesService } from '../messages/service.ts';
import { canInRoom, type RoomsService } from '../rooms/service.ts';
import type { createIncoming as createIncomingDef, IncomingWebhook } from './contract.ts';
import * as repo from './repository.ts';
import { newSecret } from './signing.ts';

export type IncomingService = ReturnType<typeof createIncoming>;

const RATE = { bucket: 'hooks.post', points: 60, seconds: 60 };
const MOST_PER_ROOM = 20;

const SlackBody = z.object({ text: z.string() });
/** What is not said for others is said by the address. */
const OwnBody = z.object({
  body: z.string().optional(),
  card: z.unknown().optional(),
  cards: z.unknown().optional(),
  id: z.uuid().optional(),
  threadId: z.uuid().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

const missing = () => notFound('hook_not_found', 'There is no such address, or it was revoked.');
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export function createIncoming(deps: {
  database: Database;
  events: Events;
  limits: Limits;
  identity: IdentityService;
  rooms: RoomsService;
  messages: MessagesService;
  sealer: TextSealer;
}) {
  const { database, events, limits, identity, rooms, messages, sealer } = deps;
  const { db } = database;

  const shown = (row: repo.IncomingRow, bot: User): IncomingWebhook => ({
    id: row.id,
    roomId: row.roomId,
    name: row.name,
    bot,
    ...(row.actionsUrl === null ? {} : { actionsUrl: row.actionsUrl }),
    createdBy: row.createdBy,
    ...(row.lastUsedAt === null ? {} : { lastUsedAt: row.lastUsedAt.toISOString() }),
    createdAt: row.createdAt.toISOString(),
  });

  return {
    async create(
      scope: Scope,
      { roomId: key, name, actionsUrl }: InputOf<typeof createIncomingDef>,
    ): Promise<IncomingWebhook & { url: string; actionsSecret?: string }> {
      const secret = randomToken(24);
      const actionsSecret = actionsUrl === undefined ? undefined : newSecret();
      const { row, bot } = await rooms.change(scope, key, async (tx, here) => {
        rooms.requireRight(here, 'room.update');
        const { id: roomId, tenantId } = here.row;
        if ((await repo.listIncoming(tx, tenantId, roomId)).length >= MOST_PER_ROOM)
          throw new AppError(
            'conflict',
            'too_many_hooks',
            `A room has at most ${MOST_PER_ROOM} of these addresses; revoke one first.`,
          );
        if (!here.row.agentsAllowed)
          throw new AppError('forbidden', 'agents_not_allowed', 'This room does not allow agents, nor bots.');
        const id = newId();
        const made = await identity.createAgentUser(tx, tenantId, {
          id: newId(),
          handle: `${handleFromName(name).slice(0, 20) || 'hook'}-${id.slice(-6)}`,
          name,
          ownerId: scope.user.id,
        });
        await rooms.place(tx, tenantId, roomId, [made.id]);
        const inserted = await repo.insertIncoming(tx, {
          id,
          tenantId,
          roomId,
          botId: made.id,
          name,
          secretHash: hashOf(secret),
          actionsUrl: actionsUrl ?? null,
          actionsSecret: actionsSecret === undefined ? null : sealer.seal(id, actionsSecret),
          createdBy: scope.user.id,
        });
        await note(events, tx, {
          ...by(scope),
          action: 'incoming_webhook.created',
          subject: { type: 'incoming_webhook', id },
          roomId,
        });
        return { row: inserted, bot: made };
      });
      const url = `/api/hooks/${row.id}/${secret}`;
      return { ...shown(row, bot), url, ...(actionsSecret === undefined ? {} : { actionsSecret }) };
    },

    async list(scope: Scope, key: string): Promise<{ data: IncomingWebhook[] }> {
      const { row, membership } = await rooms.requireVisible(scope, key);
      rooms.requireRight(rooms.seenAs(scope, { row, membership }), 'room.update');
      const rows = await repo.listIncoming(db, scope.tenantId, row.id);
      const ids = rows.map(({ botId }) => botId);
      const bots = ids.length === 0 ? [] : await identity.findMany(db, scope.tenantId, ids);
      const byId = new Map(bots.map((bot) => [bot.id, bot]));
      return {
        data: rows.flatMap((one) => {
          const bot = byId.get(one.botId);
          return bot === undefined ? [] : [shown(one, bot)];
        }),
      };
    },

    async revoke(scope: Scope, hookId: string): Promise<void> {
      const row = await repo.findIncoming(db, hookId);
      if (row === undefined || row.tenantId !== scope.tenantId) throw missing();
      const seen = await rooms.findVisible(scope, row.roomId);
      if (seen === undefined || !canInRoom('room.update', rooms.seenAs(scope, seen))) throw missing();
      await database.transaction(async (tx) => {
        await repo.revokeIncoming(tx, row.id);
        await rooms.withdraw(tx, row.tenantId, row.botId, scope.user.id);
        await note(events, tx, {
          ...by(scope),
          action: 'incoming_webhook.revoked',
          subject: { type: 'incoming_webhook', id: row.id },
          roomId: row.roomId,
        });
      });
    },

    /** Posts what another service sent to an address. */
    async post(hookId: string, secret: string, body: unknown): Promise<Message> {
      const row = isUuid(hookId) ? await repo.findIncoming(db, hookId) : undefined;
      const given = Buffer.from(hashOf(secret));
      const right = Buffer.from(row?.secretHash ?? hashOf(''));
      if (!timingSafeEqual(given, right) || row === undefined) throw missing();
      limits.take(RATE, row.id);
      const [bot] = await identity.findMany(db, row.tenantId, [row.botId]);
      if (bot === undefined) throw missing();
      const scope: Scope = {
        tenantId: row.tenantId,
        user: bot,
        role: 'member',
        via: 'rest',
        traceId: newId(),
      };
      const input = parseInput(sendMessage.input, { ...messageOf(body), roomId: row.roomId });
      const message = await messages.send(scope, input).catch((error: unknown) => {
        // The bot was taken out of the room.
        throw error instanceof AppError && ['not_a_member', 'room_not_found'].includes(error.reason)
          ? missing()
          : error;
      });
      await repo.touchIncoming(db, row.id);
      return message;
    },
  };
}

function messageOf(body: unknown): object {
  const slack = SlackBody.safeParse(body);
  if (slack.success) return { body: plainOf(slack.data.text) };
  const own = OwnBody.safeParse(body);
  if (own.success && [own.data.body, own.data.card, own.data.cards].some((given) => given !== undefined))
    return own.data;
  throw new AppError(
    'invalid',
    'invalid_input',
    'Send {"text": "…"}, {"body": "…"} or {"card": {…}}, as JSON.',
  );
}

/** Slack writes links and people in angle brackets, and escapes three signs. */
const plainOf = (text: string): string =>
  text
    .replace(/<(https?:[^|>\s]+)\|([^>]*)>/g, '$2 ($1)')
    .replace(/<(https?:[^|>\s]+)>/g, '$1')
    .replace(/<!(here|channel|everyone)(?:\|[^>]*)?>/g, (_, word) => (word === 'here' ? '@here' : '@all'))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

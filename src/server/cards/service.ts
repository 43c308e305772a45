// Presses of cards: each once, however often it is sent; shown with the message, and said to whoever listens for its author.
// Must never take a press of somebody who could not write there.
import type { InputOf, OutputOf } from '../../core/contract.ts';
import type { Tx } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Scope, ScopeUser } from '../../core/scope.ts';
import type { Message } from '../messages/contract.ts';
import type { MessagesService } from '../messages/service.ts';
import type { RoomsService } from '../rooms/service.ts';
import { actionsOf, type CardAction, type CardValue, type pressCard } from './contract.ts';
import { pressedValue } from './inputs.ts';
import * as repo from './repository.ts';

export type CardsService = ReturnType<typeof createCardsService>;

/** Said inside the transaction that commits a press. */
export interface CardPressed {
  tenantId: string;
  /** Of the row that records it. */
  id: string;
  action: CardAction;
  value: CardValue | undefined;
  by: ScopeUser;
  /** With the press shown. */
  message: Message;
}

export function createCardsService(deps: {
  messages: MessagesService;
  events: Events;
  rooms: Pick<RoomsService, 'requireRight'>;
}) {
  const { messages, events, rooms } = deps;

  const answer = (row: repo.ActionRow): OutputOf<typeof pressCard> => ({
    messageId: row.messageId,
    actionId: row.actionId,
    id: row.pressId,
    by: row.userId,
    at: row.createdAt.toISOString(),
    ...(row.value === null ? {} : { value: row.value }),
    version: row.version,
  });

  /** @throws AppError conflict `already_taken` */
  async function requireFree(tx: Tx, scope: Scope, messageId: string, action: CardAction): Promise<number> {
    const { count, first, mine } = await repo.countPresses(tx, messageId, action.actionId, scope.user.id);
    const taken = action.mode === 'once' ? count > 0 : action.mode === 'once_per_user' && mine;
    if (!taken) return count;
    const who = mine ? { id: scope.user.id, name: 'You' } : (first ?? { id: '', name: 'Somebody' });
    throw new AppError(
      'conflict',
      'already_taken',
      `${who.name} ${mine ? 'have' : 'has'} done this already; it counts once.`,
      { errors: [{ path: 'actionId', message: who.id }] },
    );
  }

  return {
    async press(scope: Scope, input: InputOf<typeof pressCard>): Promise<OutputOf<typeof pressCard>> {
      const pressId = input.id.toLowerCase();
      return messages.change(scope, input.messageId, async (tx, row, here) => {
        // Whoever may not speak here, such as who is muted, presses nothing.
        rooms.requireRight(here, 'message.send');
        if (row.deletedAt !== null)
          throw new AppError('conflict', 'message_deleted', 'The message was deleted.');
        const action = actionsOf(row.cards).find(({ actionId }) => actionId === input.actionId);
        if (action === undefined)
          throw new AppError(
            'invalid',
            'unknown_action',
            'The message has no card with this action; take one from its cards.',
            { errors: [{ path: 'actionId', message: 'is no action of this message' }] },
          );
        const value = pressedValue(action, input);
        const known = await repo.findPress(tx, row.id, action.actionId, pressId);
        if (known !== undefined) {
          if (known.userId === scope.user.id && isSame(known.value, value)) return answer(known);
          throw new AppError(
            'conflict',
            'action_id_reused',
            'This id was used for another press; make a new id.',
          );
        }
        const count = await requireFree(tx, scope, row.id, action);
        const done = await repo.insertAction(tx, {
          id: newId(),
          tenantId: row.tenantId,
          roomId: row.roomId,
          messageId: row.id,
          actionId: action.actionId,
          pressId,
          userId: scope.user.id,
          value: value === undefined ? null : JSON.stringify(value),
          version: row.version + 1,
          toldAt: null,
          toldStatus: null,
        });
        const message = await messages.putCardState(tx, row, {
          actionId: action.actionId,
          count: count + 1,
          by: scope.user.id,
          at: done.createdAt.toISOString(),
          ...(value === undefined ? {} : { value }),
        });
        await events.emit<CardPressed>(tx, 'card.pressed', [
          { tenantId: row.tenantId, id: done.id, action, value, by: scope.user, message },
        ]);
        return answer(done);
      });
    },
  };
}

/** jsonb keeps no order of keys; one that was erased since fits none. */
function isSame(stored: CardValue | null, given: CardValue | undefined): boolean {
  const spelt = (value: CardValue | null | undefined) =>
    JSON.stringify(
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
        : (value ?? null),
    );
  return spelt(stored) === spelt(given);
}

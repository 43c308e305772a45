// Reactions: added and taken back, each an entry of the room's log. The summary is kept with the message, so that reading it
// costs nothing. Must never count one person twice for one emoji.
import type { Tx } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Message } from '../messages/contract.ts';
import type { MessageLog, MessageRow, MessagesService } from '../messages/service.ts';
import { type NewEntry, notAMember, type RoomsService } from '../rooms/service.ts';
import * as repo from './repository.ts';
import { type Count, minus, plus, spelt } from './summary.ts';

export type ReactionsService = ReturnType<typeof createReactionsService>;

/** Different emoji of one message. */
const MAX_EMOJI = 20;

export function createReactionsService(deps: {
  rooms: Pick<RoomsService, 'requireRight'>;
  messages: MessagesService;
  log: MessageLog;
}) {
  const { rooms, messages, log } = deps;

  async function store(
    tx: Tx,
    scope: Scope,
    row: MessageRow,
    steps: { type: 'reaction_added' | 'reaction_removed'; emoji: string; reactions: Count[] }[],
  ): Promise<void> {
    const last = steps.at(-1);
    if (last === undefined) return;
    await repo.setSummary(tx, row.id, last.reactions);
    const entries = steps.map(
      ({ type, emoji, reactions }): NewEntry => ({
        type,
        payload: (seq) => ({
          roomId: row.roomId,
          seq,
          messageId: row.id,
          messageSeq: row.seq,
          userId: scope.user.id,
          emoji,
          reactions,
        }),
      }),
    );
    await log.append(tx, { id: row.roomId, tenantId: row.tenantId }, entries);
  }

  return {
    async add(scope: Scope, messageId: string, given: string): Promise<Message> {
      const emoji = spelt(given);
      await messages.change(scope, messageId, async (tx, row, here) => {
        rooms.requireRight(here, 'message.react');
        const mode = here.row.reactionMode;
        if (mode === 'off')
          throw new AppError(
            'forbidden',
            'reactions_off',
            'This room takes no reactions; its owner can change that.',
          );
        if (row.deletedAt !== null)
          throw new AppError('conflict', 'message_deleted', 'The message was deleted.');
        const mine = await repo.listOf(tx, row.id, scope.user.id);
        if (mine.includes(emoji)) return;
        const steps: Parameters<typeof store>[3] = [];
        let reactions: Count[] = row.reactions;
        for (const old of mode === 'one' ? mine : []) {
          await repo.remove(tx, row.id, scope.user.id, old);
          reactions = minus(reactions, old);
          steps.push({ type: 'reaction_removed', emoji: old, reactions });
        }
        reactions = plus(reactions, emoji);
        if (reactions.length > MAX_EMOJI)
          throw new AppError(
            'conflict',
            'too_many_emoji',
            `A message has at most ${MAX_EMOJI} different emoji; choose one of those that it has.`,
          );
        await repo.insert(tx, { tenantId: row.tenantId, messageId: row.id, userId: scope.user.id, emoji });
        steps.push({ type: 'reaction_added', emoji, reactions });
        await store(tx, scope, row, steps);
      });
      return messages.get(scope, messageId);
    },

    async remove(scope: Scope, messageId: string, given: string): Promise<Message> {
      const emoji = spelt(given);
      await messages.change(scope, messageId, async (tx, row, here) => {
        if (here.role === undefined) throw notAMember();
        const mine = await repo.listOf(tx, row.id, scope.user.id);
        if (!mine.includes(emoji)) return;
        await repo.remove(tx, row.id, scope.user.id, emoji);
        const reactions = minus(row.reactions, emoji);
        await store(tx, scope, row, [{ type: 'reaction_removed', emoji, reactions }]);
      });
      return messages.get(scope, messageId);
    },
  };
}

// Changes of messages that no author makes: what is kept no longer, an erased person's traces, previews, what was done with cards. Each
// is told in the room's log (P8). Without a check of rights: for the server itself.
import type { Database, Tx } from '../../core/db/database.ts';
import type { CardState } from '../cards/contract.ts';
import { cardsWith } from './cards.ts';
import * as batches from './commit-repository.ts';
import type { LinkPreview, Message } from './contract.ts';
import type { MessageLog } from './log.ts';
import * as repo from './repository.ts';
import { toMessage } from './view.ts';

/**
 * Leaves a tombstone: of what the message said nothing stays.
 * @returns how many earlier versions there were
 */
export async function bury(tx: Tx, row: repo.MessageRow): Promise<number> {
  if (row.reactions.length > 0) await repo.deleteReactions(tx, row.id);
  const versions = row.version > 1 ? await repo.deleteVersions(tx, row.id) : 0;
  if (row.cards.length > 0) await repo.deleteCardActions(tx, row.id);
  await repo.updateMessage(tx, row.id, {
    body: '',
    mentions: '[]',
    metadata: '{}',
    reactions: '[]',
    attachments: '[]',
    cards: '[]',
    previews: '[]',
    pinnedAt: null,
    pinnedBy: null,
    deletedAt: await now(tx),
  });
  if (row.threadId !== null) await repo.recountReplies(tx, row.threadId);
  return versions;
}

export async function now(tx: Tx): Promise<Date> {
  return (await tx.selectNoFrom((eb) => eb.fn<Date>('now').as('now')).executeTakeFirstOrThrow()).now;
}

export function createUpkeep({ database, log }: { database: Database; log: MessageLog }) {
  return {
    /**
     * Deletes messages for the server itself: those that a room keeps no longer, or of a person who is erased.
     * @returns how many there were, and earlier versions of them
     */
    async wipe(
      tenantId: string,
      roomId: string,
      which: { before: Date } | { authorId: string } | { ids: string[] },
      limit: number,
    ): Promise<{ messages: number; versions: number }> {
      return database.transaction(async (tx) => {
        // A deleted room has nobody to tell.
        const [room] = await batches.lockRooms(tx, [roomId], false);
        const rows = await repo.listToWipe(tx, tenantId, roomId, which, limit);
        const counts = { messages: rows.length, versions: 0 };
        for (const row of rows) {
          counts.versions += await bury(tx, row);
          if (room === undefined) continue;
          const buried = (await repo.findMessage(tx, tenantId, row.id)) as repo.MessageWithAuthor;
          const message = toMessage(buried);
          await log.appendMessageChange(
            tx,
            { id: roomId, tenantId },
            {
              type: 'message_deleted',
              messageId: row.id,
              payload: (seq) => ({ roomId, seq, messageId: row.id, message }),
            },
          );
        }
        return counts;
      });
    },

    /**
     * Changes something that messages of a room show, for the server itself, and tells of each as it then stands.
     * @param ids few: they are one transaction
     */
    async retell(
      tenantId: string,
      roomId: string,
      ids: string[],
      change: (tx: Tx) => Promise<unknown>,
    ): Promise<void> {
      await database.transaction(async (tx) => {
        // A deleted room has nobody to tell.
        const [room] = await batches.lockRooms(tx, [roomId], false);
        await change(tx);
        if (room === undefined) return;
        for (const row of await repo.listByIds(tx, tenantId, ids)) {
          if (row.deletedAt !== null) continue;
          const message = toMessage(row);
          await log.appendMessageChange(
            tx,
            { id: roomId, tenantId },
            {
              type: 'message_updated',
              messageId: row.id,
              payload: (seq) => ({ roomId, seq, message }),
            },
          );
        }
      });
    },

    /** Shows previews with a message whose words are still these. */
    async putPreviews(
      tenantId: string,
      { id, roomId, body }: Pick<Message, 'id' | 'roomId' | 'body'>,
      previews: LinkPreview[],
    ): Promise<void> {
      await database.transaction(async (tx) => {
        if ((await batches.lockRooms(tx, [roomId], false)).length === 0) return;
        const row = await repo.findMessage(tx, tenantId, id);
        if (row === undefined || row.deletedAt !== null || row.body !== body) return;
        if (JSON.stringify(row.previews) === JSON.stringify(previews)) return;
        await repo.setPreviews(tx, id, JSON.stringify(previews));
        const message = toMessage({ ...row, previews });
        await log.appendMessageChange(
          tx,
          { id: roomId, tenantId },
          { type: 'message_updated', messageId: id, payload: (seq) => ({ roomId, seq, message }) },
        );
      });
    },

    /** Shows what was done with a card, inside the transaction of `change`; one more of the message's versions. */
    async putCardState(tx: Tx, row: repo.MessageWithAuthor, state: CardState): Promise<Message> {
      await repo.updateMessage(tx, row.id, { cards: JSON.stringify(cardsWith(row.cards, state)) });
      const message = toMessage((await repo.findMessage(tx, row.tenantId, row.id)) as repo.MessageWithAuthor);
      await log.appendMessageChange(
        tx,
        { id: row.roomId, tenantId: row.tenantId },
        {
          type: 'message_updated',
          messageId: row.id,
          payload: (seq) => ({ roomId: row.roomId, seq, message }),
        },
      );
      return message;
    },
  };
}

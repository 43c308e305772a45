// Messages: send, edit, delete, history, the log, read marks, typing.
// Must never show a message to someone who may not see its room.
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import type { Failpoints } from '../../core/failpoints.ts';
import { newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { Card } from '../cards/contract.ts';
import { canInRoom, type Here, isExempt, type RoomsService } from '../rooms/service.ts';
import { blockedBy, type RulesService } from '../rules/service.ts';
import { fallbackOf } from './cards.ts';
import * as batches from './commit-repository.ts';
import { cardsOf, type Message, type RunSummary } from './contract.ts';
import type { MessageLog } from './log.ts';
import { allowMentions, findHandles, namesEveryone, namesPresent, resolveMentions } from './mentions.ts';
import { fitting, fittingAround, fittingLast } from './pages.ts';
import * as repo from './repository.ts';
import { createResume, type Place } from './resume.ts';
import type { Screening } from './screening.ts';
import type { Send } from './sends.ts';
import { bury, createUpkeep, now } from './upkeep.ts';
import { toMessage } from './view.ts';
import type { Writer } from './writer.ts';

export type { MessageLog } from './log.ts';
export type { MessageRow } from './repository.ts';
export type { Place } from './resume.ts';
export type { MessageHeld, MessageSent } from './sends.ts';
export type MessagesService = ReturnType<typeof createMessagesService>;

const TYPING_MS = 6000;

export interface SendInput {
  roomId: string;
  body: string;
  id?: string | undefined;
  threadId?: string | undefined;
  /** Ids of uploads. */
  attachments?: string[] | undefined;
  metadata?: Record<string, unknown> | undefined;
  cards?: Card[] | undefined;
  card?: Card | undefined;
  /** Mentions very many, and that is meant. */
  confirm?: boolean | undefined;
}

/** As much of a send as is kept of it while it waits for a moderator. */
export type HeldSend = Pick<
  Send,
  'kind' | 'body' | 'threadId' | 'confirmed' | 'attachments' | 'cards' | 'metadata' | 'run' | 'rootId' | 'hop'
> &
  // Those that wait since before it was kept have none.
  Partial<Pick<Send, 'present'>>;

/** Said inside the transaction that commits an edit or a deletion. */
export interface MessageChanged {
  tenantId: string;
  message: Message;
  deleted: boolean;
}

/** What only an agent's run may say about a message. */
export interface RunContext {
  run: RunSummary;
  rootId: string;
  hop: number;
  /** Runs in the committing transaction; a throw refuses the message. */
  within?(tx: Tx, message: Message): Promise<void>;
}

export function createMessagesService(deps: {
  database: Database;
  rooms: RoomsService;
  log: MessageLog;
  writer: Writer;
  events: Events;
  epoch: () => Promise<string>;
  /** People who are in a room now. */
  present: (roomId: string) => Promise<string[]>;
  failpoints: Failpoints;
  rules: Pick<RulesService, 'breach'>;
  screening: Screening;
}) {
  const { database, rooms, log, writer, rules } = deps;
  const { db } = database;
  const { screened, screenedCards, flaggedByService, concerns } = deps.screening;
  const { page, missed } = createResume({ database, log, epoch: deps.epoch });

  async function mentionsIn(roomId: string, body: string) {
    const found = findHandles(body);
    if (found.length === 0) return { mentions: [], members: 0 };
    const users = await repo.findMembersByHandle(db, roomId, [...new Set(found.flatMap((f) => f.keys))]);
    const mentions = resolveMentions(found, new Map(users.map((u) => [u.handleKey, u])));
    const members = namesEveryone(found) ? await repo.countMembers(db, roomId) : 0;
    return { mentions, members };
  }

  /** Who else is connected to the room now, member or not. */
  async function presentIn(scope: Scope, roomId: string): Promise<string[]> {
    return (await deps.present(roomId)).filter((id) => id !== scope.user.id);
  }

  /** Of a message that is changed: those whom it reached stay those whom it reached. */
  async function stillPresent(tx: Tx, row: repo.MessageRow, present: string[]): Promise<string[]> {
    const before = row.mentions.find(({ kind }) => kind === 'here')?.userIds;
    if (before !== undefined) return before;
    return present.length === 0 ? [] : repo.listMembersAmong(tx, row.roomId, present);
  }

  const wordsOf = ({ body }: SendInput, cards: Card[]) => ({
    cards,
    body: body.trim() === '' ? fallbackOf(cards, body) : body,
    flagged: false,
  });

  /** What a send says once it has passed what its author's texts have to pass. */
  async function screen(
    scope: Scope,
    of: { roomId: string; messageId: string },
    input: SendInput,
    judged: boolean,
  ): Promise<ReturnType<typeof wordsOf>> {
    const words = wordsOf(input, await screenedCards(scope, of, cardsOf(input)));
    const body = await screened(scope, { ...of, body: words.body, judged });
    return { ...words, body, flagged: await flaggedByService(scope, of.roomId, body) };
  }

  async function send(scope: Scope, input: SendInput, context?: Partial<RunContext>): Promise<Message> {
    // Nothing is awaited that is there already: each wait of a send is a turn for all that are in flight.
    const named = rooms.resolveId(scope, input.roomId);
    const roomId = typeof named === 'string' ? named : await named;
    const id = input.id?.toLowerCase() ?? newId();
    const { cards, body, flagged } = concerns(scope)
      ? await screen(scope, { roomId, messageId: id }, input, context !== undefined)
      : wordsOf(input, cardsOf(input));
    const handles = findHandles(body);
    const present = namesPresent(handles) ? await presentIn(scope, roomId) : [];
    try {
      const message = await writer.send({
        tenantId: scope.tenantId,
        roomId,
        id,
        flagged,
        author: scope.user,
        via: scope.via,
        kind: scope.user.kind === 'agent' ? 'agent' : 'text',
        body,
        threadId: input.threadId?.toLowerCase() ?? null,
        handles,
        present,
        confirmed: input.confirm === true,
        asAdmin: scope.role === 'admin',
        attachments: [...new Set(input.attachments?.map((id) => id.toLowerCase()))],
        cards,
        metadata: input.metadata ?? {},
        run: context?.run,
        rootId: context?.rootId ?? null,
        hop: context?.hop ?? 0,
        within: context?.within,
      });
      const pause = deps.failpoints.hitSoon('before-ack');
      if (pause !== undefined) await pause;
      return message;
    } catch (error) {
      // Whoever may not even see the room learns nothing else.
      if (error instanceof AppError && error.reason === 'not_a_member')
        await rooms.requireVisible(scope, roomId);
      throw error;
    }
  }

  const messageNotFound = () =>
    notFound('message_not_found', 'There is no such message, or you may not see it.');

  /** The message if the caller may see its room. */
  async function requireMessage(
    scope: Scope,
    id: string,
    at: Database['db'] | Tx = db,
  ): Promise<repo.MessageWithAuthor> {
    const row = await repo.findMessage(at, scope.tenantId, id);
    if (row === undefined) throw messageNotFound();
    await asMessage(rooms.requireVisible(scope, row.roomId, at));
    return row;
  }

  /** Whoever asked for a message learns of the message only. */
  const asMessage = <T>(look: Promise<T>): Promise<T> =>
    look.catch((error: unknown) => {
      throw error instanceof AppError && error.reason === 'room_not_found' ? messageNotFound() : error;
    });

  /** Messages as one reader sees them; a look at the reactions only where there are some. */
  async function shownTo(scope: Scope, rows: repo.MessageWithAuthor[], at: Database['db'] | Tx = db) {
    const reacted = rows.filter((row) => row.reactions.length > 0).map((row) => row.id);
    const mine = reacted.length === 0 ? undefined : await repo.listReactionsBy(at, scope.user.id, reacted);
    return rows.map((row) => toMessage(row, mine?.get(row.id)));
  }

  async function changeText(
    scope: Scope,
    id: string,
    apply: (
      row: repo.MessageWithAuthor,
      tx: Tx,
    ) => Promise<'message_updated' | 'message_deleted' | undefined>,
  ): Promise<Message> {
    return database.transaction(async (tx) => {
      const seen = await requireMessage(scope, id, tx);
      const [room] = await batches.lockRooms(tx, [seen.roomId], false);
      if (room === undefined) throw messageNotFound();
      const row = (await repo.findMessage(tx, scope.tenantId, id)) as repo.MessageWithAuthor;
      const type = await apply(row, tx);
      const changed = (await repo.findMessage(tx, scope.tenantId, id)) as repo.MessageWithAuthor;
      const message = toMessage(changed);
      if (type !== undefined) {
        const { roomId } = message;
        await log.appendMessageChange(
          tx,
          { id: roomId, tenantId: scope.tenantId },
          {
            type,
            messageId: id,
            payload: (seq) =>
              type === 'message_deleted' ? { roomId, seq, messageId: id, message } : { roomId, seq, message },
          },
        );
        await deps.events.emit<MessageChanged>(tx, 'message.changed', [
          { tenantId: scope.tenantId, message, deleted: type === 'message_deleted' },
        ]);
      }
      return (await shownTo(scope, [changed], tx))[0] as Message;
    });
  }

  return {
    ...createUpkeep({ database, log }),
    send,

    /** Stores a message that a rule held, as it was sent and under its id; `within` runs in the same transaction. */
    release: (
      held: HeldSend & Pick<Send, 'id' | 'tenantId' | 'roomId' | 'author' | 'via'>,
      within: (tx: Tx) => Promise<void>,
    ): Promise<Message> =>
      writer.send({
        ...held,
        handles: findHandles(held.body),
        present: held.present ?? [],
        asAdmin: false,
        reviewed: true,
        within,
      }),

    require: requireMessage,
    shownTo,

    async get(scope: Scope, id: string): Promise<Message> {
      return (await shownTo(scope, [await requireMessage(scope, id)]))[0] as Message;
    },

    /** One transaction for a change of something about a message, with its room locked. */
    async change<T>(
      scope: Scope,
      id: string,
      fn: (tx: Tx, row: repo.MessageWithAuthor, here: Here) => Promise<T>,
    ): Promise<T> {
      const { roomId } = await requireMessage(scope, id);
      return asMessage(
        rooms.change(scope, roomId, async (tx, here) => {
          const row = await repo.findMessage(tx, scope.tenantId, id);
          if (row === undefined) throw messageNotFound();
          return fn(tx, row, here);
        }),
      );
    },

    /** Those of a room that the caller was found to see; in any order. */
    async byIds(scope: Scope, ids: string[]): Promise<Message[]> {
      return ids.length === 0 ? [] : shownTo(scope, await repo.listByIds(db, scope.tenantId, ids));
    },

    /** A message and at most so many before it, oldest first. @throws AppError not_found */
    async leadingTo(
      scope: Scope,
      at: { roomId: string; messageId: string; limit: number },
    ): Promise<{ message: Message; before: Message[] }> {
      const rows = await repo.listLeadingTo(db, scope.tenantId, scope.user.id, at);
      const shown = fittingLast(rows.map((row) => toMessage(row)));
      const message = shown.pop();
      if (message?.id !== at.messageId) throw messageNotFound();
      return { message, before: shown };
    },

    /** Of these, what the caller may read as a member now, in any order; none that was deleted. */
    async readable(scope: Scope, ids: string[]): Promise<Message[]> {
      if (ids.length === 0) return [];
      const rows = await repo.listReadable(db, scope.tenantId, scope.user.id, ids);
      return shownTo(scope, rows);
    },

    /** A message that stands, for jobs: without a check of rights. */
    async bare(tenantId: string, id: string, at: Database['db'] | Tx = db): Promise<Message | undefined> {
      const row = await repo.findMessage(at, tenantId, id);
      return row === undefined || row.deletedAt !== null ? undefined : toMessage(row);
    },

    /** History; oldest first in each page. */
    async list(
      scope: Scope,
      input: {
        roomId: string;
        before?: number | undefined;
        after?: number | undefined;
        around?: number | undefined;
        threadId?: string | undefined;
        /** Only the replies in this thread, without its first message. */
        repliesTo?: string | undefined;
        limit: number;
        cursor?: string | undefined;
      },
    ) {
      const { row: room } = await rooms.requireVisible(scope, input.roomId);
      const given = [input.before, input.after, input.around].filter((n) => n !== undefined);
      if (given.length > 1)
        throw new AppError('invalid', 'invalid_input', 'Give at most one of before, after and around.');
      const { limit } = input;
      const only = { threadId: input.threadId, repliesTo: input.repliesTo, limit };
      const cursor = input.cursor === undefined ? undefined : Number(input.cursor);
      if (cursor !== undefined && !Number.isSafeInteger(cursor))
        throw new AppError('invalid', 'invalid_input', 'cursor: use the nextCursor of the page before.');
      const before = input.before ?? (given.length === 0 ? cursor : undefined);
      let rows: repo.MessageWithAuthor[];
      let hasMoreBefore: boolean;
      let hasMoreAfter: boolean;
      if (input.around !== undefined) {
        const half = Math.ceil(limit / 2);
        const older = await repo.listMessages(db, room.id, {
          ...only,
          before: input.around + 1,
          limit: half,
        });
        const newer = await repo.listMessages(db, room.id, {
          ...only,
          after: input.around,
          limit: limit - half,
        });
        hasMoreBefore = older.length > half;
        hasMoreAfter = newer.length > limit - half;
        rows = [...(hasMoreBefore ? older.slice(1) : older), ...newer.slice(0, limit - half)];
      } else if (input.after !== undefined) {
        rows = await repo.listMessages(db, room.id, { ...only, after: input.after });
        hasMoreAfter = rows.length > limit;
        rows = rows.slice(0, limit);
        hasMoreBefore = input.after > 0;
      } else {
        rows = await repo.listMessages(db, room.id, { ...only, before });
        hasMoreBefore = rows.length > limit;
        if (hasMoreBefore) rows = rows.slice(1);
        hasMoreAfter = before !== undefined;
      }
      const whole = await shownTo(scope, rows);
      let data: Message[];
      if (input.around !== undefined) data = fittingAround(whole, input.around);
      else data = input.after === undefined ? fittingLast(whole) : fitting(whole);
      const first = data[0];
      hasMoreBefore ||= first?.seq !== whole[0]?.seq;
      hasMoreAfter ||= data.at(-1)?.seq !== whole.at(-1)?.seq;
      return {
        data,
        hasMoreBefore,
        hasMoreAfter,
        ...(hasMoreBefore && first !== undefined ? { nextCursor: String(first.seq) } : {}),
      };
    },

    async edit(
      scope: Scope,
      input: {
        messageId: string;
        body: string;
        expectedVersion?: number | undefined;
        version?: number | undefined;
        confirm?: boolean | undefined;
      },
    ): Promise<Message> {
      const expected = input.expectedVersion ?? input.version;
      const seen = await requireMessage(scope, input.messageId);
      const { roomId, id: messageId } = seen;
      const body = await screened(scope, { roomId, messageId, body: input.body, judged: false });
      const found = await mentionsIn(seen.roomId, body);
      const flagged = await flaggedByService(scope, roomId, body);
      const present = namesPresent(findHandles(body)) ? await presentIn(scope, roomId) : [];
      return changeText(scope, input.messageId, async (row, tx) => {
        if (row.authorId !== scope.user.id)
          throw new AppError('forbidden', 'not_author', 'Only its author edits a message.');
        await rooms.requireMember(scope, row.roomId, tx);
        const here = await rooms.standing(tx, scope, row.roomId);
        // Changing what one said is saying it.
        rooms.requireRight(here, 'message.send');
        if (row.deletedAt !== null)
          throw new AppError('conflict', 'message_deleted', 'The message was deleted.');
        if (expected !== undefined && expected !== row.version) {
          throw new AppError(
            'conflict',
            'stale_version',
            `The message is at version ${row.version} by now; fetch it and edit again.`,
          );
        }
        if (row.body === body) return undefined;
        const by = {
          agent: scope.user.kind === 'agent',
          mayEveryone: canInRoom('mention.everyone', here),
          confirmed: input.confirm === true,
        };
        const mentions = allowMentions(
          found.mentions,
          by,
          found.members - 1,
          await stillPresent(tx, row, present),
        );
        const breach = isExempt(here)
          ? undefined
          : await rules.breach(tx, here.row, {
              authorId: row.authorId,
              texts: [body],
              mentions: mentions.length,
              flagged,
            });
        // Others have seen what it said until now: there is nothing to hold.
        if (breach !== undefined) throw blockedBy(breach);
        await repo.keepVersion(tx, row);
        await repo.updateMessage(tx, row.id, {
          body,
          previews: '[]',
          mentions: JSON.stringify(mentions),
          editedAt: await now(tx),
        });
        return 'message_updated';
      });
    },

    async remove(scope: Scope, id: string): Promise<Message> {
      return changeText(scope, id, async (row, tx) => {
        const seen = await rooms.requireVisible(scope, row.roomId, tx);
        if (row.authorId !== scope.user.id && !canInRoom('message.delete_any', rooms.seenAs(scope, seen))) {
          throw new AppError(
            'forbidden',
            'not_author',
            'Only its author or an admin of the room deletes a message.',
          );
        }
        if (row.deletedAt !== null) return undefined;
        await bury(tx, row);
        return 'message_deleted';
      });
    },

    async events(scope: Scope, key: string, from: Place & { afterSeq: number }, limit: number) {
      const { row } = await rooms.requireVisible(scope, key);
      return page(row.id, row.lastSeq, from, limit);
    },

    missed,

    async markRead(scope: Scope, key: string, seq: number) {
      const { roomId, me } = await rooms.advanceReadMark(scope, key, seq);
      log.signal(roomId, 'read', { roomId, userId: scope.user.id, readSeq: me.readSeq });
      return me;
    },

    async typing(scope: Scope, key: string, on: boolean): Promise<void> {
      const { row } = await rooms.requireMember(scope, key);
      log.signal(row.id, 'typing', {
        roomId: row.id,
        userId: scope.user.id,
        on,
        expiresInMs: on ? TYPING_MS : 0,
      });
    },
  };
}

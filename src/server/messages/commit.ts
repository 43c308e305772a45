// The writer's one transaction: three statements for a batch of plain sends, and what rules, slow mode, drafts and files ask beside
// them. Must never announce anything before it is committed.
import type { LogEntry } from '../../core/bus.ts';
import type { Clock } from '../../core/clock.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import type { DeliveryMemory } from '../../core/deliveries.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import type { Failpoints } from '../../core/failpoints.ts';
import type { Metrics } from '../../core/metrics.ts';
import { jsonOfShared } from '../../core/shared-json.ts';
import { canInRoom, decideRight, isExempt, refusal } from '../rooms/service.ts';
import { blockedBy, type RulesService } from '../rules/service.ts';
import type { UploadsService } from '../uploads/service.ts';
import { textsOf } from './cards.ts';
import * as batches from './commit-repository.ts';
import type { Attachment, Mention, Message } from './contract.ts';
import type { MessageLog } from './log.ts';
import { namesEveryone } from './mentions.ts';
import * as repo from './repository.ts';
import {
  authorNow,
  build,
  heldForReview,
  idReused,
  type Members,
  type MessageHeld,
  type MessageSent,
  mentionsOf,
  refuse,
  rejectedByModerator,
  type Send,
  sameSend,
  spokeAt,
  standingOf,
  type Waiting,
} from './sends.ts';
import { toMessage } from './view.ts';

/** Longest that a caller waits for its commit: a frozen database or a locked room must be told, not sat out. */
export const MAX_WAIT_MS = 3000;

/** Stores a batch in one transaction. Resolves to the sends whose rooms another node holds: they are left out, unless it is to wait. */
export type Commit = (batch: Waiting[], wait: boolean) => Promise<Waiting[]>;

export function createCommit(deps: {
  database: Database;
  events: Events;
  clock: Clock;
  log: MessageLog;
  metrics: Metrics;
  failpoints: Failpoints;
  uploads: Pick<UploadsService, 'attachable' | 'attach'>;
  deliveries: Pick<DeliveryMemory, 'committed'>;
  rules: Pick<RulesService, 'breach'>;
}): Commit {
  const { database, events, clock, log, metrics, failpoints, uploads, deliveries, rules } = deps;

  async function store(batch: Waiting[], wait: boolean): Promise<Waiting[]> {
    const left: Waiting[] = [];
    const outcomes: (() => void)[] = [];
    let stored: { waiting: Waiting[]; message: Message }[] = [];
    await database.transaction(async (tx) => {
      left.length = 0;
      outcomes.length = 0;
      stored = [];
      const roomIds = [...new Set(batch.map((w) => w.send.roomId))];
      const blocking = wait || roomIds.length === 1;
      const rooms = new Map((await batches.lockRooms(tx, roomIds, !blocking)).map((room) => [room.id, room]));
      const reachable: Waiting[] = [];
      for (const w of batch) {
        const room = rooms.get(w.send.roomId);
        if (room !== undefined && room.tenantId === w.send.tenantId) reachable.push(w);
        else if (room === undefined && !blocking) left.push(w);
        else
          outcomes.push(() =>
            w.reject(notFound('room_not_found', 'There is no such room, or you may not see it.')),
          );
      }
      if (reachable.length === 0) return;
      const checks = await batches.checkSends(
        tx,
        reachable.map(({ send }) => ({
          roomId: send.roomId,
          authorId: send.author.id,
          id: send.id,
          threadId: send.threadId,
        })),
      );
      const byPlace = new Map(checks.map((check) => [check.place, check]));
      const mentioned = await findMentioned(
        tx,
        reachable.map((w) => w.send),
      );
      const attached = await findAttached(
        tx,
        reachable.map((w) => w.send),
      );
      const fresh = new Map<
        string,
        {
          waiting: Waiting[];
          row: batches.NewMessageRow;
          message: Message;
          room: batches.LockedRoom;
          mayInvoke: boolean;
        }
      >();
      const drafts: { roomId: string; authorId: string }[] = [];
      /** Who speaks in rooms of slow mode, by room and author. */
      const speakers = new Map<string, { roomId: string; authorId: string; tenantId: string }>();
      const repeats: Waiting[] = [];
      for (const [i, w] of reachable.entries()) {
        const check = byPlace.get(i + 1) as batches.SendCheck;
        const asked = w.send;
        const refused = refuse(check, w.send);
        if (refused !== undefined) {
          outcomes.push(() => w.reject(refused));
          continue;
        }
        // Threads are one level: who answers a reply answers in its thread.
        const threadId = check.odd?.threadRoot ?? null;
        if (threadId !== w.send.threadId) w.send = { ...w.send, threadId };
        if (check.odd !== null && check.odd.existingAuthor !== null) {
          repeats.push(w);
          continue;
        }
        const twin = fresh.get(w.send.id);
        if (twin !== undefined) {
          if (sameSend(twin.message, w.send)) twin.waiting.push(w);
          else outcomes.push(() => w.reject(idReused()));
          continue;
        }
        const room = rooms.get(w.send.roomId) as batches.LockedRoom;
        const who = standingOf(w.send, room, check);
        const reviewed = w.send.reviewed === true;
        const held = check.odd?.held;
        if (!reviewed && (held === 'waiting' || held === 'rejected')) {
          outcomes.push(() => w.reject(held === 'waiting' ? heldForReview() : rejectedByModerator()));
          continue;
        }
        const slow = !reviewed && room.slowModeSeconds > 0 && !isExempt(who);
        const speaker = slow ? `${room.id} ${w.send.author.id}` : '';
        if (slow) {
          const spoke = speakers.has(speaker) ? room.now : spokeAt(check);
          who.waitMs =
            spoke === null ? 0 : spoke.getTime() + room.slowModeSeconds * 1000 - room.now.getTime();
        }
        const verdict = decideRight('message.send', who);
        if (!verdict.allowed && !reviewed) {
          outcomes.push(() => w.reject(refusal('message.send', verdict)));
          continue;
        }
        const files = attached.get(asked) ?? [];
        if (files instanceof AppError) {
          outcomes.push(() => w.reject(files));
          continue;
        }
        const mentions = mentionsOf(w.send, who, mentioned.get(room.id));
        if (mentions instanceof AppError) {
          outcomes.push(() => w.reject(mentions));
          continue;
        }
        const breach =
          reviewed || room.rulesVersion === 0 || isExempt(who)
            ? undefined
            : await rules.breach(tx, room, {
                authorId: w.send.author.id,
                texts: [w.send.body, ...textsOf(w.send.cards)],
                mentions: w.send.handles.length,
                flagged: w.send.flagged === true,
              });
        if (breach?.action === 'refuse') {
          outcomes.push(() => w.reject(blockedBy(breach)));
          continue;
        }
        if (breach !== undefined) {
          await hold(tx, w.send, room, mentions, files, breach.rule);
          outcomes.push(() => w.reject(heldForReview()));
          continue;
        }
        room.lastSeq += 1;
        // What is written in a thread does not stand in the room's composer.
        if (check.odd?.drafted === true && w.send.threadId === null)
          drafts.push({ roomId: room.id, authorId: w.send.author.id });
        if (slow)
          speakers.set(speaker, { roomId: room.id, authorId: w.send.author.id, tenantId: w.send.tenantId });
        const mayInvoke = canInRoom('agent.invoke', who);
        const author = authorNow(w.send, check);
        const { row, message } = build(w.send, room, author, mentions, files);
        fresh.set(w.send.id, { waiting: [w], room, mayInvoke, row, message });
      }
      for (const w of repeats) await repeat(tx, w, outcomes);
      if (fresh.size === 0) return;
      const sent = [...fresh.values()];
      const lastSeqs = new Map(sent.map(({ room }) => [room.id, room.lastSeq]));
      await batches.insertMessages(
        tx,
        sent.map((s) => s.row),
        (sent[0] as (typeof sent)[number]).room.now,
        lastSeqs,
      );
      const attachments = sent.flatMap(({ row: { id: messageId, tenantId, roomId }, message }) =>
        message.attachments.map(({ id: uploadId }) => ({ messageId, uploadId, tenantId, roomId })),
      );
      if (attachments.length > 0) await uploads.attach(tx, attachments);
      if (drafts.length > 0) await batches.endDrafts(tx, drafts, (sent[0] as (typeof sent)[number]).room.now);
      if (speakers.size > 0)
        await batches.noteSpeakers(tx, [...speakers.values()], (sent[0] as (typeof sent)[number]).room.now);
      for (const { waiting, message } of sent) {
        const within = waiting[0]?.send.within;
        if (within !== undefined) await within(tx, message);
      }
      await events.emit<MessageSent>(
        tx,
        'message.sent',
        sent.map(({ row, message, room, mayInvoke }) => ({
          tenantId: row.tenantId,
          roomKind: room.kind,
          mayInvoke,
          loud: room.loud,
          heard: room.heard,
          message,
          rootId: row.rootId,
          hop: row.hop,
        })),
      );
      database.afterCommit(tx, () => failpoints.hit('after-commit-before-publish'));
      for (const [roomId, group] of Map.groupBy(sent, (s) => s.row.roomId)) {
        database.afterCommit(tx, () => remember(roomId, group, sent.length));
        log.publishAfterCommit(
          tx,
          roomId,
          group.map(
            ({ row, message }): LogEntry => ({ seq: row.seq, type: row.type, json: jsonOfShared(message) }),
          ),
        );
      }
      metrics.commitBatch.observe(sent.length);
      for (const [kind, some] of Map.groupBy(sent, ({ message }) => message.kind))
        metrics.messages.inc({ kind }, some.length);
      stored = sent;
    });
    for (const outcome of outcomes) outcome();
    for (const { waiting, message } of stored) for (const w of waiting) w.resolve(message);
    return left;
  }

  /** For whoever asks later how a message went. */
  function remember(
    roomId: string,
    group: { row: { seq: number }; waiting: Waiting[] }[],
    together: number,
  ): void {
    const now = clock.elapsed();
    deliveries.committed({
      roomId,
      from: (group[0] as (typeof group)[number]).row.seq,
      to: (group.at(-1) as (typeof group)[number]).row.seq,
      sends: group.map(({ waiting: [first] }) => ({
        via: (first as Waiting).send.via,
        waitedMs: Math.round(now - (first as Waiting).deadline + MAX_WAIT_MS),
      })),
      together,
    });
  }

  /** Keeps a message for a moderator instead of storing it; whatever goes with it is done. */
  async function hold(
    tx: Tx,
    send: Send,
    room: batches.LockedRoom,
    mentions: Mention[],
    files: Attachment[],
    rule: string,
  ): Promise<void> {
    const { tenantId, roomId, id, author } = send;
    const { kind, body, threadId, present, confirmed, attachments, cards, metadata, run, rootId, hop } = send;
    await batches.holdMessage(tx, {
      id,
      tenantId,
      roomId,
      authorId: author.id,
      rule,
      send: JSON.stringify({
        kind,
        body,
        threadId,
        present,
        confirmed,
        attachments,
        cards,
        metadata,
        run,
        rootId,
        hop,
      }),
    });
    await send.within?.(tx, build(send, room, send.author, mentions, files).message);
    await events.emit<MessageHeld>(tx, 'message.held', [{ tenantId, roomId, messageId: id, author, rule }]);
  }

  /** What the sends of a batch attach, or why one may not; no query when none attaches anything. */
  async function findAttached(tx: Tx, sends: Send[]): Promise<Map<Send, Attachment[] | AppError>> {
    const some = sends.filter((send) => send.attachments.length > 0);
    if (some.length === 0) return new Map();
    const asked = some.map((send) => ({
      tenantId: send.tenantId,
      userId: send.author.id,
      ids: send.attachments,
    }));
    const found = await uploads.attachable(tx, asked);
    return new Map(some.map((send, i) => [send, found[i] as Attachment[] | AppError]));
  }

  /** A send whose id is taken: the first result for the same words, a conflict for others. */
  async function repeat(tx: Tx, w: Waiting, outcomes: (() => void)[]): Promise<void> {
    const row = await repo.findMessage(tx, w.send.tenantId, w.send.id);
    if (row === undefined) return void outcomes.push(() => w.reject(idReused()));
    const message = toMessage(row);
    // The words may have been edited or deleted since; then only the id can tell.
    const changed = row.version > 1;
    if (
      row.authorId !== w.send.author.id ||
      row.roomId !== w.send.roomId ||
      (!changed && !sameSend(message, w.send))
    ) {
      return void outcomes.push(() => w.reject(idReused()));
    }
    await w.send.within?.(tx, message);
    outcomes.push(() => w.resolve(message));
  }

  return store;
}

/** Members by room and folded handle, for the handles that a batch names; no query when there are none. */
async function findMentioned(tx: Tx, sends: Send[]): Promise<Map<string, Members>> {
  const byRoom = new Map<string, Members>();
  for (const [roomId, group] of Map.groupBy(
    sends.filter((s) => s.handles.length > 0),
    (s) => s.roomId,
  )) {
    const keys = [...new Set(group.flatMap((s) => s.handles.flatMap((h) => h.keys)))];
    const users = await repo.findMembersByHandle(tx, roomId, keys);
    const everyone = group.some((s) => namesEveryone(s.handles));
    const count = everyone ? await repo.countMembers(tx, roomId) : 0;
    const connected = [...new Set(group.flatMap((s) => s.present))];
    const present = connected.length === 0 ? [] : await repo.listMembersAmong(tx, roomId, connected);
    byRoom.set(roomId, {
      byHandle: new Map(users.map((u) => [u.handleKey, u])),
      count,
      present: new Set(present),
    });
  }
  return byRoom;
}

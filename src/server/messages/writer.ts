// Commits sends in groups: whatever waits when a transaction ends goes into the next one, so a lone message never
// waits and a crowd shares its commits (invariants P1, P2, P4). Must never answer a send before its commit.
import type { LogEntry } from '../../core/bus.ts';
import type { Clock } from '../../core/clock.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { untimed } from '../../core/db/deadline.ts';
import type { DeliveryMemory } from '../../core/deliveries.ts';
import { AppError, isUnavailable, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import type { Failpoints } from '../../core/failpoints.ts';
import type { Metrics } from '../../core/metrics.ts';
import type { Pace } from '../../core/pace.ts';
import type { ScopeUser, Surface } from '../../core/scope.ts';
import type { SpanRef, Tracer } from '../../core/tracing.ts';
import type { Card } from '../cards/contract.ts';
import { canInRoom, decideRight, type InRoom, isExempt, notAMember, refusal } from '../rooms/service.ts';
import { blockedBy, type RulesService } from '../rules/service.ts';
import type { UploadsService } from '../uploads/service.ts';
import { sameCards, textsOf } from './cards.ts';
import type { Attachment, Mention, Message, RunSummary } from './contract.ts';
import { type MessageLog, roomTopic } from './log.ts';
import { allowMentions, type FoundHandle, namesEveryone, resolveMentions } from './mentions.ts';
import * as repo from './repository.ts';
import { toMessage } from './view.ts';

export interface Send {
  tenantId: string;
  roomId: string;
  id: string;
  author: ScopeUser;
  /** The door it came by. */
  via: Surface;
  kind: 'text' | 'agent' | 'system';
  body: string;
  threadId: string | null;
  /** `@handle`s in the body; who they are is looked up when the message is committed. */
  handles: FoundHandle[];
  /** Who else is connected to the room, where the handles ask for it. */
  present: string[];
  /** The author means to mention very many. */
  confirmed: boolean;
  /** Signed in as administrator of the server. */
  asAdmin: boolean;
  /** Ids of uploads of the author. */
  attachments: string[];
  cards: Card[];
  metadata: Record<string, unknown>;
  run?: RunSummary | undefined;
  rootId: string | null;
  hop: number;
  /** A moderator has seen it: it is stored whatever the rules say. */
  reviewed?: boolean | undefined;
  /** By the moderation service. */
  flagged?: boolean | undefined;
  /** Runs in the committing transaction, also when the message was there already; a throw refuses the send. */
  within?: ((tx: Tx, message: Message) => Promise<void>) | undefined;
}

/** Said inside the committing transaction, once per batch. */
export interface MessageSent {
  tenantId: string;
  roomKind: 'channel' | 'group' | 'direct';
  /** Somebody hears of every message of the room. */
  loud: boolean;
  /** Its author may address agents here. */
  mayInvoke: boolean;
  message: Message;
  rootId: string | null;
  hop: number;
}

/** Said inside the transaction that keeps a message for a moderator. */
export interface MessageHeld {
  tenantId: string;
  roomId: string;
  messageId: string;
  author: ScopeUser;
  rule: string;
}

interface Waiting {
  send: Send;
  resolve(message: Message): void;
  reject(error: unknown): void;
  /** Of the call that asked, since its commit is shared with others. */
  span: SpanRef | undefined;
  /** Refused after this, by `clock.elapsed()`. */
  deadline: number;
  /** Answered because its time was up; then it is not stored any more, unless its commit is under way. */
  over: boolean;
}

export interface Writer {
  send(send: Send): Promise<Message>;
  /** Resolves when nothing waits or is being committed. */
  idle(): Promise<void>;
  /** Messages that wait or are being committed. */
  waiting(): number;
}

const MAX_BATCH = 256;
/** Sends that may wait on this node; more are refused with `unavailable`. */
const MAX_WAITING = 20_000;
/** Longest that a caller waits for its commit: a frozen database or a locked room must be told, not sat out. */
const MAX_WAIT_MS = 3000;
const LATE_CHECK_MS = 100;

export function createWriter(deps: {
  database: Database;
  events: Events;
  clock: Clock;
  log: MessageLog;
  metrics: Metrics;
  tracer: Tracer;
  pace: Pace;
  failpoints: Failpoints;
  uploads: Pick<UploadsService, 'attachable' | 'attach'>;
  deliveries: Pick<DeliveryMemory, 'committed'>;
  rules: Pick<RulesService, 'breach'>;
}): Writer {
  const { database, events, clock, log, metrics, tracer, pace, failpoints, uploads, deliveries, rules } =
    deps;
  /** Sends waiting, by room; a room whose batch is being committed keeps its newcomers here. */
  const waiting = new Map<string, Waiting[]>();
  const busy = new Set<string>();
  const slots = database.kind === 'pglite' ? 1 : 3;
  let committing = 0;
  let scheduled = false;
  let resting: NodeJS.Timeout | undefined;
  let total = 0;
  let whenIdle: (() => void)[] = [];
  /** All that wait or are being committed, oldest first. */
  const open = new Set<Waiting>();
  let watching: NodeJS.Timeout | undefined;

  /** Tells those who have waited too long to try again: under the same id, so it does not matter if the commit succeeds. */
  function refuseLate(): void {
    const now = clock.elapsed();
    for (const w of open) {
      if (w.deadline > now) break;
      open.delete(w);
      w.over = true;
      w.reject(tooSlow());
    }
    if (open.size > 0) return;
    clearInterval(watching);
    watching = undefined;
  }

  /** Pumps once this turn's input is read: sends of one turn of the loop share a commit. */
  function schedule(): void {
    if (scheduled || waiting.size === 0) return;
    scheduled = true;
    setImmediate(untimed, pump);
  }

  function pump(): void {
    scheduled = false;
    clearTimeout(resting);
    while (committing < slots) {
      const { batch, restMs } = takeBatch();
      if (batch.length === 0) {
        if (restMs > 0) resting = setTimeout(schedule, restMs);
        break;
      }
      committing++;
      const rooms = new Set(batch.map((w) => w.send.roomId));
      for (const room of rooms) busy.add(room);
      void commitOrIsolate(batch).finally(() => {
        committing--;
        total -= batch.length;
        for (const w of batch) open.delete(w);
        for (const room of rooms) busy.delete(room);
        // Whatever came in while this batch was written out to its members joins the next one.
        schedule();
        if (total === 0) {
          for (const resolve of whenIdle) resolve();
          whenIdle = [];
        }
      });
    }
  }

  /** @returns restMs: how long the room rests that may go first, of those passed over */
  function takeBatch(): { batch: Waiting[]; restMs: number } {
    const batch: Waiting[] = [];
    let restMs = 0;
    for (const [roomId, queue] of waiting) {
      if (busy.has(roomId)) continue;
      // While a large room takes a breath, more sends gather for its next commit.
      const rest = queue.length >= MAX_BATCH ? 0 : pace.rest(roomTopic(roomId));
      if (rest > 0) {
        restMs = restMs === 0 ? rest : Math.min(restMs, rest);
        continue;
      }
      const room = MAX_BATCH - batch.length;
      if (queue.length <= room) {
        batch.push(...queue);
        waiting.delete(roomId);
      } else {
        batch.push(...queue.splice(0, room));
      }
      if (batch.length >= MAX_BATCH) break;
    }
    return { batch, restMs };
  }

  /** Commits a batch; if it fails as a whole, tries each room and then each send alone, so that one cannot hurt others. */
  async function commitOrIsolate(batch: Waiting[]): Promise<void> {
    let parts: Waiting[][];
    try {
      const locked = await commit(batch);
      // Rooms that another node holds are waited for one by one.
      parts = Object.values(Object.groupBy(locked, (w) => w.send.roomId)) as Waiting[][];
      if (parts.length === 0) return;
      await Promise.all(parts.map((part) => commitAlone(part)));
    } catch (error) {
      if (hurtsAll(error) || (batch.length === 1 && !isTakenId(error))) {
        for (const w of batch) w.reject(error);
        return;
      }
      for (const w of batch) await commitAlone([w]);
    }
  }

  async function commitAlone(part: Waiting[]): Promise<void> {
    try {
      await commit(part, true);
    } catch (error) {
      if (part.length === 1 || hurtsAll(error)) for (const w of part) w.reject(error);
      else for (const w of part) await commitAlone([w]);
    }
  }

  /**
   * One transaction for the batch. Answers the sends whose rooms were locked by another node.
   * @param wait wait for locked rooms instead of leaving them out
   */
  async function commit(all: Waiting[], wait = false): Promise<Waiting[]> {
    const batch = all.filter((w) => !w.over);
    if (batch.length === 0) return [];
    const links = batch.flatMap((w) => (w.span === undefined ? [] : [w.span]));
    const attributes = { 'db.system.name': 'postgresql', 'parley.batch_messages': batch.length };
    const done = metrics.commitSeconds.startTimer();
    try {
      return await tracer.withSpan('commit', attributes, () => store(batch, wait), { root: true, links });
    } finally {
      done();
    }
  }

  async function store(batch: Waiting[], wait: boolean): Promise<Waiting[]> {
    const left: Waiting[] = [];
    const outcomes: (() => void)[] = [];
    await database.transaction(async (tx) => {
      left.length = 0;
      outcomes.length = 0;
      const roomIds = [...new Set(batch.map((w) => w.send.roomId))];
      const blocking = wait || roomIds.length === 1;
      const rooms = new Map((await repo.lockRooms(tx, roomIds, !blocking)).map((room) => [room.id, room]));
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
      const checks = await repo.checkSends(
        tx,
        reachable.map(({ send }) => ({
          roomId: send.roomId,
          authorId: send.author.id,
          id: send.id,
          threadId: send.threadId,
          slow: (rooms.get(send.roomId)?.slowModeSeconds ?? 0) > 0,
          ruled: (rooms.get(send.roomId)?.rulesVersion ?? 0) > 0,
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
          row: repo.NewMessageRow;
          message: Message;
          room: repo.LockedRoom;
          mayInvoke: boolean;
        }
      >();
      const drafts: { roomId: string; authorId: string }[] = [];
      /** Who speaks in rooms of slow mode, by room and author. */
      const speakers = new Map<string, { roomId: string; authorId: string; tenantId: string }>();
      const repeats: Waiting[] = [];
      for (const [i, w] of reachable.entries()) {
        const check = byPlace.get(i + 1) as repo.SendCheck;
        const refused = refuse(check, w.send);
        if (refused !== undefined) {
          outcomes.push(() => w.reject(refused));
          continue;
        }
        // Threads are one level: who answers a reply answers in its thread.
        if (check.threadRoot !== w.send.threadId) w.send = { ...w.send, threadId: check.threadRoot };
        if (check.existingAuthor !== null) {
          repeats.push(w);
          continue;
        }
        const twin = fresh.get(w.send.id);
        if (twin !== undefined) {
          if (sameSend(twin.message, w.send)) twin.waiting.push(w);
          else outcomes.push(() => w.reject(idReused()));
          continue;
        }
        const room = rooms.get(w.send.roomId) as repo.LockedRoom;
        const who = standingOf(w.send, room, check);
        const reviewed = w.send.reviewed === true;
        if (!reviewed && (check.held === 'waiting' || check.held === 'rejected')) {
          const { held } = check;
          outcomes.push(() => w.reject(held === 'waiting' ? heldForReview() : rejectedByModerator()));
          continue;
        }
        const slow = !reviewed && room.slowModeSeconds > 0 && !isExempt(who);
        const speaker = `${room.id} ${w.send.author.id}`;
        if (slow) {
          const spokeAt = speakers.has(speaker) ? room.now : check.spokeAt;
          who.waitMs =
            spokeAt === null ? 0 : spokeAt.getTime() + room.slowModeSeconds * 1000 - room.now.getTime();
        }
        const verdict = decideRight('message.send', who);
        if (!verdict.allowed && !reviewed) {
          outcomes.push(() => w.reject(refusal('message.send', verdict)));
          continue;
        }
        const files = attached.get(w.send) ?? [];
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
        if (check.drafted && w.send.threadId === null)
          drafts.push({ roomId: room.id, authorId: w.send.author.id });
        if (slow)
          speakers.set(speaker, { roomId: room.id, authorId: w.send.author.id, tenantId: w.send.tenantId });
        const mayInvoke = canInRoom('agent.invoke', who);
        fresh.set(w.send.id, { waiting: [w], room, mayInvoke, ...build(w.send, room, mentions, files) });
      }
      for (const w of repeats) await repeat(tx, w, outcomes);
      if (fresh.size === 0) return;
      const sent = [...fresh.values()];
      const lastSeqs = new Map(sent.map(({ room }) => [room.id, room.lastSeq]));
      await repo.insertMessages(
        tx,
        sent.map((s) => s.row),
        (sent[0] as (typeof sent)[number]).room.now,
        lastSeqs,
      );
      const attachments = sent.flatMap(({ row: { id: messageId, tenantId, roomId }, message }) =>
        message.attachments.map(({ id: uploadId }) => ({ messageId, uploadId, tenantId, roomId })),
      );
      if (attachments.length > 0) await uploads.attach(tx, attachments);
      if (drafts.length > 0) await repo.endDrafts(tx, drafts, (sent[0] as (typeof sent)[number]).room.now);
      if (speakers.size > 0)
        await repo.noteSpeakers(tx, [...speakers.values()], (sent[0] as (typeof sent)[number]).room.now);
      for (const {
        waiting: [w],
        message,
      } of sent)
        await w?.send.within?.(tx, message);
      await events.emit<MessageSent>(
        tx,
        'message.sent',
        sent.map(({ row, message, room, mayInvoke }) => ({
          tenantId: row.tenantId,
          roomKind: room.kind,
          mayInvoke,
          loud: room.loud,
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
            ({ row, message }): LogEntry => ({ seq: row.seq, type: row.type, json: JSON.stringify(message) }),
          ),
        );
      }
      metrics.commitBatch.observe(sent.length);
      for (const { waiting, message } of sent) {
        metrics.messages.inc({ kind: message.kind });
        for (const w of waiting) outcomes.push(() => w.resolve(message));
      }
    });
    for (const outcome of outcomes) outcome();
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
    room: repo.LockedRoom,
    mentions: Mention[],
    files: Attachment[],
    rule: string,
  ): Promise<void> {
    const { tenantId, roomId, id, author } = send;
    const { kind, body, threadId, present, confirmed, attachments, cards, metadata, run, rootId, hop } = send;
    await repo.holdMessage(tx, {
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
    await send.within?.(tx, build(send, room, mentions, files).message);
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

  return {
    send(send) {
      if (total >= MAX_WAITING) {
        return Promise.reject(
          new AppError(
            'unavailable',
            'overloaded',
            'Too many messages are waiting to be stored; try again shortly.',
            { retryAfterMs: 1000 },
          ),
        );
      }
      return new Promise((resolve, reject) => {
        total++;
        const queue = waiting.get(send.roomId);
        const span = tracer.current();
        const deadline = clock.elapsed() + MAX_WAIT_MS;
        const entry: Waiting = { send, resolve, reject, span, deadline, over: false };
        open.add(entry);
        watching ??= setInterval(refuseLate, LATE_CHECK_MS).unref();
        if (queue === undefined) waiting.set(send.roomId, [entry]);
        else queue.push(entry);
        if (committing < slots) schedule();
      });
    },
    waiting: () => total,
    idle: () => (total === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve))),
  };
}

interface Members {
  byHandle: Map<string, { id: string; kind: 'human' | 'agent' }>;
  /** How many there are, where a send of the batch is about everyone. */
  count: number;
  /** Of those who are connected to the room. */
  present: Set<string>;
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

/** The mentions of a send, or why they are refused. */
function mentionsOf(send: Send, who: InRoom, members: Members | undefined): Mention[] | AppError {
  if (members === undefined || send.handles.length === 0) return [];
  const by = {
    agent: send.author.kind === 'agent',
    mayEveryone: canInRoom('mention.everyone', who),
    confirmed: send.confirmed,
  };
  try {
    const present = send.present.filter((id) => members.present.has(id));
    return allowMentions(resolveMentions(send.handles, members.byHandle), by, members.count - 1, present);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

const standingOf = (send: Send, row: repo.LockedRoom, check: repo.SendCheck): InRoom => ({
  row,
  userId: send.author.id,
  role: check.roomRole ?? undefined,
  admin: check.admin && send.asAdmin,
  mutedUntil: check.mutedUntil,
});

function refuse(check: repo.SendCheck, send: Send): AppError | undefined {
  if (!check.member) return notAMember();
  if (check.suspended)
    return new AppError('forbidden', 'suspended', 'This account is suspended; ask an administrator.');
  if (!check.threadOk) return notFound('thread_not_found', 'threadId names no message of this room.');
  if (
    check.existingAuthor !== null &&
    (check.existingAuthor !== send.author.id || check.existingRoom !== send.roomId)
  )
    return idReused();
  return undefined;
}

function build(
  send: Send,
  room: repo.LockedRoom,
  mentions: Mention[],
  attachments: Attachment[],
): { row: repo.NewMessageRow; message: Message } {
  const seq = room.lastSeq;
  const message: Message = {
    id: send.id,
    roomId: send.roomId,
    seq,
    author: send.author,
    kind: send.kind,
    body: send.body,
    ...(send.threadId === null ? {} : { threadId: send.threadId }),
    mentions,
    attachments,
    ...(send.cards.length === 0 ? {} : { cards: send.cards }),
    reactions: [],
    version: 1,
    metadata: send.metadata,
    createdAt: room.now.toISOString(),
    ...(send.run === undefined ? {} : { run: send.run }),
  };
  const row: repo.NewMessageRow = {
    id: send.id,
    tenantId: send.tenantId,
    roomId: send.roomId,
    seq,
    authorId: send.author.id,
    kind: send.kind,
    type: send.author.kind === 'agent' ? 'agent_message' : 'new_message',
    body: send.body,
    threadId: send.threadId,
    mentions: JSON.stringify(mentions),
    attachments: JSON.stringify(attachments),
    cards: JSON.stringify(send.cards),
    metadata: JSON.stringify(send.metadata),
    run: send.run === undefined ? null : JSON.stringify(send.run),
    rootId: send.rootId,
    hop: send.hop,
  };
  return { row, message };
}

const sameSend = (message: Message, send: Send): boolean =>
  message.author.id === send.author.id &&
  message.body === send.body &&
  message.roomId === send.roomId &&
  message.attachments.map(({ id }) => id).join() === send.attachments.join() &&
  sameCards(message.cards ?? [], send.cards) &&
  (message.threadId ?? null) === send.threadId;

const heldForReview = () =>
  new AppError(
    'forbidden',
    'held_for_review',
    'Your message waits for a moderator of the room; you need not send it again.',
  );

const rejectedByModerator = () =>
  new AppError(
    'forbidden',
    'rejected_by_moderator',
    'A moderator of the room did not let this message through.',
  );

const idReused = () =>
  new AppError('conflict', 'message_id_reused', 'This message id was used for other words; make a new id.');

/** Another room's writer committed the same id meanwhile; the next look at it answers in words. */
const isTakenId = (error: unknown): boolean => (error as { code?: unknown }).code === '23505';

const tooSlow = () =>
  new AppError(
    'unavailable',
    'database_unavailable',
    'The message could not be stored in time; try again shortly, under the same id.',
    { retryAfterMs: 1000 },
  );

/** The database, or the room, would refuse each of the batch alone as well. Deadlocks and the like are of one send. */
const hurtsAll = (error: unknown): boolean =>
  !(error instanceof AppError) &&
  isUnavailable(error) &&
  !['40001', '40P01'].includes(String((error as { code?: unknown }).code));

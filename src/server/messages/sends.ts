// What a send is, and what of it may be stored: mentions, rights, repeats. Pure; what is looked up for it is handed in.

import type { Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { ScopeUser, Surface } from '../../core/scope.ts';
import type { SpanRef } from '../../core/tracing.ts';
import type { Card } from '../cards/contract.ts';
import { canInRoom, type InRoom, notAMember } from '../rooms/service.ts';
import { sameCards } from './cards.ts';
import type * as batches from './commit-repository.ts';
import type { Attachment, Mention, Message, RunSummary } from './contract.ts';
import { allowMentions, type FoundHandle, resolveMentions } from './mentions.ts';

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
  /** An agent is or was a member of it. */
  heard: boolean;
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

export interface Waiting {
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

export interface Members {
  byHandle: Map<string, { id: string; kind: 'human' | 'agent' }>;
  /** How many there are, where a send of the batch is about everyone. */
  count: number;
  /** Of those who are connected to the room. */
  present: Set<string>;
}

/** The mentions of a send, or why they are refused. */
export function mentionsOf(send: Send, who: InRoom, members: Members | undefined): Mention[] | AppError {
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

const timeOf = (text: string | null | undefined): Date | null => (text == null ? null : new Date(text));

export const standingOf = (
  send: Send,
  row: batches.LockedRoom,
  { roomRole, odd }: batches.SendCheck,
): InRoom => ({
  row,
  userId: send.author.id,
  role: roomRole ?? undefined,
  admin: odd?.admin === true && send.asAdmin,
  mutedUntil: timeOf(odd?.mutedUntil),
});

/** When its author spoke last, where slow mode counts that. */
export const spokeAt = ({ odd }: batches.SendCheck): Date | null => timeOf(odd?.spokeAt);

/** A connection may be older than the name of its user: what is said after a room heard of another one is said under that. */
export function authorNow({ author }: Send, { authorName, authorAvatarUrl }: batches.SendCheck): ScopeUser {
  if ((authorName ?? author.name) === author.name && (author.avatarUrl ?? null) === authorAvatarUrl)
    return author;
  const { avatarUrl: _, ...rest } = author;
  return {
    ...rest,
    name: authorName ?? author.name,
    ...(authorAvatarUrl === null ? {} : { avatarUrl: authorAvatarUrl }),
  };
}

export function refuse({ roomRole, odd }: batches.SendCheck, send: Send): AppError | undefined {
  if (roomRole === null) return notAMember();
  if (odd === null) return undefined;
  if (odd.suspended)
    return new AppError('forbidden', 'suspended', 'This account is suspended; ask an administrator.');
  if (send.threadId !== null && odd.threadRoot === null)
    return notFound('thread_not_found', 'threadId names no message of this room.');
  const { existingAuthor, existingRoom } = odd;
  return existingAuthor !== null && (existingAuthor !== send.author.id || existingRoom !== send.roomId)
    ? idReused()
    : undefined;
}

export function build(
  send: Send,
  room: batches.LockedRoom,
  author: ScopeUser,
  mentions: Mention[],
  attachments: Attachment[],
): { row: batches.NewMessageRow; message: Message } {
  const { id, tenantId, roomId, kind, body, threadId, cards, metadata, run, rootId, hop } = send;
  const seq = room.lastSeq;
  const message: Message = {
    id,
    roomId,
    seq,
    author,
    kind,
    body,
    ...(threadId === null ? {} : { threadId }),
    mentions,
    attachments,
    ...(cards.length === 0 ? {} : { cards }),
    reactions: [],
    version: 1,
    metadata,
    createdAt: room.at,
    ...(run === undefined ? {} : { run }),
  };
  const plain =
    mentions.length === 0 &&
    attachments.length === 0 &&
    cards.length === 0 &&
    run === undefined &&
    Object.keys(metadata).length === 0;
  const row: batches.NewMessageRow = {
    id,
    tenantId,
    roomId,
    seq,
    authorId: author.id,
    kind,
    type: author.kind === 'agent' ? 'agent_message' : 'new_message',
    body,
    threadId,
    rootId,
    hop,
    more: plain
      ? undefined
      : { mentions, attachments, cards, metadata, ...(run === undefined ? {} : { run }) },
  };
  return { row, message };
}

export const sameSend = (message: Message, send: Send): boolean =>
  message.author.id === send.author.id &&
  message.body === send.body &&
  message.roomId === send.roomId &&
  message.attachments.map(({ id }) => id).join() === send.attachments.join() &&
  sameCards(message.cards ?? [], send.cards) &&
  (message.threadId ?? null) === send.threadId;

export const heldForReview = () =>
  new AppError(
    'forbidden',
    'held_for_review',
    'Your message waits for a moderator of the room; you need not send it again.',
  );

export const rejectedByModerator = () =>
  new AppError(
    'forbidden',
    'rejected_by_moderator',
    'A moderator of the room did not let this message through.',
  );

export const idReused = () =>
  new AppError('conflict', 'message_id_reused', 'This message id was used for other words; make a new id.');

// One message, in the transcript or in a thread. Focusable as a whole; single keys call its commands.
import type { ChatMessage, RoomHandle, ToolActivity } from '@parley/client';
import { IconBookmarkFilled, IconPinFilled } from '@tabler/icons-react';
import { type KeyboardEvent, memo, useId, useRef, useState } from 'react';
import { Cards } from '../cards/cards.tsx';
import { rememberEmoji } from '../emoji/recent-emoji.ts';
import { Avatar } from '../parts/avatar.tsx';
import { AgentBadge } from '../parts/badge.tsx';
import { useTell } from '../parts/notices.tsx';
import { formatFull, formatTime } from '../parts/times.ts';
import { Attachments } from './attachments.tsx';
import { Delivery } from './delivery.tsx';
import { isAt } from './is-at.ts';
import { MessageBody } from './message-body.tsx';
import { commandAt, commandsOf, type MessageActions, type Rights } from './message-commands.tsx';
import { MessageEditor } from './message-editor.tsx';
import styles from './message-row.module.css';
import { MessageToolbar } from './message-toolbar.tsx';
import { Previews } from './previews.tsx';
import { Reactions } from './reactions.tsx';
import { RunSummary } from './run-summary.tsx';
import { ThreadChip } from './thread-chip.tsx';
import { ToolChips } from './tool-chip.tsx';

interface MessageRowProps {
  room: RoomHandle;
  message: ChatMessage;
  startsGroup: boolean;
  myId: string;
  rights: Rights;
  saved: boolean;
  /** The list's one tab stop is here. */
  current: boolean;
  editing: boolean;
  /** What one came here for. */
  marked?: boolean;
  tools: readonly ToolActivity[] | undefined;
  actions: MessageActions;
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { room, message, startsGroup, myId, rights, saved, current, editing, marked, tools, actions } = props;
  const row = useRef<HTMLElement>(null);
  const headId = useId();
  const bodyId = useId();
  const tell = useTell();
  const [near, setNear] = useState(false);
  const [open, setOpen] = useState<'menu' | 'emoji'>();
  const deleted = message.deletedAt !== undefined;
  const mine = message.author.id === myId;
  const settled = message.delivery === undefined && !deleted;
  const tabIndex = current ? 0 : -1;
  const commands = () =>
    settled ? commandsOf({ message, myId, saved, rights, actions, onReact: () => setOpen('emoji') }) : [];

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    if (event.target !== row.current || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' && settled) {
      event.preventDefault();
      return setOpen('menu');
    }
    const command = commandAt(commands(), event.key);
    if (command === undefined) return;
    event.preventDefault();
    command.run();
  }

  async function save(body: string) {
    try {
      await room.messages.edit(message.id, body, { version: message.version });
      close();
    } catch (error) {
      tell('The message was not changed', error);
      throw error;
    }
  }

  function close() {
    actions.edit(undefined);
    row.current?.focus();
  }

  const react = (emoji: string) => {
    rememberEmoji(emoji);
    actions.react(message, emoji);
  };
  const { openThread } = actions;
  const thread = openThread === undefined ? undefined : () => openThread(message.threadId ?? message.id);

  return (
    <article
      ref={row}
      className={styles.row}
      data-row={message.id}
      data-roving=""
      data-kind={message.kind}
      data-group={startsGroup || undefined}
      data-state={message.delivery?.status}
      data-mention={mentionsMe(message, myId) || undefined}
      data-marked={marked || undefined}
      aria-labelledby={`${headId} ${bodyId}`}
      tabIndex={tabIndex}
      onKeyDown={onKeyDown}
      onPointerEnter={() => setNear(true)}
      onPointerLeave={() => setNear(false)}
    >
      <div className={styles.gutter}>
        {startsGroup ? <Avatar user={message.author} /> : <Time message={message} />}
      </div>
      <div className={styles.content}>
        {!deleted && (message.pinned !== undefined || saved) && (
          <p className={styles.marks}>
            {message.pinned !== undefined && (
              <span className={styles.pinned} title={`Pinned ${formatFull(message.pinned.at)}`}>
                <IconPinFilled size={13} aria-hidden="true" /> Pinned
              </span>
            )}
            {saved && (
              <span className={styles.saved}>
                <IconBookmarkFilled size={13} aria-hidden="true" /> Saved for later
              </span>
            )}
          </p>
        )}
        <header id={headId} className={startsGroup ? styles.head : 'reader-only'}>
          <span className={styles.author}>{message.author.name}</span>
          {message.author.kind === 'agent' && <AgentBadge />}
          <Time message={message} />
        </header>
        <div id={bodyId}>
          {tools !== undefined && <ToolChips tools={tools} />}
          {editing && mine && settled && message.kind === 'text' ? (
            <MessageEditor body={message.body} onSave={save} onCancel={close} />
          ) : (
            (deleted || (message.body !== '' && !saidByCards(message))) && (
              <MessageBody
                message={message}
                myId={myId}
                tabIndex={tabIndex}
                onVersions={mine || rights.versions ? () => actions.versions(message) : undefined}
              />
            )
          )}
        </div>
        {!deleted && message.cards !== undefined && (
          <Cards room={room} messageId={message.id} cards={message.cards} tabIndex={tabIndex} />
        )}
        {!deleted && <Attachments files={message.attachments} tabIndex={tabIndex} />}
        {!deleted && <Previews previews={message.previews} tabIndex={tabIndex} />}
        {message.run !== undefined && !deleted && <RunSummary run={message.run} />}
        {!deleted && (
          <Reactions
            reactions={message.reactions}
            reacts={rights.reacts}
            tabIndex={tabIndex}
            onReact={react}
          />
        )}
        {thread !== undefined && message.thread !== undefined && (
          <ThreadChip thread={message.thread} tabIndex={tabIndex} onOpen={thread} />
        )}
        <Delivery room={room} message={message} />
      </div>
      {settled && !editing && (near || current || open !== undefined) && (
        <div className={styles.actions} data-open={open !== undefined || undefined}>
          <MessageToolbar
            of={`by ${message.author.name}, ${formatTime(message.createdAt)}`}
            tabIndex={tabIndex}
            saved={saved}
            reacts={rights.reacts}
            open={open}
            onOpen={setOpen}
            onReact={react}
            onSave={() => actions.save(message, !saved)}
            onThread={thread}
            commands={commands}
          />
        </div>
      )}
    </article>
  );
});

function Time({ message }: { message: ChatMessage }) {
  const full = formatFull(message.createdAt);
  return (
    <time className={styles.time} dateTime={message.createdAt} title={full}>
      {formatTime(message.createdAt)}
    </time>
  );
}

/** The words are there for readers that show no cards. */
const saidByCards = ({ body, cards }: ChatMessage): boolean =>
  cards?.map(({ fallback }) => fallback).join('\n\n') === body;

function mentionsMe(message: ChatMessage, myId: string): boolean {
  return (
    message.author.id !== myId &&
    message.deletedAt === undefined &&
    message.mentions.some((mention) => isAt(mention, myId))
  );
}

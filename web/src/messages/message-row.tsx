// One message in the transcript. Focusable as a whole; E edits and Delete deletes one's own.
import type { ChatMessage, RoomHandle, ToolActivity } from '@parley/client';
import { type KeyboardEvent, memo, useId, useRef } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { AgentBadge } from '../parts/badge.tsx';
import { messageOf } from '../parts/errors.ts';
import { useTell } from '../parts/notices.tsx';
import { formatFull, formatTime } from '../parts/times.ts';
import { MessageBody } from './message-body.tsx';
import { MessageEditor } from './message-editor.tsx';
import { MessageMenu } from './message-menu.tsx';
import styles from './message-row.module.css';
import { RunSummary } from './run-summary.tsx';
import { ToolChips } from './tool-chip.tsx';

interface MessageRowProps {
  room: RoomHandle;
  message: ChatMessage;
  startsGroup: boolean;
  myId: string;
  /** May delete other people's messages. */
  moderates: boolean;
  /** The list's one tab stop is here. */
  current: boolean;
  editing: boolean;
  tools: readonly ToolActivity[] | undefined;
  onEdit(id: string | undefined): void;
  onDelete(message: ChatMessage): void;
  onExplain(message: ChatMessage): void;
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const {
    room,
    message,
    startsGroup,
    myId,
    moderates,
    current,
    editing,
    tools,
    onEdit,
    onDelete,
    onExplain,
  } = props;
  const row = useRef<HTMLElement>(null);
  const headId = useId();
  const bodyId = useId();
  const tell = useTell();
  const deleted = message.deletedAt !== undefined;
  const mine = message.author.id === myId;
  const settled = message.delivery === undefined && !deleted;
  const edit = mine && settled && message.kind === 'text' ? () => onEdit(message.id) : undefined;
  const remove = (mine || moderates) && settled ? () => onDelete(message) : undefined;

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    if (event.target !== row.current || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = { e: edit, E: edit, Delete: remove, Backspace: remove }[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
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
    onEdit(undefined);
    row.current?.focus();
  }

  const copy = () => {
    void navigator.clipboard?.writeText(message.body).catch((error) => tell('Could not copy', error));
  };

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
      aria-labelledby={`${headId} ${bodyId}`}
      tabIndex={current ? 0 : -1}
      onKeyDown={onKeyDown}
    >
      <div className={styles.gutter}>
        {startsGroup ? <Avatar user={message.author} /> : <Time message={message} />}
      </div>
      <div className={styles.content}>
        <header id={headId} className={startsGroup ? styles.head : 'reader-only'}>
          <span className={styles.author}>{message.author.name}</span>
          {message.author.kind === 'agent' && <AgentBadge />}
          <Time message={message} />
        </header>
        <div id={bodyId}>
          {tools !== undefined && <ToolChips tools={tools} />}
          {editing && edit !== undefined ? (
            <MessageEditor body={message.body} onSave={save} onCancel={close} />
          ) : (
            <MessageBody message={message} myId={myId} />
          )}
        </div>
        {message.run !== undefined && !deleted && <RunSummary run={message.run} />}
        <Delivery room={room} message={message} />
      </div>
      {settled && !editing && (
        <div className={styles.actions}>
          <MessageMenu
            label={`Actions for the message by ${message.author.name}, ${formatTime(message.createdAt)}`}
            tabIndex={current ? 0 : -1}
            onCopy={copy}
            onExplain={() => onExplain(message)}
            onEdit={edit}
            onDelete={remove}
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

function Delivery({ room, message }: { room: RoomHandle; message: ChatMessage }) {
  if (message.delivery === undefined) return null;
  if (message.delivery.status === 'pending') return <p className={styles.pending}>Sending…</p>;
  const handle = room.messages.handle(message.id);
  const { error } = message.delivery;
  return (
    <div className={styles.failed}>
      <span>Not sent. {error === undefined ? '' : messageOf(error)}</span>
      <span className={styles.choices}>
        <button type="button" onClick={() => handle?.retry()}>
          Retry
        </button>
        <button type="button" onClick={() => handle?.discard()}>
          Discard
        </button>
      </span>
    </div>
  );
}

function mentionsMe(message: ChatMessage, myId: string): boolean {
  return (
    message.author.id !== myId &&
    message.deletedAt === undefined &&
    message.mentions.some((m) => m.userId === myId || m.kind === 'here' || m.kind === 'all')
  );
}

// The transcript of a room: a window of rows that holds still, follows at the bottom, and loads older pages upwards.
// A labelled log that is silent; what is worth hearing is said by use-room-announcements.

import { Button, Loader } from '@mantine/core';
import type { ChatMessage, PrivateReply, RoomHandle } from '@parley/client';
import { IconArrowDown } from '@tabler/icons-react';
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { placeReplies } from '../commands/place-replies.ts';
import { PrivateReplies } from '../commands/private-replies.tsx';
import { messageOf } from '../parts/errors.ts';
import { usePart, useStore } from '../session/use-client.ts';
import { DayMark } from './day-mark.tsx';
import type { MessageActions, Rights } from './message-commands.tsx';
import styles from './message-list.module.css';
import { MessageRow } from './message-row.tsx';
import { RoomRuns } from './room-runs.tsx';
import { type Row, toRows } from './rows.ts';
import type { Jump, Target } from './use-jump.ts';
import { useMarkRead } from './use-mark-read.ts';
import { useRoomAnnouncements } from './use-room-announcements.ts';
import { useRowFocus } from './use-row-focus.ts';
import { useRunTools } from './use-run-tools.ts';
import { useTranscript } from './use-transcript.ts';
import { useVirtualRows } from './use-virtual-rows.ts';

/** The row above the first message. */
const TOP = 'top';

const NO_REPLIES: readonly PrivateReply[] = [];

interface MessageListProps {
  room: RoomHandle;
  roomName: string;
  myId: string;
  rights: Rights;
  saved: ReadonlySet<string>;
  actions: MessageActions;
  editing: string | undefined;
  /** I marked the room unread while it is open: reading is not counted until I come back. */
  unreadFrom: number | undefined;
  jump: Jump;
  /** Changes when I sent something, which one wants to see. */
  sent: number;
  /** Shown while there is no message. */
  empty: ReactNode;
}

export function MessageList(props: MessageListProps) {
  const { room, roomName, myId, rights, saved, actions, editing, unreadFrom, jump, sent, empty } = props;
  const transcript = useTranscript(room);
  const { messages, hasMoreBefore, hasMoreAfter, loading, failed } = transcript;
  const runTools = useRunTools(room);
  const atOpening = useUnreadAtOpening(room);
  const unreadAfter = unreadFrom === undefined ? atOpening : unreadFrom - 1;

  const rows = useMemo(() => toRows(messages, unreadAfter, myId), [messages, unreadAfter, myId]);
  const answers = useStore(room.commands.replies);
  const replies = useMemo(
    () =>
      placeReplies(
        answers.filter(({ threadId }) => threadId === undefined),
        messages,
        hasMoreBefore,
      ),
    [answers, messages, hasMoreBefore],
  );
  const ids = useMemo(() => messages.map(({ id }) => id), [messages]);
  const showsTop = failed !== undefined || (!hasMoreBefore && messages.length > 0);
  const keys = useMemo(() => (showsTop ? [TOP, ...ids] : ids), [ids, showsTop]);
  const [focused, setFocused] = useState<string>();
  const scroll = useVirtualRows({
    keys,
    estimate: (index) => estimate(rows[showsTop ? index - 1 : index]),
    kept: [focused, editing],
    atEnd: !hasMoreAfter,
    onNearTop: transcript.loadBefore,
    onNearBottom: transcript.loadAfter,
  });
  const { virtualizer, atBottom, reveal } = scroll;
  const focus = useRowFocus(
    ids,
    scroll.content,
    useCallback((id) => reveal(id, 'auto'), [reveal]),
  );
  useEffect(() => setFocused(focus.tabStop), [focus.tabStop]);
  useEffect(() => {
    if (editing !== undefined) reveal(editing, 'auto');
  }, [editing, reveal]);

  const { toBottom } = scroll;
  useEffect(() => {
    if (sent > 0) toBottom();
  }, [sent, toBottom]);
  const marked = useReveal(jump.target, messages, reveal);
  useMarkRead(room, atBottom && unreadFrom === undefined);
  useRoomAnnouncements(room, myId);
  const news = useNews(room, atBottom, myId);

  return (
    <div className={styles.frame}>
      <div
        ref={scroll.viewport}
        className={styles.viewport}
        onScroll={scroll.onScroll}
        tabIndex={messages.length === 0 ? 0 : undefined}
        role="log"
        aria-live="off"
        aria-label={`Messages in ${roomName}`}
        aria-busy={loading !== undefined || jump.busy}
        onKeyDown={focus.onKeyDown}
        onFocus={focus.onFocus}
      >
        <div className={styles.content} ref={scroll.content}>
          {messages.length === 0 && empty}
          <div className={styles.rows} ref={virtualizer.containerRef}>
            {virtualizer.getVirtualItems().map(({ index, key }) => {
              const row = rows[showsTop ? index - 1 : index];
              return (
                <div key={key} data-index={index} ref={virtualizer.measureElement} className={styles.item}>
                  {row === undefined ? (
                    <Top failed={failed} onRetry={transcript.retry} />
                  ) : (
                    <>
                      {row.startsDay && <DayMark day={row.message.createdAt} jump={jump} />}
                      {row.startsUnread && <Separator tone="new">New</Separator>}
                      <MessageRow
                        room={room}
                        message={row.message}
                        startsGroup={row.startsGroup}
                        myId={myId}
                        rights={rights}
                        saved={saved.has(row.message.id)}
                        current={row.message.id === focus.tabStop}
                        editing={editing === row.message.id}
                        marked={marked === row.message.id}
                        tools={row.message.run === undefined ? undefined : runTools.get(row.message.run.id)}
                        actions={actions}
                      />
                      <PrivateReplies room={room} replies={replies.after.get(row.message.id) ?? NO_REPLIES} />
                    </>
                  )}
                </div>
              );
            })}
          </div>
          <PrivateReplies room={room} replies={replies.alone} />
          {!hasMoreAfter && <RoomRuns room={room} />}
        </div>
      </div>
      {(loading !== undefined || jump.busy) && (
        <div className={styles.loading}>
          <Loader size="xs" aria-hidden="true" />
          {jump.busy ? 'Going there…' : `Loading ${loading === 'after' ? 'newer' : 'older'} messages…`}
        </div>
      )}
      {!atBottom && (
        <Button
          className={styles.jump ?? ''}
          radius="xl"
          size="xs"
          variant={news > 0 ? 'filled' : 'default'}
          leftSection={<IconArrowDown size={14} aria-hidden="true" />}
          onClick={() => {
            room.history.toNewest();
            scroll.toBottom();
          }}
        >
          {news > 0 ? `${news} new ${news === 1 ? 'message' : 'messages'}` : 'Jump to newest'}
        </Button>
      )}
    </div>
  );
}

/** Px of a row that was not drawn yet; near enough that the scrollbar does not jump about. */
function estimate(row: Row | undefined): number {
  if (row === undefined) return 44;
  const { message, startsGroup, startsDay } = row;
  const lines = Math.max(1, Math.ceil(message.body.length / 90) + (message.body.split('\n').length - 1));
  const picture = message.attachments.length > 0 ? 200 : 0;
  return lines * 24 + (startsGroup ? 38 : 4) + (startsDay ? 40 : 0) + picture;
}

function Top(props: { failed: unknown; onRetry(): void }) {
  if (props.failed !== undefined)
    return (
      <div className={styles.top} role="alert">
        Older messages could not be loaded. {messageOf(props.failed)}{' '}
        <Button size="compact-sm" variant="default" onClick={props.onRetry}>
          Try again
        </Button>
      </div>
    );
  return <div className={styles.top}>This is where the conversation begins.</div>;
}

function Separator({ children, tone }: { children: ReactNode; tone?: 'new' }) {
  return (
    <div className={styles.separator} data-tone={tone}>
      <span>{children}</span>
    </div>
  );
}

/** My read mark as it was when the room was opened, if anything was unread. */
function useUnreadAtOpening(room: RoomHandle): number | undefined {
  const me = usePart(room, (snapshot) => snapshot.me);
  const [mark, setMark] = useState<{ after: number | undefined }>();
  if (mark === undefined && me !== undefined) setMark({ after: me.unread > 0 ? me.readSeq : undefined });
  return mark?.after;
}

/** Brings what one came for into view, once, and says which it is. */
function useReveal(
  target: Target | undefined,
  messages: readonly ChatMessage[],
  reveal: (id: string, align: 'center') => void,
): string | undefined {
  const [shown, setShown] = useState<{ target: Target; id: string }>();
  const done = shown?.target === target;
  const found =
    target === undefined || done
      ? undefined
      : messages.find(({ id, seq }) =>
          target.messageId === undefined ? seq >= target.seq : id === target.messageId,
        )?.id;
  useEffect(() => {
    if (target === undefined || found === undefined) return;
    setShown({ target, id: found });
    reveal(found, 'center');
  }, [target, found, reveal]);
  return shown?.id;
}

/** Messages by others that came while the reader was further up. */
function useNews(room: RoomHandle, atBottom: boolean, myId: string): number {
  const all = usePart(room, (snapshot) => snapshot.messages);
  const messages = useMemo(() => all.filter(({ threadId }) => threadId === undefined), [all]);
  const newestSeq = messages.reduce((most, { seq }) => Math.max(most, seq), 0);
  const [seen, setSeen] = useState(newestSeq);
  if (atBottom && seen !== newestSeq) setSeen(newestSeq);
  return messages.filter((message) => message.seq > seen && message.author.id !== myId).length;
}

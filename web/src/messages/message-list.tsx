// The transcript of a room: a window of rows that holds still, follows at the bottom, and loads older pages upwards.
// A labelled log that is silent; what is worth hearing is said by use-room-announcements.

import { Button, Loader } from '@mantine/core';
import type { ChatMessage, RoomHandle } from '@parley/client';
import { IconArrowDown } from '@tabler/icons-react';
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { messageOf } from '../parts/errors.ts';
import { formatDay } from '../parts/times.ts';
import { useRovingFocus } from '../parts/use-roving-focus.ts';
import { usePart } from '../session/use-client.ts';
import { AgentRun } from './agent-run.tsx';
import type { MessageActions, Rights } from './message-commands.tsx';
import styles from './message-list.module.css';
import { MessageRow } from './message-row.tsx';
import { toRows } from './rows.ts';
import { runsOf, sameRuns } from './runs.ts';
import { useAnchoredScroll } from './use-anchored-scroll.ts';
import { useMarkRead } from './use-mark-read.ts';
import { useRoomAnnouncements } from './use-room-announcements.ts';
import { useRunTools } from './use-run-tools.ts';
import { useWindow } from './use-window.ts';
import { MOST } from './window.ts';

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
  /** Shown while there is no message. */
  empty: ReactNode;
}

export function MessageList(props: MessageListProps) {
  const { room, roomName, myId, rights, saved, actions, editing, unreadFrom, empty } = props;
  const messages = useTranscript(room);
  const members = usePart(room, (snapshot) => snapshot.members);
  const activities = usePart(room, (snapshot) => snapshot.agents);
  const hasMore = usePart(room, (snapshot) => snapshot.hasMoreBefore);
  const loading = usePart(room, (snapshot) => snapshot.loadingBefore);
  const runs = usePart(room, runsOf, sameRuns);
  const runTools = useRunTools(room);
  const atOpening = useUnreadAtOpening(room);
  const unreadAfter = unreadFrom === undefined ? atOpening : unreadFrom - 1;
  const [olderFailed, setOlderFailed] = useState<unknown>();
  const [current, setCurrent] = useState<string>();

  const rows = useMemo(() => toRows(messages, unreadAfter, myId), [messages, unreadAfter, myId]);
  const ids = useMemo(() => messages.map(({ id }) => id), [messages]);
  const { range, atEnd, up, down, toNewest } = useWindow(ids);
  const shown = rows.slice(range.start, range.end);

  const loadOlder = useCallback(() => {
    setOlderFailed(undefined);
    room.messages.loadBefore().catch(setOlderFailed);
  }, [room]);
  const onNearTop = useCallback(() => {
    if (range.start > 0) up();
    else if (hasMore && !loading && olderFailed === undefined) loadOlder();
  }, [range.start, up, hasMore, loading, olderFailed, loadOlder]);

  const scroll = useAnchoredScroll({ atEnd, onNearTop, onNearBottom: down, rows: shown });
  const { atBottom, viewport, scrollToBottom } = scroll;

  useEffect(() => {
    if (atBottom && range.end - range.start > MOST) toNewest();
  }, [atBottom, range, toNewest]);
  useMarkRead(room, atBottom && unreadFrom === undefined);
  useRoomAnnouncements(room, myId);
  const news = useNews(messages, atBottom, myId);

  const list = useRef<HTMLElement>(null);
  const onKeyDown = useRovingFocus(list);
  const tabStop = current !== undefined && ids.includes(current) ? current : ids.at(-1);

  return (
    <div className={styles.frame}>
      <div
        ref={viewport}
        className={styles.viewport}
        onScroll={scroll.onScroll}
        tabIndex={messages.length === 0 ? 0 : undefined}
        role="log"
        aria-live="off"
        aria-label={`Messages in ${roomName}`}
        aria-busy={loading}
        onKeyDown={onKeyDown}
        onFocus={(event) => setCurrent(event.target.closest<HTMLElement>('article[data-row]')?.dataset.row)}
      >
        <div
          className={styles.content}
          ref={(element) => {
            scroll.content.current = element;
            list.current = element;
          }}
        >
          <Top
            failed={olderFailed}
            begins={range.start === 0 && !hasMore && messages.length > 0}
            onRetry={loadOlder}
          />
          {messages.length === 0 && empty}
          {shown.map(({ message, startsDay, startsGroup, startsUnread }) => (
            <div key={message.id}>
              {startsDay && <Separator>{formatDay(message.createdAt)}</Separator>}
              {startsUnread && <Separator tone="new">New</Separator>}
              <MessageRow
                room={room}
                message={message}
                startsGroup={startsGroup}
                myId={myId}
                rights={rights}
                saved={saved.has(message.id)}
                current={message.id === tabStop}
                editing={editing === message.id}
                tools={message.run === undefined ? undefined : runTools.get(message.run.id)}
                actions={actions}
              />
            </div>
          ))}
          {atEnd &&
            runs.map(({ agentId, messageId }) => {
              const agent = members.find(({ user }) => user.id === agentId)?.user;
              if (agent === undefined) return null;
              const activity = activities[agentId];
              return (
                <AgentRun key={agentId} room={room} agent={agent} activity={activity} messageId={messageId} />
              );
            })}
        </div>
      </div>
      {loading && (
        <div className={styles.loading}>
          <Loader size="xs" aria-hidden="true" /> Loading older messages…
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
            toNewest();
            scrollToBottom();
          }}
        >
          {news > 0 ? `${news} new ${news === 1 ? 'message' : 'messages'}` : 'Jump to newest'}
        </Button>
      )}
    </div>
  );
}

function Top(props: { failed: unknown; begins: boolean; onRetry(): void }) {
  if (props.failed !== undefined)
    return (
      <div className={styles.top} role="alert">
        Older messages could not be loaded. {messageOf(props.failed)}{' '}
        <Button size="compact-sm" variant="default" onClick={props.onRetry}>
          Try again
        </Button>
      </div>
    );
  return props.begins ? <div className={styles.top}>This is where the conversation begins.</div> : null;
}

function Separator({ children, tone }: { children: ReactNode; tone?: 'new' }) {
  return (
    <div className={styles.separator} data-tone={tone}>
      <span>{children}</span>
    </div>
  );
}

/** What is said to the room: replies stand in their threads. */
function useTranscript(room: RoomHandle): readonly ChatMessage[] {
  const messages = usePart(room, (snapshot) => snapshot.messages);
  return useMemo(() => messages.filter(({ threadId }) => threadId === undefined), [messages]);
}

/** My read mark as it was when the room was opened, if anything was unread. */
function useUnreadAtOpening(room: RoomHandle): number | undefined {
  const me = usePart(room, (snapshot) => snapshot.me);
  const [mark, setMark] = useState<{ after: number | undefined }>();
  if (mark === undefined && me !== undefined) setMark({ after: me.unread > 0 ? me.readSeq : undefined });
  return mark?.after;
}

/** Messages by others that came while the reader was further up. */
function useNews(messages: readonly ChatMessage[], atBottom: boolean, myId: string): number {
  const newestSeq = messages.reduce((most, { seq }) => Math.max(most, seq), 0);
  const [seen, setSeen] = useState(newestSeq);
  if (atBottom && seen !== newestSeq) setSeen(newestSeq);
  return messages.filter((message) => message.seq > seen && message.author.id !== myId).length;
}

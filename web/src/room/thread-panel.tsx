// A thread beside its room: the first message, the replies, a composer of its own, a read mark of its own.
import { ActionIcon, Button, Loader, Tooltip } from '@mantine/core';
import type { ChatMessage, RoomHandle, User } from '@parley/client';
import { IconBell, IconBellOff } from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { PrivateReplies } from '../commands/private-replies.tsx';
import { Composer } from '../composer/composer.tsx';
import type { Rights } from '../messages/message-commands.tsx';
import type { MessageDialog } from '../messages/message-dialogs.tsx';
import { MessageRow } from '../messages/message-row.tsx';
import { RoomRuns } from '../messages/room-runs.tsx';
import { toRows } from '../messages/rows.ts';
import { useFollowEnd } from '../messages/use-follow-end.ts';
import { useMessageActions } from '../messages/use-message-actions.ts';
import type { Saved } from '../messages/use-saved.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { messageOf } from '../parts/errors.ts';
import { useTell } from '../parts/notices.tsx';
import { useRovingFocus } from '../parts/use-roving-focus.ts';
import { useMe, useStore } from '../session/use-client.ts';
import { SidePanel } from './side-panel.tsx';
import styles from './thread-panel.module.css';
import { useReadWhileSeen } from './use-read-while-seen.ts';

interface ThreadPanelProps {
  room: RoomHandle;
  rootId: string;
  roomName: string;
  people: readonly User[];
  rights: Rights;
  saved: Saved;
  /** What one came here for. */
  marked: string | undefined;
  disabledReason?: string;
  onDialog(dialog: MessageDialog): void;
  onMarkedUnread(message: ChatMessage): void;
  onClose(): void;
}

export function ThreadPanel(props: ThreadPanelProps) {
  const { room, rootId, roomName, people, rights, saved, marked, disabledReason, onClose } = props;
  const me = useMe();
  const tell = useTell();
  const thread = useMemo(() => room.thread(rootId), [room, rootId]);
  const { status, root, replies, following, hasMoreBefore, loadingBefore, error } = useStore(thread);
  const [editing, setEditing] = useState<string>();
  const [tabStop, setTabStop] = useState<string>();
  const [olderFailed, setOlderFailed] = useState<unknown>();
  const scroll = useFollowEnd(replies);
  const answers = useStore(room.commands.replies);
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = useRovingFocus(list);
  const [openedAt, setOpenedAt] = useState<number>();
  const snapshot = useStore(thread);
  if (openedAt === undefined && status === 'ready')
    setOpenedAt(snapshot.unread > 0 ? snapshot.readSeq : Infinity);
  const rows = useMemo(
    () => toRows(replies, openedAt === Infinity ? undefined : openedAt, me.id),
    [replies, openedAt, me.id],
  );

  useEffect(() => thread.join(), [thread]);
  useReadWhileSeen(thread, scroll.atBottom && status === 'ready');
  // biome-ignore lint/correctness/useExhaustiveDependencies: it may come with the answer
  useEffect(() => {
    if (marked === undefined) return;
    scroll.viewport.current
      ?.querySelector(`[data-row="${CSS.escape(marked)}"]`)
      ?.scrollIntoView({ block: 'center' });
  }, [marked, scroll.viewport, status]);

  const actions = useMessageActions({
    room,
    saved,
    onEdit: setEditing,
    onDialog: props.onDialog,
    onMarkedUnread: props.onMarkedUnread,
  });
  const row = (message: ChatMessage, startsGroup: boolean) => (
    <MessageRow
      room={room}
      message={message}
      startsGroup={startsGroup}
      myId={me.id}
      rights={rights}
      saved={saved.ids.has(message.id)}
      current={message.id === (tabStop ?? replies.at(-1)?.id ?? rootId)}
      editing={editing === message.id}
      marked={message.id === marked}
      tools={undefined}
      actions={actions}
    />
  );

  async function follow() {
    try {
      await thread.follow(!following);
    } catch (cause) {
      tell(following ? 'You still follow this thread' : 'You do not follow this thread', cause);
    }
  }

  const followLabel = following ? 'Stop following this thread' : 'Follow this thread';
  return (
    <SidePanel
      title="Thread"
      about={roomName}
      onClose={onClose}
      actions={
        <Tooltip label={followLabel}>
          <ActionIcon
            aria-label={followLabel}
            aria-pressed={following}
            disabled={status !== 'ready'}
            onClick={follow}
          >
            {following ? (
              <IconBell size={18} stroke={1.7} aria-hidden="true" />
            ) : (
              <IconBellOff size={18} stroke={1.7} aria-hidden="true" />
            )}
          </ActionIcon>
        </Tooltip>
      }
    >
      <div
        ref={scroll.viewport}
        className={styles.viewport}
        role="log"
        aria-live="off"
        aria-label={`Thread in ${roomName}`}
        tabIndex={root === undefined ? 0 : undefined}
        onScroll={scroll.onScroll}
        onKeyDown={onKeyDown}
        onFocus={(event) => setTabStop(event.target.closest<HTMLElement>('article[data-row]')?.dataset.row)}
      >
        <div ref={scroll.content}>
          <div ref={list} className={styles.content}>
            {status === 'error' && root === undefined && (
              <EmptyState tone="problem" title="This thread could not be opened">
                {messageOf(error)}
              </EmptyState>
            )}
            {status === 'loading' && root === undefined && (
              <p className={styles.waiting}>
                <Loader size="xs" aria-hidden="true" /> Opening the thread…
              </p>
            )}
            {root !== undefined && row(root, true)}
            {root !== undefined && (
              <p className={styles.count}>
                <span>{countWords(root, replies.length)}</span>
              </p>
            )}
            {hasMoreBefore && (
              <Button
                className={styles.more ?? ''}
                size="compact-sm"
                variant="default"
                loading={loadingBefore}
                onClick={() => {
                  setOlderFailed(undefined);
                  thread.loadBefore().catch(setOlderFailed);
                }}
              >
                Show earlier replies
              </Button>
            )}
            {olderFailed !== undefined && (
              <p className={styles.waiting} role="alert">
                {messageOf(olderFailed)}
              </p>
            )}
            {rows.map(({ message, startsGroup, startsUnread }) => (
              <div key={message.id}>
                {startsUnread && (
                  <p className={styles.count} data-tone="new">
                    <span>New</span>
                  </p>
                )}
                {row(message, startsGroup)}
              </div>
            ))}
            <PrivateReplies room={room} replies={answers.filter(({ threadId }) => threadId === rootId)} />
            <RoomRuns room={room} threadId={rootId} />
          </div>
        </div>
      </div>
      <Composer
        key={rootId}
        draft={thread.draft}
        room={room}
        threadId={rootId}
        label="Reply in this thread"
        people={people}
        {...(disabledReason !== undefined && { disabledReason })}
        onSend={(text, options) => {
          thread.send(text, options);
          scroll.toBottom();
        }}
        onTyping={(on) => room.setTyping(on)}
        onRan={scroll.toBottom}
        onEditLast={() => {
          const mine = replies.findLast(
            ({ author, delivery, deletedAt, kind }) =>
              author.id === me.id && delivery === undefined && deletedAt === undefined && kind === 'text',
          );
          if (mine !== undefined) setEditing(mine.id);
        }}
      />
    </SidePanel>
  );
}

function countWords(root: ChatMessage, shown: number): string {
  const count = Math.max(root.thread?.replies ?? 0, shown === 0 ? 0 : 1);
  if (count === 0) return 'No replies yet';
  return `${count} ${count === 1 ? 'reply' : 'replies'}`;
}

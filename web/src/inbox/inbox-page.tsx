// What was meant for me, newest first, until I have read it: mentions, replies, direct messages, approvals, reminders.
import { ActionIcon, Button, Tooltip } from '@mantine/core';
import type { ReplyOf } from '@parley/client';
import { IconBell, IconCircleCheck, IconCircleDot, IconSettings, IconUserCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { PageFrame } from '../layout/page-frame.tsx';
import { Chip, Chips } from '../parts/chip.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import cards from '../parts/message-card.module.css';
import { MessageCard } from '../parts/message-card.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { pageHref, tabHref } from '../parts/route.ts';
import { formatFull, formatMoment } from '../parts/times.ts';
import { useRoomNames } from '../parts/use-room-names.ts';
import styles from './inbox-page.module.css';
import { useInbox, useMark } from './use-inbox.ts';

type Notification = ReplyOf<'list_notifications'>['data'][number];

const WHY: Record<string, string> = {
  mention: 'Mentions you',
  reply: 'Reply in a thread of yours',
  direct: 'Direct message',
  message: 'In a room you hear all of',
  approval: 'Waits for your word',
  reminder: 'You asked to be reminded',
};

export function InboxPage({ onRooms }: { onRooms(): void }) {
  const [onlyUnread, setOnlyUnread] = useState(true);
  const query = useInbox(onlyUnread);
  const mark = useMark();
  const tell = useTell();
  const items = query.data?.pages.flatMap((page) => page.data) ?? [];
  const newest = items[0];
  const unread = query.data?.pages[0]?.unread ?? 0;
  const onFailure = { onError: (error: Error) => tell('Could not mark it', error) };

  return (
    <PageFrame
      title="Inbox"
      about={unread === 0 ? 'Everything is read' : `${unread} unread`}
      onRooms={onRooms}
      actions={
        <Tooltip label="When to be told, and of what">
          <ActionIcon
            component="a"
            href={tabHref('me', 'notifications')}
            aria-label="Settings of notifications"
            size={36}
          >
            <IconSettings size={19} stroke={1.7} aria-hidden="true" />
          </ActionIcon>
        </Tooltip>
      }
    >
      <div className={styles.head}>
        <Chips label="Which">
          <Chip pressed={onlyUnread} onClick={() => setOnlyUnread(true)}>
            Unread
          </Chip>
          <Chip pressed={!onlyUnread} onClick={() => setOnlyUnread(false)}>
            All
          </Chip>
        </Chips>
        {unread > 0 && newest !== undefined && (
          <Button
            size="compact-sm"
            variant="default"
            loading={mark.isPending && mark.variables !== undefined && 'upTo' in mark.variables}
            onClick={() => mark.mutate({ upTo: newest.place }, onFailure)}
          >
            Mark all read
          </Button>
        )}
      </div>
      <h2 className="reader-only">Notifications</h2>
      {stateOf({ query, what: 'the inbox' }) ??
        (items.length === 0 ? (
          <EmptyState title={onlyUnread ? 'You are up to date' : 'Nothing came in yet'}>
            Mentions, answers and direct messages come in here, and wait until you have read them.
          </EmptyState>
        ) : (
          <ul className={cards.list}>
            {items.map((item) => (
              <Row
                key={item.id}
                item={item}
                onRead={() => mark.mutate({ ids: [item.id] }, onFailure)}
                onUnread={() => mark.mutate({ unreadId: item.id }, onFailure)}
              />
            ))}
          </ul>
        ))}
      <MoreButton query={query}>Show older</MoreButton>
    </PageFrame>
  );
}

interface RowProps {
  item: Notification;
  onRead(): void;
  onUnread(): void;
}

function Row({ item, onRead, onUnread }: RowProps) {
  const rooms = useRoomNames();
  const isNew = item.readAt === undefined;
  const actions = (
    <Tooltip label={isNew ? 'Mark read' : 'Mark unread'}>
      <ActionIcon aria-label={isNew ? 'Mark read' : 'Mark unread'} onClick={isNew ? onRead : onUnread}>
        {isNew ? (
          <IconCircleCheck size={18} stroke={1.7} aria-hidden="true" />
        ) : (
          <IconCircleDot size={18} stroke={1.7} aria-hidden="true" />
        )}
      </ActionIcon>
    </Tooltip>
  );
  const onOpen = () => isNew && onRead();
  if (item.message !== undefined)
    return (
      <MessageCard
        message={item.message}
        room={rooms.of(item.message.roomId)}
        why={item.kind === 'reminder' ? `${WHY.reminder}${noteOf(item)}` : (WHY[item.kind] ?? item.kind)}
        isNew={isNew}
        actions={actions}
        onOpen={onOpen}
      />
    );
  const isApproval = item.kind === 'approval';
  const Icon = isApproval ? IconUserCheck : IconBell;
  return (
    <li className={styles.plain} data-new={isNew || undefined}>
      <span className={styles.sign}>
        <Icon size={20} stroke={1.7} aria-hidden="true" />
      </span>
      <div className={styles.words}>
        <p className={styles.why}>
          {isNew && <span className="reader-only">New: </span>}
          {WHY[item.kind] ?? item.kind.replaceAll('_', ' ')} ·{' '}
          <time dateTime={item.createdAt} title={formatFull(item.createdAt)}>
            {formatMoment(item.createdAt)}
          </time>
        </p>
        {isApproval ? (
          <a className={styles.link} href={pageHref('approvals')} onClick={onOpen}>
            An agent asks to use {String(item.subject.tool ?? 'a tool').replaceAll('_', ' ')}
          </a>
        ) : (
          <p>{wordsOf(item)}</p>
        )}
      </div>
      <span className={cards.actions}>{actions}</span>
    </li>
  );
}

function wordsOf({ subject }: Notification): string {
  for (const key of ['note', 'text', 'words', 'comment', 'reason']) {
    const value = subject[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return 'What it was about is no longer there.';
}

const noteOf = ({ subject: { note } }: Notification): string =>
  typeof note === 'string' && note !== '' ? `: ${note}` : '';

// Threads I take part in or follow, over all my rooms.
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconBellOff } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { PageFrame } from '../layout/page-frame.tsx';
import { Chip, Chips } from '../parts/chip.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import cards from '../parts/message-card.module.css';
import { MessageCard } from '../parts/message-card.tsx';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { threadHref } from '../parts/route.ts';
import { formatMoment } from '../parts/times.ts';
import { useRoomNames } from '../parts/use-room-names.ts';
import { useClient } from '../session/use-client.ts';
import styles from './threads-page.module.css';
import { type Followed, useFollowed } from './use-followed.ts';

export function ThreadsPage({ onRooms }: { onRooms(): void }) {
  const [onlyUnread, setOnlyUnread] = useState(false);
  const query = useFollowed();
  const all = query.data ?? [];
  const shown = onlyUnread ? all.filter(({ me }) => me.unread > 0) : all;
  return (
    <PageFrame title="Threads" about="Those you take part in or follow" onRooms={onRooms}>
      <div className={styles.head}>
        <Chips label="Which">
          <Chip pressed={!onlyUnread} onClick={() => setOnlyUnread(false)}>
            All
          </Chip>
          <Chip pressed={onlyUnread} onClick={() => setOnlyUnread(true)}>
            With new replies
          </Chip>
        </Chips>
      </div>
      <h2 className="reader-only">Threads</h2>
      {stateOf({ query, what: 'your threads' }) ??
        (shown.length === 0 ? (
          <EmptyState
            title={onlyUnread && all.length > 0 ? 'All replies are read' : 'You follow no thread yet'}
          >
            Reply to a message to open a thread. You follow it as soon as you take part in it.
          </EmptyState>
        ) : (
          <ul className={cards.list}>
            {shown.map((one) => (
              <ThreadRow key={one.root.id} thread={one} />
            ))}
          </ul>
        ))}
    </PageFrame>
  );
}

function ThreadRow({ thread: { root, me } }: { thread: Followed }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const rooms = useRoomNames();
  const room = rooms.of(root.roomId);
  const leave = useMutation({
    mutationFn: () => client.call('follow_thread', { messageId: root.id, following: false }),
    onError: (error) => tell('Could not stop following the thread', error),
    onSettled: () => queries.invalidateQueries({ queryKey: ['followed'] }),
  });
  const replies = root.thread?.replies ?? 0;
  return (
    <MessageCard
      message={root}
      room={room}
      href={threadHref(room, root.id)}
      isNew={me.unread > 0}
      actions={
        <Tooltip label="Stop following">
          <ActionIcon aria-label="Stop following" loading={leave.isPending} onClick={() => leave.mutate()}>
            <IconBellOff size={18} stroke={1.7} aria-hidden="true" />
          </ActionIcon>
        </Tooltip>
      }
    >
      <p className={styles.foot}>
        {me.unread > 0 && <strong>{me.unread === 1 ? '1 new reply' : `${me.unread} new replies`}</strong>}
        <span>
          {replies === 1 ? '1 reply' : `${replies} replies`}
          {root.thread !== undefined && `, the last ${formatMoment(root.thread.lastReplyAt)}`}
        </span>
      </p>
    </MessageCard>
  );
}

// The threads of a room, the one with the newest reply first, with what I have not read in each.
import { Button, Loader, SegmentedControl } from '@mantine/core';
import type { RoomHandle } from '@parley/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { EmptyState } from '../parts/empty-state.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { threadHref } from '../parts/route.ts';
import { formatWhen } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import { useLive } from '../session/use-live.ts';
import { MessageCard } from './message-card.tsx';
import listStyles from './side-list.module.css';
import { SidePanel } from './side-panel.tsx';

interface ThreadsPanelProps {
  room: RoomHandle;
  roomName: string;
  onClose(): void;
}

export function ThreadsPanel({ room, roomName, onClose }: ThreadsPanelProps) {
  const client = useClient();
  const [following, setFollowing] = useState(false);
  const roomId = room.getSnapshot().room?.id ?? room.key;
  const queryKey = ['threads', roomId, following];
  useLive(['threads', roomId], ['new_message', 'agent_message', 'message_deleted', 'thread_changed']);
  const query = useInfiniteQuery({
    queryKey,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      client.call(
        'list_threads',
        { roomId, following, limit: 30, ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    getNextPageParam: (page) => page.nextCursor,
  });
  const state = stateOf({ query, what: 'threads' });
  const threads = query.data?.pages.flatMap(({ data }) => data) ?? [];
  const info = room.getSnapshot().room ?? { id: roomId };
  return (
    <SidePanel title="Threads" about={roomName} onClose={onClose}>
      <div className={listStyles.search}>
        <SegmentedControl
          fullWidth
          size="xs"
          aria-label="Which threads"
          value={following ? 'mine' : 'all'}
          onChange={(value) => setFollowing(value === 'mine')}
          data={[
            { value: 'all', label: 'All' },
            { value: 'mine', label: 'I follow' },
          ]}
        />
      </div>
      <div className={listStyles.scroll}>
        {state}
        {state === undefined && threads.length === 0 && (
          <EmptyState title={following ? 'You follow no thread here' : 'No threads yet'}>
            Reply to a message in a thread to keep an aside out of the room’s way.
          </EmptyState>
        )}
        <ul className={listStyles.list}>
          {threads.map(({ root, me }) => (
            <li key={root.id}>
              <MessageCard room={room} message={root} href={threadHref(info, root.id)}>
                {me.unread > 0 && <span className={listStyles.unread}>{me.unread} new</span>}
                <span>
                  {root.thread?.replies ?? 0} {root.thread?.replies === 1 ? 'reply' : 'replies'}
                </span>
                {root.thread !== undefined && <span>last {formatWhen(root.thread.lastReplyAt)}</span>}
              </MessageCard>
            </li>
          ))}
        </ul>
        {query.hasNextPage && (
          <div className={listStyles.more}>
            <Button
              size="xs"
              variant="default"
              loading={query.isFetchingNextPage}
              onClick={() => query.fetchNextPage()}
            >
              Show more
            </Button>
          </div>
        )}
        {query.isRefetching && !query.isFetchingNextPage && threads.length === 0 && (
          <p className={listStyles.waiting}>
            <Loader size="xs" aria-hidden="true" /> Loading threads…
          </p>
        )}
      </div>
    </SidePanel>
  );
}

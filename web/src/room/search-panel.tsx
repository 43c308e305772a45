// Finding messages of this room; each leads to its place. The server understands operators, and says what it does not.
import { Button, Loader, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { RoomHandle } from '@parley/client';
import { IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { EmptyState } from '../parts/empty-state.tsx';
import { messageOf } from '../parts/errors.ts';
import { useClient } from '../session/use-client.ts';
import { MessageCard } from './message-card.tsx';
import listStyles from './side-list.module.css';
import { SidePanel } from './side-panel.tsx';

interface SearchPanelProps {
  room: RoomHandle;
  roomName: string;
  onClose(): void;
}

const PAUSE_MS = 250;

export function SearchPanel({ room, roomName, onClose }: SearchPanelProps) {
  const client = useClient();
  const [words, setWords] = useState('');
  const [wanted] = useDebouncedValue(words.trim(), PAUSE_MS);
  const info = room.getSnapshot().room;
  const where = info?.slug ?? info?.id ?? room.key;
  const query = useInfiniteQuery({
    queryKey: ['search', where, wanted],
    enabled: wanted !== '',
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      client.call(
        'search_messages',
        { q: `in:${where} ${wanted}`, ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const found = wanted === '' ? [] : (query.data?.pages.flatMap(({ data }) => data) ?? []);
  return (
    <SidePanel title="Search" about={roomName} onClose={onClose}>
      <div className={listStyles.search}>
        <TextInput
          type="search"
          aria-label={`Search in ${roomName}`}
          placeholder="Words, from:@name, has:file, after:2026-01-31"
          leftSection={<IconSearch size={16} aria-hidden="true" />}
          rightSection={query.isFetching ? <Loader size="xs" aria-hidden="true" /> : undefined}
          value={words}
          maxLength={400}
          error={query.isError && wanted !== '' ? messageOf(query.error) : undefined}
          errorProps={{ role: 'alert' }}
          onChange={(event) => setWords(event.currentTarget.value)}
          data-autofocus
          autoFocus
        />
      </div>
      <div className={listStyles.scroll}>
        {wanted === '' && (
          <EmptyState title="Find what was said here">
            Results lead to the message in its place. Put a phrase in quotes; a minus leaves a word out.
          </EmptyState>
        )}
        {wanted !== '' && query.isSuccess && found.length === 0 && (
          <EmptyState title="Nothing found">Try fewer or other words.</EmptyState>
        )}
        <ul className={listStyles.list} aria-label="Messages found">
          {found.map(({ message, highlights }) => (
            <li key={message.id}>
              <MessageCard room={room} message={message} side="search" highlights={highlights} />
            </li>
          ))}
        </ul>
        {query.hasNextPage && wanted !== '' && (
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
      </div>
    </SidePanel>
  );
}

// Finds messages by words and operators in the rooms I am in. The words stand in the address, so that a search can be shared.
import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { PageFrame } from '../layout/page-frame.tsx';
import { Chip, Chips } from '../parts/chip.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import cards from '../parts/message-card.module.css';
import { MessageCard } from '../parts/message-card.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { replaceWith, searchHref } from '../parts/route.ts';
import { useRoomNames } from '../parts/use-room-names.ts';
import { useClient } from '../session/use-client.ts';
import { Helpers } from './helpers.tsx';
import styles from './search-page.module.css';
import { recent, remember } from './search-words.ts';

/** From the last letter to the question. */
const PAUSE_MS = 300;

export function SearchPage({ words, onRooms }: { words: string; onRooms(): void }) {
  const [text, setText] = useState(words);
  const [order, setOrder] = useState<'newest' | 'relevance'>('newest');
  const [wanted] = useDebouncedValue(text.trim(), PAUSE_MS);
  const field = useRef<HTMLInputElement>(null);
  const mine = useRef(words);

  useEffect(() => {
    if (wanted === mine.current) return;
    mine.current = wanted;
    replaceWith(searchHref(wanted));
  }, [wanted]);
  useEffect(() => {
    // Somebody else changed the address: a link, the way back, the field that leads anywhere.
    if (words === mine.current) return;
    mine.current = words;
    setText(words);
  }, [words]);

  function write(next: string) {
    setText(next);
    field.current?.focus();
  }

  return (
    <PageFrame title="Search" about="In the rooms you are in" onRooms={onRooms}>
      <search className={styles.search}>
        <TextInput
          ref={field}
          label="Words to look for"
          type="search"
          size="md"
          value={text}
          maxLength={500}
          placeholder="oven from:@ada has:file"
          leftSection={<IconSearch size={18} stroke={1.8} aria-hidden="true" />}
          onChange={(event) => setText(event.currentTarget.value)}
          autoFocus
        />
        <Helpers text={text} onChange={write} />
      </search>
      {wanted === '' ? (
        <Nothing onChoose={write} />
      ) : (
        <Results words={wanted} order={order} onOrder={setOrder} />
      )}
    </PageFrame>
  );
}

function Nothing({ onChoose }: { onChoose(words: string): void }) {
  const before = recent.read() ?? [];
  return (
    <EmptyState
      title="What are you looking for?"
      actions={
        before.length > 0 && (
          <Chips label="Searched before">
            {before.map((words) => (
              <Chip key={words} onClick={() => onChoose(words)}>
                {words}
              </Chip>
            ))}
          </Chips>
        )
      }
    >
      All words must occur. Put a “phrase” in quotes, a - before a word that must not occur, a * after the
      beginning of one.
    </EmptyState>
  );
}

interface ResultsProps {
  words: string;
  order: 'newest' | 'relevance';
  onOrder(order: 'newest' | 'relevance'): void;
}

function Results({ words, order, onOrder }: ResultsProps) {
  const client = useClient();
  const rooms = useRoomNames();
  const query = useInfiniteQuery({
    queryKey: ['search', words, order],
    queryFn: ({ signal, pageParam }) =>
      client.call(
        'search_messages',
        { q: words, order, ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const found = query.data?.pages.flatMap((page) => page.data) ?? [];
  const isIndexing = query.data?.pages.some(({ indexing }) => indexing) ?? false;
  return (
    stateOf({ query, what: 'what fits' }) ?? (
      <section aria-labelledby="found" aria-busy={query.isPlaceholderData}>
        <div className={styles.head}>
          <h2 id="found" className={styles.count} aria-live="polite">
            {found.length === 0
              ? 'Nothing found'
              : `${found.length}${query.hasNextPage ? ' and more' : ''} found`}
          </h2>
          <Chips label="Order">
            <Chip pressed={order === 'newest'} onClick={() => onOrder('newest')}>
              Newest first
            </Chip>
            <Chip pressed={order === 'relevance'} onClick={() => onOrder('relevance')}>
              Best first
            </Chip>
          </Chips>
        </div>
        {isIndexing && (
          <p className={styles.note}>The newest messages are still being read; ask again shortly.</p>
        )}
        {found.length === 0 ? (
          <EmptyState title="No message fits">
            Use fewer words, the beginning of one with a * after it, or look in all rooms.
          </EmptyState>
        ) : (
          <ul className={cards.list}>
            {found.map(({ message, highlights }) => (
              <MessageCard
                key={message.id}
                message={message}
                room={rooms.of(message.roomId)}
                found={highlights}
                onOpen={() => remember(words)}
              />
            ))}
          </ul>
        )}
        <MoreButton query={query} />
      </section>
    )
  );
}

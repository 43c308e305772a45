// What an agent remembers, where each memory comes from, and what it would recall for some words.
import { Button, Group, Select, TextInput } from '@mantine/core';
import type { Agent, Memory } from '@parley/client';
import { IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { EmptyState } from '../parts/empty-state.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { roomName } from '../rooms/room-name.ts';
import { useClient, useMe, useStore } from '../session/use-client.ts';
import fields from './fields.module.css';
import { MemoryRow, type Recalled } from './memory-row.tsx';
import styles from './rows.module.css';

export function MemoriesTab({ agent }: { agent: Agent }) {
  const [asked, setAsked] = useState<{ query: string; readersOf: string | undefined }>();
  return (
    <>
      <AskForm onAsk={setAsked} isAsking={asked !== undefined} />
      {asked === undefined ? <AllMemories agent={agent} /> : <RecallFor agent={agent} {...asked} />}
    </>
  );
}

interface AskFormProps {
  isAsking: boolean;
  onAsk(asked: { query: string; readersOf: string | undefined } | undefined): void;
}

function AskForm({ onAsk, isAsking }: AskFormProps) {
  const [words, setWords] = useState('');
  const [roomId, setRoomId] = useState<string | null>(null);
  const { list } = useStore(useClient().rooms);
  const me = useMe();
  function submit(event: FormEvent) {
    event.preventDefault();
    const query = words.trim();
    onAsk(query === '' ? undefined : { query, readersOf: roomId ?? undefined });
  }
  return (
    <form onSubmit={submit} className={fields.section}>
      <h2>What would it recall?</h2>
      <p className={fields.hint}>
        As it would for a message with these words. In a room, only what all who read there may know.
      </p>
      <Group align="flex-end" gap="sm">
        <TextInput
          className={styles.grow ?? ''}
          label="Words"
          value={words}
          maxLength={1000}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <Select
          label="Answering in"
          placeholder="anywhere"
          clearable
          data={list.map((room) => ({ value: room.id, label: roomName(room, [], me.id) }))}
          value={roomId}
          onChange={setRoomId}
        />
        <Button type="submit" leftSection={<IconSearch size={16} aria-hidden="true" />}>
          Ask
        </Button>
        {isAsking && (
          <Button
            variant="default"
            onClick={() => {
              setWords('');
              onAsk(undefined);
            }}
          >
            Show all
          </Button>
        )}
      </Group>
    </form>
  );
}

function RecallFor({
  agent,
  query: words,
  readersOf,
}: {
  agent: Agent;
  query: string;
  readersOf: string | undefined;
}) {
  const client = useClient();
  const query = useQuery({
    queryKey: ['memories', agent.id, 'recall', words, readersOf],
    queryFn: ({ signal }) =>
      client.call(
        'search_memories',
        { agentId: agent.id, query: words, explain: true, ...(readersOf && { readersOf }) },
        { signal },
      ),
  });
  const found = query.data;
  return (
    stateOf({ query, what: 'what it would recall' }) ??
    (found === undefined ? null : (
      <>
        <p className={styles.count} role="status">
          {found.data.length === 0
            ? 'It would recall nothing for this.'
            : `It would recall ${found.data.length === 1 ? 'one memory' : `${found.data.length} memories`}, best first.`}
        </p>
        <ul className={styles.rows}>
          {found.data.map((one) => (
            <MemoryRow key={one.memory.id} agent={agent} memory={one.memory} recalled={one as Recalled} />
          ))}
        </ul>
        <Withheld reasons={(found.withheld ?? []).map(({ reason }) => reason)} />
      </>
    ))
  );
}

const WITHHELD: Record<string, string> = {
  audience: 'not for everyone who reads there',
  quarantined: 'not confirmed by anyone yet',
  superseded: 'no longer true',
  other_type: 'of another kind',
  other_time: 'from another time',
  below_threshold: 'too far from the words',
  over_limit: 'after the best ones',
  restated: 'said already by a better one',
  source_gone: 'their message is gone',
};

function Withheld({ reasons }: { reasons: string[] }) {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  if (counts.size === 0) return null;
  return (
    <p className={fields.hint}>
      Left out:{' '}
      {[...counts]
        .map(([reason, count]) => `${count} ${WITHHELD[reason] ?? reason.replaceAll('_', ' ')}`)
        .join('; ')}
      .
    </p>
  );
}

function AllMemories({ agent }: { agent: Agent }) {
  const client = useClient();
  const query = useInfiniteQuery({
    queryKey: ['memories', agent.id, 'all'],
    queryFn: ({ signal, pageParam }) =>
      client.call(
        'list_memories',
        { agentId: agent.id, limit: 50, ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
  const memories: Memory[] = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section className={fields.section}>
      <h2>All memories</h2>
      {stateOf({ query, what: 'memories' }) ??
        (memories.length === 0 ? (
          <EmptyState title="It remembers nothing yet">
            Say “remember that…” to it, or allow it to keep what you say.
          </EmptyState>
        ) : (
          <>
            <ul className={styles.rows}>
              {memories.map((memory) => (
                <MemoryRow key={memory.id} agent={agent} memory={memory} />
              ))}
            </ul>
            {query.hasNextPage && (
              <Button
                mt="md"
                variant="default"
                loading={query.isFetchingNextPage}
                onClick={() => query.fetchNextPage()}
              >
                Show more
              </Button>
            )}
          </>
        ))}
    </section>
  );
}

// What an agent remembers and where each memory comes from; what it would recall for some words, what waits for a word of its
// owner, and what it knows of whoever looks.
import { Button } from '@mantine/core';
import type { Agent, Memory } from '@parley/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import fields from '../agents/fields.module.css';
import styles from '../agents/rows.module.css';
import { EmptyState } from '../parts/empty-state.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { useClient } from '../session/use-client.ts';
import { AboutMe } from './about-me.tsx';
import { type Asked, AskForm } from './ask-form.tsx';
import { MemoryRow } from './memory-row.tsx';
import { Quarantine } from './quarantine.tsx';
import { RecallFor } from './recall-for.tsx';

export function MemoriesTab({ agent }: { agent: Agent }) {
  const [asked, setAsked] = useState<Asked>();
  return (
    <>
      <AskForm onAsk={setAsked} isAsking={asked !== undefined} />
      {asked === undefined ? (
        <>
          <Quarantine agent={agent} />
          <AllMemories agent={agent} />
          <AboutMe agent={agent} />
        </>
      ) : (
        <RecallFor agent={agent} asked={asked} />
      )}
    </>
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
    <section className={fields.section} aria-labelledby="all-memories">
      <h2 id="all-memories">All memories</h2>
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

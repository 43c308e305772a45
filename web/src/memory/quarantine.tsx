// What an agent was told by tools, pages and other agents and does not use: its owner lets it in or throws it away.
import { Button } from '@mantine/core';
import type { Agent, ReplyOf } from '@parley/client';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import fields from '../agents/fields.module.css';
import rows from '../agents/rows.module.css';
import { useAnnounce } from '../parts/announcer.tsx';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { useClient } from '../session/use-client.ts';
import { factsOf } from './memory-row.tsx';
import styles from './recall.module.css';
import { memoriesKey } from './use-memories.ts';

type Doubtful = ReplyOf<'list_quarantined_memories'>['data'][number];

export function Quarantine({ agent }: { agent: Agent }) {
  const client = useClient();
  const query = useInfiniteQuery({
    queryKey: [...memoriesKey(agent.id), 'quarantine'],
    queryFn: ({ signal, pageParam }) =>
      client.call(
        'list_quarantined_memories',
        { agentId: agent.id, limit: 20, ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
  const doubtful = query.data?.pages.flatMap((page) => page.data) ?? [];
  // Most agents have nothing here, and a heading over nothing would only be in the way.
  if (query.isPending || (query.isSuccess && doubtful.length === 0)) return null;
  return (
    <section className={fields.section}>
      <h2>Waiting for your word</h2>
      <p className={fields.hint}>
        It has this from tools, pages or other agents, and does not use it until you or a second source
        confirms it.
      </p>
      {stateOf({ query, what: 'what waits' }) ?? (
        <>
          <ul className={rows.rows}>
            {doubtful.map((one) => (
              <DoubtfulRow key={one.memory.id} agent={agent} doubtful={one} />
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
      )}
    </section>
  );
}

function DoubtfulRow({ agent, doubtful: { memory, sources } }: { agent: Agent; doubtful: Doubtful }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const announce = useAnnounce();
  const decide = useMutation({
    mutationFn: async (confirmed: boolean) => {
      if (confirmed) await client.call('confirm_memory', { memoryId: memory.id });
      else await client.call('delete_memory', { memoryId: memory.id });
    },
    onSuccess(_, confirmed) {
      announce(confirmed ? 'Confirmed: it may be used now' : 'Thrown away');
      return queries.invalidateQueries({ queryKey: memoriesKey(agent.id) });
    },
    onError: (error) => tell('Could not decide on it', error),
  });
  return (
    <li className={rows.memory}>
      <div className={rows.words}>
        <p className={rows.content}>{memory.content}</p>
        <p className={rows.about}>
          {sourceWords(sources)} · {factsOf(memory).join(' · ')}
        </p>
      </div>
      <div className={styles.actions}>
        <Button
          size="compact-sm"
          variant="default"
          loading={decide.isPending && decide.variables === true}
          onClick={() => decide.mutate(true)}
        >
          Confirm
        </Button>
        <Button
          size="compact-sm"
          variant="outline"
          color="clay"
          loading={decide.isPending && decide.variables === false}
          onClick={() => decide.mutate(false)}
        >
          Throw away
        </Button>
      </div>
    </li>
  );
}

function sourceWords(sources: readonly string[]): string {
  const agents = sources.filter((source) => source.startsWith('agents:')).length;
  const words = [
    ...(sources.includes('tools') ? ['from a tool'] : []),
    ...(agents === 1 ? ['from another agent'] : agents > 1 ? [`from agents of ${agents} people`] : []),
  ];
  return words.join(' and ') || 'from a source nobody answers for';
}

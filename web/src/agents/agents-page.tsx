// Agents that I answer for; for administrators, all of the server.
import { Button } from '@mantine/core';
import type { Agent } from '@parley/client';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { PageFrame } from '../layout/page-frame.tsx';
import { Avatar } from '../parts/avatar.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { agentHref } from '../parts/route.ts';
import { useClient, useStore } from '../session/use-client.ts';
import styles from './agents-page.module.css';
import { CreateAgentDialog } from './create-agent-dialog.tsx';
import { MODES, thinksWith } from './words.ts';

export function AgentsPage({ onRooms }: { onRooms(): void }) {
  const client = useClient();
  const isAdmin = useStore(client.state).me?.role === 'admin';
  const [creating, setCreating] = useState(false);
  const scope = isAdmin ? 'all' : 'mine';
  const query = useInfiniteQuery({
    queryKey: ['agents', scope],
    queryFn: ({ signal, pageParam }) =>
      client.call('list_agents', { scope, ...(pageParam && { cursor: pageParam }) }, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
  const create = (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setCreating(true)}>
      New agent
    </Button>
  );
  const agents = query.data?.pages.flatMap((page) => page.data) ?? [];

  return (
    <PageFrame
      title="Agents"
      about={isAdmin ? 'Everyone’s agents on this server' : 'The agents you answer for'}
      actions={create}
      onRooms={onRooms}
    >
      {stateOf({ query, what: 'agents' }) ??
        (agents.length === 0 ? (
          <EmptyState title="You have no agent yet" actions={create}>
            Make one, tell it what it is for, and invite it to a room.
          </EmptyState>
        ) : (
          <>
            <ul className={styles.list}>
              {agents.map((agent) => (
                <AgentCard key={agent.id} agent={agent} />
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
      <CreateAgentDialog opened={creating} onClose={() => setCreating(false)} />
    </PageFrame>
  );
}

function AgentCard({ agent }: { agent: Agent }) {
  return (
    <li>
      <a className={styles.card} href={agentHref(agent.id)}>
        <Avatar user={agent.user} />
        <span className={styles.words}>
          <span className={styles.name}>
            {agent.name}
            <span className={styles.handle}>@{agent.handle}</span>
          </span>
          <span className={styles.about}>{agent.description ?? 'No description'}</span>
          <span className={styles.facts}>
            {agent.isActive ? MODES[agent.responseMode].label : 'Switched off'} · {thinksWith(agent)}
          </span>
        </span>
      </a>
    </li>
  );
}

// What an agent did, newest first: each run opens into its steps.
import { Button } from '@mantine/core';
import type { Agent, ReplyOf } from '@parley/client';
import { IconChevronRight } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { endingOf, STATUS, whyOf } from '../messages/reasons.ts';
import { RunTrace } from '../messages/run-trace.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatDay, formatFull, formatTime } from '../parts/times.ts';
import { roomName } from '../rooms/room-name.ts';
import { useClient, useMe, useStore } from '../session/use-client.ts';
import styles from './rows.module.css';

type Run = ReplyOf<'list_runs'>['data'][number];

export function WorkTab({ agent }: { agent: Agent }) {
  const client = useClient();
  const query = useInfiniteQuery({
    queryKey: ['runs', agent.id],
    queryFn: ({ signal, pageParam }) =>
      client.call(
        'list_runs',
        { agentId: agent.id, limit: 30, ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: 10_000,
  });
  const runs = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    stateOf({ query, what: 'its work' }) ??
    (runs.length === 0 ? (
      <EmptyState title="It has done nothing yet">
        Mention @{agent.handle} in a room that it is in.
      </EmptyState>
    ) : (
      <>
        <ul className={styles.rows}>
          {runs.map((run) => (
            <RunRow key={run.id} run={run} />
          ))}
        </ul>
        {query.hasNextPage && (
          <Button
            mt="md"
            variant="default"
            loading={query.isFetchingNextPage}
            onClick={() => query.fetchNextPage()}
          >
            Show older
          </Button>
        )}
      </>
    ))
  );
}

function RunRow({ run }: { run: Run }) {
  const [open, setOpen] = useState(false);
  const { list } = useStore(useClient().rooms);
  const me = useMe();
  const room = list.find(({ id }) => id === run.roomId);
  const spent = run.inputTokens + run.outputTokens;
  return (
    <li className={styles.row}>
      <button type="button" className={styles.head} aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconChevronRight size={16} aria-hidden="true" className={styles.chevron} />
        <span className={styles.words}>
          <span className={styles.title}>
            <span className={styles.state} data-state={run.status}>
              {STATUS[run.status] ?? run.status}
            </span>
            {room !== undefined && <span>in {roomName(room, [], me.id)}</span>}
          </span>
          <span className={styles.about}>
            {run.reason === undefined ? whyOf('speak', run.triggerReason) : endingOf(run.reason)}
          </span>
        </span>
        <span className={styles.side}>
          <time dateTime={run.createdAt} title={formatFull(run.createdAt)}>
            {formatDay(run.createdAt)}, {formatTime(run.createdAt)}
          </time>
          {spent > 0 && <span>{spent.toLocaleString()} tokens</span>}
        </span>
      </button>
      {open && (
        <div className={styles.inside}>
          <RunTrace runId={run.id} />
        </div>
      )}
    </li>
  );
}

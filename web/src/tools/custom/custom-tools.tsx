// Tools that people defined: a request to a service of theirs, or a program in the sandbox.
import { Button } from '@mantine/core';
import type { CustomTool } from '@parley/client';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { EmptyState } from '../../parts/empty-state.tsx';
import { stateOf } from '../../parts/query-state.tsx';
import { useClient, useStore } from '../../session/use-client.ts';
import styles from '../tools.module.css';
import { CustomToolDialog } from './custom-tool-dialog.tsx';
import { CustomToolRow } from './custom-tool-row.tsx';

export const CUSTOM_TOOLS = ['custom-tools'];

export function CustomTools() {
  const client = useClient();
  const isAdmin = useStore(client.state).me?.role === 'admin';
  const [editing, setEditing] = useState<CustomTool | 'new'>();
  const scope = isAdmin ? 'all' : 'mine';
  const query = useInfiniteQuery({
    queryKey: [...CUSTOM_TOOLS, scope],
    queryFn: ({ signal, pageParam }) =>
      client.request('GET /api/tools/custom', { scope, ...(pageParam && { cursor: pageParam }) }, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
  const tools = query.data?.pages.flatMap((page) => page.data) ?? [];
  const make = (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setEditing('new')}>
      New tool
    </Button>
  );
  return (
    <>
      {stateOf({ query, what: 'tools' }) ??
        (tools.length === 0 ? (
          <EmptyState title="You have made no tool yet" actions={make}>
            Let your agents call a service of yours, or run a small program.
          </EmptyState>
        ) : (
          <>
            <div className={styles.head}>
              <p className={styles.quiet}>
                {isAdmin
                  ? 'Everyone’s tools on this server.'
                  : 'Only agents that you answer for may have them.'}
              </p>
              {make}
            </div>
            <ul className={styles.rows}>
              {tools.map((tool) => (
                <CustomToolRow key={tool.id} tool={tool} onEdit={() => setEditing(tool)} />
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
      <CustomToolDialog
        tool={editing === 'new' ? undefined : editing}
        opened={editing !== undefined}
        onClose={() => setEditing(undefined)}
      />
    </>
  );
}

// The record of what was done that somebody may have to answer for, and whether it is whole.
import { Button, Group, Select } from '@mantine/core';
import type { AuditEntry } from '@parley/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import rows from '../agents/rows.module.css';
import { PageFrame } from '../layout/page-frame.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { FoldRow } from '../parts/fold-row.tsx';
import { PersonField } from '../parts/people-field.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatDay, formatFull, formatTime } from '../parts/times.ts';
import { useClient, useStore } from '../session/use-client.ts';
import { Data } from '../tools/tool-calls.tsx';
import styles from '../tools/tools.module.css';
import { useNames } from '../tools/use-agent-tools.ts';
import { VerifyPanel } from './verify-panel.tsx';

/** Families of actions; each entry's own action stands in its row. */
const FAMILIES = [
  { value: 'agent', label: 'agents' },
  { value: 'approval', label: 'approvals' },
  { value: 'key', label: 'keys' },
  { value: 'mcp_server', label: 'servers of tools' },
  { value: 'member', label: 'people of this server' },
  { value: 'room_member', label: 'members of rooms' },
  { value: 'tool', label: 'tools' },
];

export function AuditPage({ onRooms }: { onRooms(): void }) {
  const client = useClient();
  const isAdmin = useStore(client.state).me?.role === 'admin';
  const [family, setFamily] = useState<string | null>(null);
  const [actorId, setActorId] = useState<string | null>(null);
  const [agentId, setAgentId] = useState<string | null>(null);
  const query = useInfiniteQuery({
    queryKey: ['audit', family, actorId, agentId],
    queryFn: ({ signal, pageParam }) =>
      client.call(
        'list_audit',
        {
          limit: 50,
          ...(family !== null && { action: `${family}.*` }),
          ...(actorId !== null && { actorId }),
          ...(agentId !== null && { agentId }),
          ...(pageParam && { cursor: pageParam }),
        },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
  const entries = query.data?.pages.flatMap((page) => page.data) ?? [];
  const names = useNames(
    entries.flatMap(({ actorId: actor, agentId: agent, subject }) => [
      ...(actor === undefined ? [] : [actor]),
      ...(agent === undefined ? [] : [agent]),
      ...(subject.type === 'user' || subject.type === 'agent' ? [subject.id] : []),
    ]),
  );
  return (
    <PageFrame
      title="Audit"
      about={isAdmin ? 'What was done on this server' : 'What was done to agents of yours'}
      onRooms={onRooms}
    >
      {isAdmin && <VerifyPanel />}
      <Group align="flex-end" gap="sm" mb="md">
        <Select
          className={rows.grow ?? ''}
          label="What"
          placeholder="anything"
          clearable
          data={FAMILIES}
          value={family}
          onChange={setFamily}
        />
        <PersonField
          className={rows.grow}
          label="By whom"
          placeholder="anyone"
          value={actorId}
          onChange={setActorId}
        />
        <PersonField
          className={rows.grow}
          kind="agent"
          label="Of which agent"
          placeholder="any"
          value={agentId}
          onChange={setAgentId}
        />
      </Group>
      <h2 className="reader-only">Entries</h2>
      {stateOf({ query, what: 'the record' }) ??
        (entries.length === 0 ? (
          <EmptyState title="Nothing fits">Choose less, or wait until something is done.</EmptyState>
        ) : (
          <>
            <ul className={styles.rows}>
              {entries.map((entry) => (
                <EntryRow key={entry.seq} entry={entry} nameOf={names.person} />
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
        ))}
    </PageFrame>
  );
}

function EntryRow({ entry, nameOf }: { entry: AuditEntry; nameOf(id: string): string }) {
  const { subject, actorId } = entry;
  const about = subject.type === 'user' || subject.type === 'agent' ? nameOf(subject.id) : subject.type;
  return (
    <FoldRow
      title={entry.action.replaceAll('_', ' ').replace('.', ': ')}
      about={[
        actorId === undefined ? 'by nobody' : `by ${nameOf(actorId)}`,
        `on ${about.replaceAll('_', ' ')}`,
        ...(entry.agentId === undefined || entry.agentId === subject.id
          ? []
          : [`of ${nameOf(entry.agentId)}`]),
        `${formatDay(entry.at)}, ${formatTime(entry.at)}`,
      ].join(' · ')}
      side={<span>no. {entry.seq}</span>}
    >
      <dl className={styles.inputs}>
        <dt>when</dt>
        <dd>{formatFull(entry.at)}</dd>
        <dt>{subject.type}</dt>
        <dd>{subject.id}</dd>
        {entry.via !== undefined && (
          <>
            <dt>through</dt>
            <dd>{entry.via}</dd>
          </>
        )}
        <dt>hash</dt>
        <dd>{entry.hash}</dd>
      </dl>
      <Data name="Details" value={entry.details} />
    </FoldRow>
  );
}

// Every state that an agent's settings had, what changed with each, and the way back to it.
import { Button } from '@mantine/core';
import type { Agent, Revision } from '@parley/client';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { diffLines } from 'diff';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatDay, formatFull, formatTime } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import styles from './history-tab.module.css';
import rows from './rows.module.css';

export function HistoryTab({ agent }: { agent: Agent }) {
  const client = useClient();
  const query = useInfiniteQuery({
    queryKey: ['revisions', agent.id],
    queryFn: ({ signal, pageParam }) =>
      client.call(
        'list_revisions',
        { agentId: agent.id, limit: 30, ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
  const revisions: Revision[] = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    stateOf({ query, what: 'its history' }) ?? (
      <>
        <ul className={rows.rows}>
          {revisions.map((revision, i) => (
            <RevisionRow
              key={revision.revision}
              agent={agent}
              revision={revision}
              before={revisions[i + 1]}
            />
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
    )
  );
}

interface RevisionRowProps {
  agent: Agent;
  revision: Revision;
  /** The one it followed, where that is on the page. */
  before: Revision | undefined;
}

function RevisionRow({ agent, revision, before }: RevisionRowProps) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const rollback = useMutation({
    mutationFn: () => client.call('rollback_agent', { agentId: agent.id, revision: revision.revision }),
    async onSuccess(now) {
      queries.setQueryData(['agent', agent.id], now);
      await queries.invalidateQueries({ queryKey: ['revisions', agent.id] });
    },
    onError: (error) => tell('Could not go back', error),
  });
  const what =
    revision.revision === 1
      ? 'as it was made'
      : revision.changed.length === 0
        ? 'nothing that shows'
        : revision.changed.map(fieldWords).join(', ');
  return (
    <li className={styles.revision}>
      <div className={styles.head}>
        <div className={rows.words}>
          <p className={rows.title}>
            Revision {revision.revision}
            {revision.current && <span className={styles.current}>in force</span>}
          </p>
          <p className={rows.about}>
            {what} ·{' '}
            <time dateTime={revision.createdAt} title={formatFull(revision.createdAt)}>
              {formatDay(revision.createdAt)}, {formatTime(revision.createdAt)}
            </time>
          </p>
        </div>
        {!revision.current && (
          <Button
            size="compact-sm"
            variant="default"
            loading={rollback.isPending}
            onClick={() => rollback.mutate()}
          >
            Go back to it
          </Button>
        )}
      </div>
      {before !== undefined && (
        <Changes before={before.settings} after={revision.settings} changed={revision.changed} />
      )}
    </li>
  );
}

interface ChangesProps {
  before: Revision['settings'];
  after: Revision['settings'];
  changed: string[];
}

function Changes({ before, after, changed }: ChangesProps) {
  const fields = changed.filter((name): name is keyof Revision['settings'] => name in after);
  if (fields.length === 0) return null;
  return (
    <details className={styles.details}>
      <summary>What changed</summary>
      {fields.map((name) => (
        <div key={name}>
          <p className={styles.field}>{fieldWords(name)}</p>
          <pre className={styles.diff}>
            {diffLines(asText(before[name]), asText(after[name])).map((part, i) => {
              const key = `${i} ${part.added === true ? '+' : part.removed === true ? '-' : ' '}`;
              if (part.added === true)
                return (
                  <ins key={key}>
                    <span className="reader-only">added: </span>
                    {part.value}
                  </ins>
                );
              if (part.removed === true)
                return (
                  <del key={key}>
                    <span className="reader-only">removed: </span>
                    {part.value}
                  </del>
                );
              return <span key={key}>{part.value}</span>;
            })}
          </pre>
        </div>
      ))}
    </details>
  );
}

const FIELDS: Record<string, string> = {
  name: 'name',
  description: 'what it is for',
  llmProvider: 'provider',
  modelName: 'model',
  systemPrompt: 'instructions',
  personality: 'character',
  capabilities: 'tools',
  memoryEnabled: 'memory',
  responseMode: 'when it speaks',
};
const fieldWords = (name: string): string => FIELDS[name] ?? name;

/** With an end of line, so that a last line is told from one that goes on. */
const asText = (value: unknown): string =>
  `${typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value, undefined, 1)}\n`;

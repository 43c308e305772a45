// Documents that an agent learned by heart: added as files or pasted, and taken away as a whole.
import { Button } from '@mantine/core';
import type { Agent, TrainingDocument } from '@parley/client';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import fields from '../agents/fields.module.css';
import rows from '../agents/rows.module.css';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatDay, formatFull } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import { AddDocuments } from './add-documents.tsx';
import styles from './training.module.css';

export const trainingKey = (agentId: string) => ['training', agentId];

export function TrainingTab({ agent }: { agent: Agent }) {
  return (
    <>
      <AddDocuments agent={agent} />
      <Documents agent={agent} />
    </>
  );
}

function Documents({ agent }: { agent: Agent }) {
  const client = useClient();
  const [gone, setGone] = useState<TrainingDocument>();
  const query = useInfiniteQuery({
    queryKey: trainingKey(agent.id),
    queryFn: ({ signal, pageParam }) =>
      client.call(
        'list_training',
        { agentId: agent.id, limit: 50, ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
  const documents = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section className={fields.section} aria-labelledby="documents">
      <h2 id="documents">What it knows by heart</h2>
      {gone !== undefined && (
        <p className={styles.receipt} role="status">
          “{gone.title}” is taken away, with all {gone.chunks} passages of it.
        </p>
      )}
      {stateOf({ query, what: 'its documents' }) ??
        (documents.length === 0 ? (
          <p className={fields.hint}>Nothing yet. Whatever you add, it may tell to whoever asks.</p>
        ) : (
          <>
            <ul className={rows.rows}>
              {documents.map((document) => (
                <DocumentRow key={document.id} agent={agent} document={document} onGone={setGone} />
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

interface DocumentRowProps {
  agent: Agent;
  document: TrainingDocument;
  onGone(document: TrainingDocument): void;
}

function DocumentRow({ agent, document, onGone }: DocumentRowProps) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const remove = useMutation({
    mutationFn: () => client.call('delete_training', { documentId: document.id }),
    onSuccess() {
      onGone(document);
      return queries.invalidateQueries({ queryKey: trainingKey(agent.id) });
    },
    onError: (error) => tell('Could not take the document away', error),
  });
  return (
    <li className={rows.memory}>
      <div className={rows.words}>
        <p className={rows.content}>{document.title}</p>
        <p className={rows.about}>
          {document.chars.toLocaleString()} characters in {document.chunks}{' '}
          {document.chunks === 1 ? 'passage' : 'passages'} ·{' '}
          <time dateTime={document.createdAt} title={formatFull(document.createdAt)}>
            {formatDay(document.createdAt)}
          </time>
          {document.source !== undefined && ` · ${document.source}`}
        </p>
      </div>
      <Button
        size="compact-sm"
        variant="outline"
        color="clay"
        loading={remove.isPending}
        aria-label={`Take away ${document.title}`}
        onClick={() => remove.mutate()}
      >
        Take away
      </Button>
    </li>
  );
}

// What a message has said, newest first, each with what changed against the one before. Loaded as its own chunk.
import { Button, Modal } from '@mantine/core';
import type { ChatMessage, ReplyOf } from '@parley/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { diffWordsWithSpace } from 'diff';
import { useMemo } from 'react';
import { stateOf } from '../parts/query-state.tsx';
import { formatFull, formatWhen } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import styles from './versions-dialog.module.css';

type Version = ReplyOf<'list_versions'>['data'][number];

interface VersionsDialogProps {
  message: ChatMessage;
  onClose(): void;
}

export default function VersionsDialog({ message, onClose }: VersionsDialogProps) {
  return (
    <Modal opened onClose={onClose} size="lg" title="What it said before">
      <Versions message={message} />
    </Modal>
  );
}

function Versions({ message }: { message: ChatMessage }) {
  const client = useClient();
  const query = useInfiniteQuery({
    queryKey: ['versions', message.id, message.version],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      client.call(
        'list_versions',
        { messageId: message.id, ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    getNextPageParam: (page) => page.nextCursor,
  });
  const state = stateOf({ query, what: 'what it said' });
  if (state !== undefined) return state;
  const versions = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <>
      <ol className={styles.list} reversed>
        {versions.map((version, index) => (
          <OneVersion
            key={version.version}
            version={version}
            before={versions[index + 1]}
            newest={index === 0}
          />
        ))}
      </ol>
      {query.hasNextPage && (
        <Button
          variant="default"
          size="xs"
          loading={query.isFetchingNextPage}
          onClick={() => query.fetchNextPage()}
        >
          Show earlier ones
        </Button>
      )}
    </>
  );
}

interface OneVersionProps {
  version: Version;
  before: Version | undefined;
  newest: boolean;
}

function OneVersion({ version, before, newest }: OneVersionProps) {
  const parts = useMemo(
    () => (before === undefined ? undefined : diffWordsWithSpace(before.body, version.body)),
    [version, before],
  );
  return (
    <li className={styles.version}>
      <p className={styles.head}>
        <strong>{newest ? 'Now' : `Version ${version.version}`}</strong>
        <time dateTime={version.writtenAt} title={formatFull(version.writtenAt)}>
          {before === undefined ? 'written' : 'edited'} {formatWhen(version.writtenAt)}
        </time>
      </p>
      <p className={styles.body} dir="auto">
        {parts === undefined
          ? version.body
          : parts.map((part, index) => {
              const key = `${index}-${part.value.length}`;
              if (part.added) return <ins key={key}>{part.value}</ins>;
              return part.removed ? <del key={key}>{part.value}</del> : <span key={key}>{part.value}</span>;
            })}
      </p>
    </li>
  );
}

// What stands in for an answer that is on its way, or did not come: with a way to ask again.
import { Button, Loader } from '@mantine/core';
import { EmptyState } from './empty-state.tsx';
import { messageOf } from './errors.ts';
import styles from './query-state.module.css';

interface QueryStateProps {
  query: { isPending: boolean; isError: boolean; error: unknown; refetch(): unknown };
  /** "agents": what is asked for. */
  what: string;
  /** Said instead where it is not there, or not for the reader. */
  missing?: string;
}

/** Undefined once there is an answer to show. */
export function stateOf({ query, what, missing }: QueryStateProps) {
  if (query.isPending)
    return (
      <p className={styles.waiting}>
        <Loader size="xs" aria-hidden="true" /> Loading {what}…
      </p>
    );
  if (!query.isError) return undefined;
  const isMissing = missing !== undefined && isRefused(query.error);
  return (
    <EmptyState
      title={isMissing ? 'Nothing to see here' : `Could not load ${what}`}
      tone={isMissing ? 'calm' : 'problem'}
      actions={
        !isMissing && (
          <Button variant="default" onClick={() => query.refetch()}>
            Try again
          </Button>
        )
      }
    >
      {isMissing ? missing : messageOf(query.error)}
    </EmptyState>
  );
}

const isRefused = (error: unknown): boolean =>
  ['not_found', 'forbidden'].includes((error as { code?: string }).code ?? '');

// Erasing a person: whom, said twice, then followed to the report.
import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { messageOf } from '../parts/errors.ts';
import { PersonField } from '../parts/people-field.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { useClient } from '../session/use-client.ts';
import styles from './admin.module.css';

export function EraseSection() {
  const client = useClient();
  const [userId, setUserId] = useState<string | null>(null);
  const [typed, setTyped] = useState('');
  const [erasureId, setErasureId] = useState<string>();
  const person = useQuery({
    queryKey: ['user', userId],
    queryFn: ({ signal }) => client.call('get_user', { userId: userId ?? '' }, { signal }),
    enabled: userId !== null,
  });
  const erase = useMutation({
    mutationFn: (id: string) => client.call('erase_person', { userId: id }),
    onSuccess({ id }) {
      setErasureId(id);
      setUserId(null);
      setTyped('');
    },
  });
  const handle = person.data?.handle;
  const isSure = handle !== undefined && typed.replace(/^@/, '') === handle;
  function submit(event: FormEvent) {
    event.preventDefault();
    if (isSure && userId !== null) erase.mutate(userId);
  }
  return (
    <>
      <form onSubmit={submit} className={styles.form}>
        <PersonField label="Whom" placeholder="a person" value={userId} onChange={setUserId} />
        {handle !== undefined && userId !== null && (
          <>
            <TextInput
              label={`To be sure, type ${handle}`}
              value={typed}
              autoComplete="off"
              spellCheck={false}
              error={erase.isError ? messageOf(erase.error) : undefined}
              errorProps={{ role: 'alert' }}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
            <div>
              <Button type="submit" color="clay" loading={erase.isPending} disabled={!isSure}>
                Erase {person.data?.name} for good
              </Button>
            </div>
          </>
        )}
      </form>
      {erasureId !== undefined && <Report erasureId={erasureId} />}
    </>
  );
}

function Report({ erasureId }: { erasureId: string }) {
  const client = useClient();
  const query = useQuery({
    queryKey: ['erasure', erasureId],
    queryFn: ({ signal }) => client.call('get_erasure', { erasureId }, { signal }),
    refetchInterval: ({ state }) => (state.data?.done ? false : 1500),
  });
  const counts = Object.entries(query.data?.counts ?? {});
  return (
    <div className={styles.report} aria-live="polite">
      {stateOf({ query, what: 'the report' }) ?? (
        <>
          <p>
            <strong>{query.data?.done ? 'Erased. What it was:' : 'Erasing…'}</strong>
          </p>
          <dl className={styles.counts}>
            {counts.map(([name, count]) => (
              <div key={name}>
                <dt>{name.replace(/([A-Z])/g, ' $1').toLowerCase()}</dt>
                <dd>{count.toLocaleString()}</dd>
              </div>
            ))}
          </dl>
          <p className={styles.code}>{erasureId}</p>
        </>
      )}
    </div>
  );
}

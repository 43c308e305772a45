// Who is on this server: roles, suspensions, live connections, and removing someone.
import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { ReplyOf } from '@parley/client';
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useState } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { Chip, Chips } from '../parts/chip.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { FoldRow } from '../parts/fold-row.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { SureButton } from '../parts/sure-button.tsx';
import { formatMoment } from '../parts/times.ts';
import { useClient, useMe } from '../session/use-client.ts';
import tools from '../tools/tools.module.css';
import styles from './admin.module.css';

type Account = ReplyOf<'list_users'>['data'][number];

const ACCOUNTS = ['accounts'];

export function PeopleTab() {
  const client = useClient();
  const [words, setWords] = useState('');
  const [kind, setKind] = useState<'human' | 'agent'>('human');
  const [wanted] = useDebouncedValue(words.trim(), 250);
  const query = useInfiniteQuery({
    queryKey: [...ACCOUNTS, wanted, kind],
    queryFn: ({ signal, pageParam }) =>
      client.call(
        'list_users',
        { limit: 50, kind, ...(wanted !== '' && { query: wanted }), ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });
  const accounts = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <>
      <div className={styles.bar}>
        <TextInput
          className={styles.grow ?? ''}
          label="Find by name or handle"
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <Chips label="Kind">
          <Chip pressed={kind === 'human'} onClick={() => setKind('human')}>
            People
          </Chip>
          <Chip pressed={kind === 'agent'} onClick={() => setKind('agent')}>
            Agents
          </Chip>
        </Chips>
      </div>
      <h2 className="reader-only">{kind === 'human' ? 'People' : 'Agents'}</h2>
      {stateOf({ query, what: 'people' }) ??
        (accounts.length === 0 ? (
          <EmptyState title="Nobody fits that">Use the beginning of a name or handle.</EmptyState>
        ) : (
          <ul className={tools.rows}>
            {accounts.map((account) => (
              <AccountRow key={account.id} account={account} />
            ))}
          </ul>
        ))}
      <MoreButton query={query} />
    </>
  );
}

function AccountRow({ account }: { account: Account }) {
  const state = account.suspended ? 'Suspended' : account.role === 'admin' ? 'Administrator' : '';
  return (
    <FoldRow
      title={
        <span className={styles.person} data-off={account.suspended || undefined}>
          <Avatar user={account} size="sm" />
          {account.name}
        </span>
      }
      about={`@${account.handle}`}
      side={
        <span className={styles.state} data-state={state}>
          {state}
        </span>
      }
    >
      <AccountActions account={account} />
      <Connections account={account} />
    </FoldRow>
  );
}

function AccountActions({ account }: { account: Account }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const me = useMe();
  const onSettled = () => queries.invalidateQueries({ queryKey: ACCOUNTS });
  const change = useMutation({
    mutationFn: (to: { suspended?: boolean; role?: 'admin' | 'member' }) =>
      client.call('update_user', { userId: account.id, ...to }),
    onError: (error) => tell(`Could not change ${account.name}`, error),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: () => client.call('remove_user', { userId: account.id }),
    onError: (error) => tell(`Could not remove ${account.name}`, error),
    onSettled,
  });
  if (account.id === me.id)
    return <p className={tools.quiet}>This is you. Another administrator would have to change your role.</p>;
  const { suspended = false, role } = account;
  return (
    <div className={styles.buttons}>
      {account.kind === 'human' && (
        <Button
          size="compact-sm"
          variant="default"
          loading={change.isPending && change.variables.role !== undefined}
          onClick={() => change.mutate({ role: role === 'admin' ? 'member' : 'admin' })}
        >
          {role === 'admin' ? 'Make a member' : 'Make an administrator'}
        </Button>
      )}
      {suspended ? (
        <Button
          size="compact-sm"
          variant="default"
          loading={change.isPending}
          onClick={() => change.mutate({ suspended: false })}
        >
          Let them in again
        </Button>
      ) : (
        <SureButton
          sure="Sign out everywhere and suspend"
          isBusy={change.isPending && change.variables.suspended !== undefined}
          onSure={() => change.mutate({ suspended: true })}
        >
          Suspend
        </SureButton>
      )}
      <SureButton
        sure="Remove for good; what they wrote stays"
        isBusy={remove.isPending}
        onSure={() => remove.mutate()}
      >
        Remove
      </SureButton>
    </div>
  );
}

const PROTOCOLS = { socketio: 'Socket.IO', phoenix: 'Phoenix channels' };

function Connections({ account }: { account: Account }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const key = ['connections', account.id];
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => client.call('list_connections', { userId: account.id }, { signal }),
    refetchInterval: 10_000,
  });
  const close = useMutation({
    mutationFn: () => client.call('disconnect_user', { userId: account.id }),
    onError: (error) => tell('Could not close the connections', error),
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
  const { connections = [], complete = true } = query.data ?? {};
  return (
    <section className={tools.part} aria-label="Connections">
      <h3>Connections</h3>
      {stateOf({ query, what: 'connections' }) ??
        (connections.length === 0 ? (
          <p className={tools.quiet}>None just now.</p>
        ) : (
          <ul className={styles.facts}>
            {connections.map(({ id, protocol, since, node }) => (
              <li key={id}>
                {PROTOCOLS[protocol]}, since {formatMoment(since)}, node {node.slice(-6)}
              </li>
            ))}
          </ul>
        ))}
      {!complete && <p className={tools.quiet}>Some node did not answer; there may be more.</p>}
      {connections.length > 0 && (
        <SureButton
          sure="Close all; clients may come back"
          isBusy={close.isPending}
          onSure={() => close.mutate()}
        >
          Close them
        </SureButton>
      )}
    </section>
  );
}

// Everyone of this server by a few letters, each with one thing to do with them. Says why, where it did not work.
import { Button, Loader, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { User } from '@parley/client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { AgentBadge } from '../parts/badge.tsx';
import { messageOf } from '../parts/errors.ts';
import { useClient } from '../session/use-client.ts';
import styles from './dialog-list.module.css';

interface UserPickerProps {
  /** On the button, before the name for readers: "Message". */
  verb: string;
  /** Who is not offered. */
  without: ReadonlySet<string>;
  /** Said where nobody is left, without and with letters. */
  nobody: string;
  nobodyFits: string;
  onPick(user: User): Promise<void>;
}

export function UserPicker({ verb, without, nobody, nobodyFits, onPick }: UserPickerProps) {
  const client = useClient();
  const [text, setText] = useState('');
  const [wanted] = useDebouncedValue(text.trim(), 200);
  const [picking, setPicking] = useState<string>();
  const [failed, setFailed] = useState<unknown>();
  const query = useQuery({
    queryKey: ['users', wanted],
    queryFn: ({ signal }) =>
      client.call('list_users', { limit: 50, ...(wanted === '' ? {} : { query: wanted }) }, { signal }),
    placeholderData: keepPreviousData,
  });
  // Agents first, then by name.
  const users = (query.data?.data ?? [])
    .filter(({ id }) => !without.has(id))
    .sort((a, b) => (a.kind === b.kind ? a.name.localeCompare(b.name) : a.kind === 'agent' ? -1 : 1));

  async function pick(user: User) {
    setPicking(user.id);
    setFailed(undefined);
    try {
      await onPick(user);
    } catch (error) {
      setFailed(error);
    } finally {
      setPicking(undefined);
    }
  }

  return (
    <>
      <TextInput
        label="Find someone"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        data-autofocus
      />
      {query.isPending && (
        <p className={styles.waiting}>
          <Loader size="xs" aria-hidden="true" /> Loading people…
        </p>
      )}
      {(query.isError || failed !== undefined) && (
        <div className={styles.problem} role="alert">
          {messageOf(failed ?? query.error)}
        </div>
      )}
      {query.isSuccess && users.length === 0 && (
        <p className={styles.waiting}>{wanted === '' ? nobody : nobodyFits}</p>
      )}
      <ul className={styles.list}>
        {users.map((user) => (
          <li key={user.id} className={styles.item}>
            <Avatar user={user} />
            <span className={styles.words}>
              <span className={styles.name}>
                {user.name} {user.kind === 'agent' && <AgentBadge />}
              </span>
              <span className={styles.about}>@{user.handle}</span>
            </span>
            <Button
              size="xs"
              variant="default"
              loading={picking === user.id}
              aria-label={`${verb} ${user.name}`}
              onClick={() => pick(user)}
            >
              {verb}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}

// API keys: made with scopes and an end, shown once, revoked.
import { Button, NativeSelect, TagsInput, TextInput } from '@mantine/core';
import type { InputOf, ReplyOf } from '@parley/client';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import fields from '../agents/fields.module.css';
import rows from '../agents/rows.module.css';
import { messageOf } from '../parts/errors.ts';
import { MoreButton } from '../parts/more-button.tsx';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { SecretBox } from '../parts/secret-box.tsx';
import { SureButton } from '../parts/sure-button.tsx';
import { formatMoment } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import styles from './admin.module.css';

type Key = ReplyOf<'list_keys'>['data'][number];

const KEYS = ['keys'];

export function KeysTab() {
  const client = useClient();
  const query = useInfiniteQuery({
    queryKey: KEYS,
    queryFn: ({ signal, pageParam }) =>
      client.call('list_keys', { limit: 50, ...(pageParam && { cursor: pageParam }) }, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
  const keys = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <>
      <section className={fields.section} aria-labelledby="keys">
        <h2 id="keys">Keys</h2>
        {stateOf({ query, what: 'keys' }) ??
          (keys.length === 0 ? (
            <p className={fields.hint}>
              None yet. A key lets a program do what its scopes say, in your name.
            </p>
          ) : (
            <ul className={rows.rows}>
              {keys.map((key) => (
                <KeyRow key={key.id} apiKey={key} />
              ))}
            </ul>
          ))}
        <MoreButton query={query} />
      </section>
      <NewKey />
    </>
  );
}

function stateOfKey({ revokedAt, expiresAt, lastUsedAt }: Key): string {
  if (revokedAt !== undefined) return `revoked ${formatMoment(revokedAt)}`;
  const ends = expiresAt === undefined ? '' : ` · ends ${formatMoment(expiresAt)}`;
  return `${lastUsedAt === undefined ? 'never used' : `used last ${formatMoment(lastUsedAt)}`}${ends}`;
}

function KeyRow({ apiKey }: { apiKey: Key }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const revoke = useMutation({
    mutationFn: () => client.call('delete_key', { keyId: apiKey.id }),
    onError: (error) => tell('Could not revoke the key', error),
    onSettled: () => queries.invalidateQueries({ queryKey: KEYS }),
  });
  return (
    <li className={rows.memory}>
      <div className={rows.words}>
        <p>
          <strong>{apiKey.name}</strong> <code className={styles.code}>{apiKey.prefix}…</code>
        </p>
        <p className={rows.about}>
          {apiKey.role === 'admin' ? 'Administrator' : 'Member'} · {apiKey.scopes.join(', ')} ·{' '}
          {stateOfKey(apiKey)}
        </p>
      </div>
      {apiKey.revokedAt === undefined && (
        <span className={styles.buttons}>
          <SureButton sure="Revoke it" isBusy={revoke.isPending} onSure={() => revoke.mutate()}>
            Revoke
          </SureButton>
        </span>
      )}
    </li>
  );
}

const FAMILIES = [
  '*',
  'messages.*',
  'messages.send',
  'rooms.*',
  'rooms.join',
  'users.*',
  'agents.*',
  'webhooks.*',
  'search.messages',
  'exports.*',
  'audit.*',
];
const LASTS = [
  { value: '30', label: 'a month' },
  { value: '90', label: 'three months' },
  { value: '365', label: 'a year' },
  { value: '', label: 'until it is revoked' },
];
const DAY_MS = 24 * 3600_000;

function NewKey() {
  const client = useClient();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>([]);
  const [role, setRole] = useState<'member' | 'admin'>('member');
  const [days, setDays] = useState('90');
  const [secret, setSecret] = useState<string>();
  const make = useMutation({
    mutationFn: (input: InputOf<'create_key'>) => client.call('create_key', input),
    onSuccess(answer) {
      setName('');
      setScopes([]);
      setSecret(answer.key);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: KEYS }),
  });
  const isReady = name.trim() !== '' && scopes.length > 0;
  function submit(event: FormEvent) {
    event.preventDefault();
    if (!isReady) return;
    const expiresAt = days === '' ? undefined : new Date(Date.now() + Number(days) * DAY_MS).toISOString();
    make.mutate({ name: name.trim(), scopes, role, ...(expiresAt !== undefined && { expiresAt }) });
  }
  return (
    <section className={fields.section} aria-labelledby="new-key">
      <h2 id="new-key">New key</h2>
      <p className={fields.hint}>It acts as you, and may do no more than its scopes and role allow.</p>
      {secret !== undefined && (
        <SecretBox title="The key" value={secret} onDone={() => setSecret(undefined)} />
      )}
      <form onSubmit={submit} className={styles.form}>
        <TextInput
          label="What it is for"
          placeholder="Nightly report"
          value={name}
          maxLength={64}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TagsInput
          label="Scopes"
          description="Names of operations, families such as messages.*, or * for all"
          data={FAMILIES}
          value={scopes}
          error={make.isError ? messageOf(make.error) : undefined}
          errorProps={{ role: 'alert' }}
          onChange={setScopes}
        />
        <div className={styles.pair}>
          <NativeSelect
            label="Role"
            size="md"
            data={[
              { value: 'member', label: 'Member' },
              { value: 'admin', label: 'Administrator' },
            ]}
            value={role}
            onChange={(event) => setRole(event.currentTarget.value as 'member')}
          />
          <NativeSelect
            label="It lasts"
            size="md"
            data={LASTS}
            value={days}
            onChange={(event) => setDays(event.currentTarget.value)}
          />
        </div>
        <div>
          <Button type="submit" loading={make.isPending} disabled={!isReady}>
            Make the key
          </Button>
        </div>
      </form>
    </section>
  );
}

// Addresses by which other services post into a room: each is shown once, and ended when it is no longer wanted.
import { Button, TextInput } from '@mantine/core';
import type { ReplyOf } from '@parley/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import fields from '../agents/fields.module.css';
import rows from '../agents/rows.module.css';
import { messageOf } from '../parts/errors.ts';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { SecretBox } from '../parts/secret-box.tsx';
import { SureButton } from '../parts/sure-button.tsx';
import { formatMoment } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import tools from '../tools/tools.module.css';
import styles from './webhooks.module.css';

type Hook = ReplyOf<'list_incoming_webhooks'>['data'][number];

const keyOf = (roomId: string) => ['incoming-webhooks', roomId];

export function Incoming({ roomId }: { roomId: string }) {
  const client = useClient();
  const query = useQuery({
    queryKey: keyOf(roomId),
    queryFn: ({ signal }) => client.call('list_incoming_webhooks', { roomId }, { signal }),
  });
  const hooks = query.data?.data ?? [];
  return (
    <>
      <section className={fields.section} aria-labelledby="incoming">
        <h2 id="incoming">Who may post</h2>
        {stateOf({ query, what: 'addresses', missing: 'They are for owners and admins of the room.' }) ??
          (hooks.length === 0 ? (
            <p className={fields.hint}>No other service may post here yet.</p>
          ) : (
            <ul className={rows.rows}>
              {hooks.map((hook) => (
                <HookRow key={hook.id} hook={hook} />
              ))}
            </ul>
          ))}
      </section>
      <NewHook roomId={roomId} />
    </>
  );
}

function HookRow({ hook }: { hook: Hook }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const revoke = useMutation({
    mutationFn: () => client.call('revoke_incoming_webhook', { hookId: hook.id }),
    onError: (error) => tell('Could not end the address', error),
    onSettled: () => queries.invalidateQueries({ queryKey: keyOf(hook.roomId) }),
  });
  return (
    <li className={rows.memory}>
      <div className={rows.words}>
        <p>
          <strong>{hook.name}</strong>
        </p>
        <p className={rows.about}>
          Made {formatMoment(hook.createdAt)} ·{' '}
          {hook.lastUsedAt === undefined ? 'never used' : `used last ${formatMoment(hook.lastUsedAt)}`}
        </p>
      </div>
      <span className={styles.actions}>
        <SureButton sure="End the address" isBusy={revoke.isPending} onSure={() => revoke.mutate()}>
          End
        </SureButton>
      </span>
    </li>
  );
}

function NewHook({ roomId }: { roomId: string }) {
  const client = useClient();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [url, setUrl] = useState<string>();
  const add = useMutation({
    mutationFn: () => client.call('create_incoming_webhook', { roomId, name: name.trim() }),
    onSuccess(answer) {
      setName('');
      setUrl(new URL(answer.url, globalThis.location.origin).href);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: keyOf(roomId) }),
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    if (name.trim() !== '') add.mutate();
  }
  return (
    <section className={fields.section} aria-labelledby="new-incoming">
      <h2 id="new-incoming">Let another service post</h2>
      <p className={fields.hint}>Its messages carry the name you give. At most 60 a minute.</p>
      {url !== undefined && (
        <SecretBox title="The address" value={url} onDone={() => setUrl(undefined)}>
          <p className={tools.quiet}>Whoever has it may post here. As for Slack:</p>
          <pre className={tools.raw}>
            {`curl -H 'content-type: application/json' -d '{"text":"Hello from the outside"}' ${url}`}
          </pre>
        </SecretBox>
      )}
      <form onSubmit={submit} className={styles.form}>
        <TextInput
          label="Name"
          placeholder="Oven sensor"
          value={name}
          maxLength={60}
          error={add.isError ? messageOf(add.error) : undefined}
          errorProps={{ role: 'alert' }}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <div>
          <Button type="submit" loading={add.isPending} disabled={name.trim() === ''}>
            Make an address
          </Button>
        </div>
      </form>
    </section>
  );
}

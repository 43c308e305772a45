// Addresses that are told of what happens in a room: made, changed, turned off and on, signed anew, removed.
import { Button, Group, TagsInput, TextInput } from '@mantine/core';
import type { ReplyOf } from '@parley/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import fields from '../agents/fields.module.css';
import { messageOf } from '../parts/errors.ts';
import { FoldRow } from '../parts/fold-row.tsx';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { SecretBox } from '../parts/secret-box.tsx';
import { SureButton } from '../parts/sure-button.tsx';
import { useClient } from '../session/use-client.ts';
import tools from '../tools/tools.module.css';
import { Deliveries } from './deliveries.tsx';
import styles from './webhooks.module.css';

type Webhook = ReplyOf<'list_webhooks'>['data'][number];

const keyOf = (roomId: string) => ['webhooks', roomId];

const EVENTS = [
  'new_message',
  'message_updated',
  'message_deleted',
  'reaction_added',
  'reaction_removed',
  'message_pinned',
  'message_unpinned',
  'member_joined',
  'member_left',
  'member_updated',
  'room_updated',
];

export function Outgoing({ roomId }: { roomId: string }) {
  const client = useClient();
  const query = useQuery({
    queryKey: keyOf(roomId),
    queryFn: ({ signal }) => client.call('list_webhooks', { roomId }, { signal }),
  });
  const webhooks = query.data?.data ?? [];
  return (
    <>
      <section className={fields.section} aria-labelledby="hooks">
        <h2 id="hooks">Who is told</h2>
        {stateOf({ query, what: 'webhooks', missing: 'Webhooks are for owners and admins of the room.' }) ??
          (webhooks.length === 0 ? (
            <p className={fields.hint}>
              Nobody yet. Add an address below, and what happens here is posted to it.
            </p>
          ) : (
            <ul className={tools.rows}>
              {webhooks.map((webhook) => (
                <WebhookRow key={webhook.id} webhook={webhook} />
              ))}
            </ul>
          ))}
      </section>
      <NewWebhook roomId={roomId} />
    </>
  );
}

const WHY_OFF: Record<NonNullable<Webhook['disabledReason']>, string> = {
  gone: 'Off: the address answered that it is gone (410)',
  not_allowed: 'Off: the address may not be reached from here',
  by_hand: 'Turned off',
};

function WebhookRow({ webhook }: { webhook: Webhook }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const [secret, setSecret] = useState<string>();
  const one = { webhookId: webhook.id };
  const onSettled = () => queries.invalidateQueries({ queryKey: keyOf(webhook.roomId) });
  const turn = useMutation({
    mutationFn: (enabled: boolean) => client.call('update_webhook', { ...one, enabled }),
    onError: (error) => tell('Could not change the webhook', error),
    onSettled,
  });
  const rotate = useMutation({
    mutationFn: () => client.call('rotate_webhook_secret', one),
    onSuccess: (answer) => setSecret(answer.secret),
    onError: (error) => tell('Could not make a new secret', error),
  });
  const remove = useMutation({
    mutationFn: () => client.call('delete_webhook', one),
    onError: (error) => tell('Could not remove the webhook', error),
    onSettled,
  });
  return (
    <FoldRow
      title={<span className={styles.url}>{webhook.url}</span>}
      about={webhook.events.length === 0 ? 'Everything' : webhook.events.join(', ').replaceAll('_', ' ')}
      side={
        <span className={styles.state} data-state={webhook.enabled ? 'on' : 'off'}>
          {webhook.enabled ? 'On' : 'Off'}
        </span>
      }
    >
      {!webhook.enabled && (
        <p className={styles.off}>
          {WHY_OFF[webhook.disabledReason ?? 'by_hand']}. Turned on, it goes on where it stopped.
        </p>
      )}
      <Group gap="xs">
        <Button
          size="compact-sm"
          variant="default"
          loading={turn.isPending}
          onClick={() => turn.mutate(!webhook.enabled)}
        >
          {webhook.enabled ? 'Turn off' : 'Turn on'}
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          loading={rotate.isPending}
          onClick={() => rotate.mutate()}
        >
          New secret
        </Button>
        <SureButton sure="Remove it with its log" isBusy={remove.isPending} onSure={() => remove.mutate()}>
          Remove
        </SureButton>
      </Group>
      {secret !== undefined && (
        <SecretBox title="The new secret" value={secret} onDone={() => setSecret(undefined)}>
          <p className={tools.quiet}>For a day, deliveries are signed with the old one as well.</p>
        </SecretBox>
      )}
      <Deliveries webhook={webhook} />
    </FoldRow>
  );
}

function NewWebhook({ roomId }: { roomId: string }) {
  const client = useClient();
  const queries = useQueryClient();
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState<string[]>([]);
  const [secret, setSecret] = useState<string>();
  const add = useMutation({
    mutationFn: () => client.call('create_webhook', { roomId, url: url.trim(), events }),
    onSuccess(answer) {
      setUrl('');
      setEvents([]);
      setSecret(answer.secret);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: keyOf(roomId) }),
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    if (url.trim() !== '') add.mutate();
  }
  return (
    <section className={fields.section} aria-labelledby="new-hook">
      <h2 id="new-hook">Tell another address</h2>
      <p className={fields.hint}>
        Posted and signed by the rules of Standard Webhooks: about ten tries over three days.
      </p>
      {secret !== undefined && (
        <SecretBox title="The secret that signs" value={secret} onDone={() => setSecret(undefined)} />
      )}
      <form onSubmit={submit} className={styles.form}>
        <TextInput
          label="Address"
          type="url"
          placeholder="https://example.org/parley"
          value={url}
          maxLength={2000}
          error={add.isError ? messageOf(add.error) : undefined}
          errorProps={{ role: 'alert' }}
          onChange={(event) => {
            setUrl(event.currentTarget.value);
            add.reset();
          }}
        />
        <TagsInput
          label="Of what"
          description="Everything, unless you choose"
          data={EVENTS}
          value={events}
          onChange={setEvents}
          clearable
        />
        <div>
          <Button type="submit" loading={add.isPending} disabled={url.trim() === ''}>
            Add the address
          </Button>
        </div>
      </form>
    </section>
  );
}

// One connected server: whether it answers, its sign-in, what it offers, and to switch it off and remove it.
import { Button, Group, Modal, Switch } from '@mantine/core';
import type { McpServer } from '@parley/client';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '../../parts/errors.ts';
import { FoldRow } from '../../parts/fold-row.tsx';
import { useTell } from '../../parts/notices.tsx';
import { formatDay, formatTime } from '../../parts/times.ts';
import { useClient, useMe } from '../../session/use-client.ts';
import { type Header, HeaderFields, headersOf } from '../header-fields.tsx';
import styles from '../tools.module.css';
import { OfferedTools } from './offered-tools.tsx';
import { SignIn } from './sign-in.tsx';
import { SERVER_LIMIT_MS, useServersChanged } from './use-servers.ts';

export function ServerRow({ server }: { server: McpServer }) {
  const client = useClient();
  const me = useMe();
  const tell = useTell();
  const changed = useServersChanged();
  const [asking, setAsking] = useState<'headers' | 'remove'>();
  const path = { serverId: server.id };
  const toggle = useMutation({
    mutationFn: (isActive: boolean) =>
      client.request('PATCH /api/mcp/servers/:serverId', { ...path, isActive }),
    onError: (error) => tell('Could not switch the server', error),
    onSettled: changed,
  });
  const look = useMutation({
    mutationFn: () =>
      client.request('POST /api/mcp/servers/:serverId/refresh', path, { timeoutMs: SERVER_LIMIT_MS }),
    onSettled: changed,
  });
  const remove = useMutation({
    mutationFn: () => client.request('DELETE /api/mcp/servers/:serverId', path),
    onError: (error) => tell('Could not remove the server', error),
    onSettled: changed,
  });
  return (
    <FoldRow
      title={
        <>
          {server.name} <StateTag server={server} />
          {server.ownerId !== me.id && <span className={styles.quiet}>of someone else</span>}
        </>
      }
      about={server.url ?? `the program ${server.program}`}
      side={
        server.listedAt !== undefined && (
          <span>
            looked at {formatDay(server.listedAt)}, {formatTime(server.listedAt)}
          </span>
        )
      }
    >
      {server.lastError !== undefined && (
        <p className={styles.problem} role="status">
          The last time it did not answer: {server.lastError}
        </p>
      )}
      {server.url !== undefined && <SignIn server={server} />}
      <OfferedTools server={server} />
      {look.isError && (
        <p className={styles.problem} role="alert">
          {messageOf(look.error)}
        </p>
      )}
      <Group gap="md">
        <Switch
          label={server.isActive ? 'It is on' : 'It is off'}
          checked={server.isActive}
          disabled={toggle.isPending}
          onChange={(event) => toggle.mutate(event.currentTarget.checked)}
        />
        <Button
          size="compact-sm"
          variant="default"
          disabled={!server.isActive}
          loading={look.isPending}
          onClick={() => look.mutate()}
        >
          Look again
        </Button>
        {server.url !== undefined && (
          <Button size="compact-sm" variant="default" onClick={() => setAsking('headers')}>
            Change headers
          </Button>
        )}
        <Button size="compact-sm" variant="outline" color="clay" onClick={() => setAsking('remove')}>
          Remove
        </Button>
      </Group>
      <Modal
        opened={asking === 'remove'}
        onClose={() => setAsking(undefined)}
        title={`Remove ${server.name}?`}
      >
        <p>Its tools and headers are forgotten, and no agent has them any more.</p>
        <Group justify="flex-end" gap="sm" mt="lg">
          <Button variant="default" data-autofocus onClick={() => setAsking(undefined)}>
            Keep it
          </Button>
          <Button color="clay" loading={remove.isPending} onClick={() => remove.mutate()}>
            Remove server
          </Button>
        </Group>
      </Modal>
      <Modal
        opened={asking === 'headers'}
        onClose={() => setAsking(undefined)}
        size="lg"
        title={`Headers for ${server.name}`}
      >
        <HeadersForm server={server} onClose={() => setAsking(undefined)} />
      </Modal>
    </FoldRow>
  );
}

function StateTag({ server }: { server: McpServer }) {
  if (!server.isActive) return <span className={styles.effect}>off</span>;
  if (server.lastError !== undefined)
    return (
      <span className={styles.effect} data-effect="irreversible">
        does not answer
      </span>
    );
  return (
    <span className={styles.effect}>{server.listedAt === undefined ? 'not looked at yet' : 'answers'}</span>
  );
}

function HeadersForm({ server, onClose }: { server: McpServer; onClose(): void }) {
  const client = useClient();
  const changed = useServersChanged();
  const [headers, setHeaders] = useState<Header[]>([]);
  const save = useMutation({
    mutationFn: () =>
      client.request('PATCH /api/mcp/servers/:serverId', {
        serverId: server.id,
        headers: headersOf(headers),
      }),
    onSuccess: async () => {
      await changed();
      onClose();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <HeaderFields kept={server.headerNames} value={headers} onChange={setHeaders} />
      {save.isError && (
        <p className={styles.problem} role="alert">
          {messageOf(save.error)}
        </p>
      )}
      <Group justify="flex-end" gap="sm" mt="lg">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={save.isPending}>
          {headers.length === 0 ? 'Send none' : 'Save'}
        </Button>
      </Group>
    </form>
  );
}

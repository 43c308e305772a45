// Exports of a room, a person or everything: begun, followed until they are ready, downloaded.
import { Button, NativeSelect } from '@mantine/core';
import type { InputOf } from '@parley/client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import rows from '../agents/rows.module.css';
import { messageOf } from '../parts/errors.ts';
import { kept } from '../parts/kept.ts';
import { useTell } from '../parts/notices.tsx';
import { PersonField } from '../parts/people-field.tsx';
import { formatMoment } from '../parts/times.ts';
import { useRoomNames } from '../parts/use-room-names.ts';
import { download } from '../session/session.ts';
import { useClient, useMe } from '../session/use-client.ts';
import styles from './admin.module.css';

type Kind = InputOf<'create_export'>['kind'];
/** The server answers for an export by its id; which ones were begun here, this browser remembers. */
const begun = kept<{ of: string; ids: string[] }>('parley.exports');
const MOST = 10;

export function ExportSection() {
  const client = useClient();
  const me = useMe();
  const rooms = useRoomNames().all;
  const [kind, setKind] = useState<Kind>('tenant');
  const [roomId, setRoomId] = useState(rooms[0]?.id ?? '');
  const [userId, setUserId] = useState<string | null>(null);
  const [ids, setIds] = useState(() => {
    const before = begun.read();
    return before?.of === me.id ? before.ids : [];
  });
  const make = useMutation({
    mutationFn: () =>
      client.call('create_export', {
        kind,
        ...(kind === 'room' && { roomId }),
        ...(kind === 'user' && userId !== null && { userId }),
      }),
    onSuccess({ id }) {
      const next = [id, ...ids].slice(0, MOST);
      begun.write({ of: me.id, ids: next });
      setIds(next);
    },
  });
  return (
    <>
      <div className={styles.bar}>
        <NativeSelect
          label="Of what"
          size="md"
          data={[
            { value: 'tenant', label: 'Everything' },
            { value: 'room', label: 'A room' },
            { value: 'user', label: 'A person' },
          ]}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value as Kind)}
        />
        {kind === 'room' && (
          <NativeSelect
            className={styles.grow ?? ''}
            label="Which room"
            size="md"
            data={rooms.map(({ id, name }) => ({ value: id, label: name }))}
            value={roomId}
            onChange={(event) => setRoomId(event.currentTarget.value)}
          />
        )}
        {kind === 'user' && (
          <PersonField
            className={styles.grow}
            label="Whom"
            placeholder="you"
            value={userId}
            onChange={setUserId}
          />
        )}
        <Button size="md" variant="default" loading={make.isPending} onClick={() => make.mutate()}>
          Begin the export
        </Button>
      </div>
      {make.isError && (
        <p className={styles.problem} role="alert">
          {messageOf(make.error)}
        </p>
      )}
      {ids.length > 0 && (
        <ul className={rows.rows} aria-label="Exports begun here">
          {ids.map((id) => (
            <ExportRow key={id} id={id} />
          ))}
        </ul>
      )}
    </>
  );
}

const KINDS = { room: 'A room', user: 'A person', tenant: 'Everything' };
const sizeWords = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

function ExportRow({ id }: { id: string }) {
  const client = useClient();
  const tell = useTell();
  const query = useQuery({
    queryKey: ['export', id],
    queryFn: ({ signal }) => client.call('get_export', { exportId: id }, { signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'waiting' ? 1500 : false),
    retry: false,
  });
  const fetchFile = useMutation({
    mutationFn: () => download(`/api/export/${id}/file`, `parley-${id.slice(0, 8)}.ndjson`),
    onError: (error) => tell('Could not fetch the file', error),
  });
  if (query.data === undefined) return null;
  const { kind, status, rows: lines, bytes, error, createdAt } = query.data;
  return (
    <li className={rows.memory}>
      <div className={rows.words}>
        <p>
          <strong>{KINDS[kind]}</strong>
        </p>
        <p className={rows.about} aria-live="polite">
          {status === 'waiting'
            ? 'Being made…'
            : status === 'failed'
              ? `It did not work: ${error ?? 'no reason was told'}`
              : `Ready: ${lines?.toLocaleString()} lines, ${sizeWords(bytes ?? 0)}`}{' '}
          · begun {formatMoment(createdAt)}
        </p>
      </div>
      {status === 'ready' && (
        <Button
          size="compact-sm"
          variant="default"
          loading={fetchFile.isPending}
          onClick={() => fetchFile.mutate()}
        >
          Download
        </Button>
      )}
    </li>
  );
}

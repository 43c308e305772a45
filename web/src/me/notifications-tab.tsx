// When my inbox is quiet, and how much of each room comes into it.
import { Button, Group, NativeSelect, Switch, TextInput } from '@mantine/core';
import type { InputOf, ReplyOf } from '@parley/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import fields from '../agents/fields.module.css';
import { EmptyState } from '../parts/empty-state.tsx';
import { messageOf } from '../parts/errors.ts';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { hrefOf } from '../parts/route.ts';
import { formatMoment } from '../parts/times.ts';
import { type KnownRoom, useRoomNames } from '../parts/use-room-names.ts';
import { useClient } from '../session/use-client.ts';
import styles from './me.module.css';

const QUIET = ['notification-settings'];
type Settings = ReplyOf<'get_notification_settings'>;
type Hours = NonNullable<Settings['quietHours']>;

export function NotificationsTab() {
  const client = useClient();
  const query = useQuery({
    queryKey: QUIET,
    queryFn: ({ signal }) => client.call('get_notification_settings', {}, { signal }),
  });
  const rooms = useRoomNames().all;
  return (
    <>
      <section className={fields.section}>
        <h2>Quiet hours</h2>
        <p className={fields.hint}>What comes then is kept in your inbox, and told to no device.</p>
        {stateOf({ query, what: 'your quiet hours' }) ??
          (query.data !== undefined && (
            <QuietHours key={JSON.stringify(query.data)} hours={query.data.quietHours} />
          ))}
      </section>
      <section className={fields.section}>
        <h2>Rooms</h2>
        <p className={fields.hint}>
          Unless you choose otherwise, all of direct rooms comes in, and of other rooms what mentions you.
        </p>
        {rooms.length === 0 ? (
          <EmptyState title="You are in no room yet" />
        ) : (
          <ul className={styles.rooms}>
            {rooms.map((room) => (
              <RoomLevel key={room.id} room={room} />
            ))}
          </ul>
        )}
      </section>
    </>
  );
}

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const NIGHT: Hours = { from: '22:00', to: '07:00', timeZone: HERE };

function QuietHours({ hours }: { hours: Hours | null }) {
  const client = useClient();
  const queries = useQueryClient();
  const [isOn, setOn] = useState(hours !== null);
  const [wanted, setWanted] = useState(hours ?? NIGHT);
  const save = useMutation({
    mutationFn: (quietHours: Hours | null) => client.call('set_notification_settings', { quietHours }),
    onSuccess: (answer) => queries.setQueryData(QUIET, answer),
  });
  const isChanged = JSON.stringify(isOn ? wanted : null) !== JSON.stringify(hours);
  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate(isOn ? wanted : null);
  }
  return (
    <form className={styles.quiet} onSubmit={submit}>
      <Switch
        label="Be quiet every day"
        checked={isOn}
        onChange={(event) => setOn(event.currentTarget.checked)}
      />
      {isOn && (
        <div className={styles.hours}>
          <TextInput
            type="time"
            label="From"
            value={wanted.from}
            onChange={(event) => setWanted({ ...wanted, from: event.currentTarget.value })}
          />
          <TextInput
            type="time"
            label="Until"
            value={wanted.to}
            onChange={(event) => setWanted({ ...wanted, to: event.currentTarget.value })}
          />
          <NativeSelect
            label="Time zone"
            size="md"
            data={[...new Set([wanted.timeZone, HERE, ...Intl.supportedValuesOf('timeZone')])]}
            value={wanted.timeZone}
            onChange={(event) => setWanted({ ...wanted, timeZone: event.currentTarget.value })}
          />
        </div>
      )}
      {save.isError && (
        <p role="alert" className={styles.problem}>
          {messageOf(save.error)}
        </p>
      )}
      <Group gap="sm">
        <Button
          type="submit"
          variant={isChanged ? 'filled' : 'default'}
          loading={save.isPending}
          disabled={!isChanged || (isOn && (wanted.from === '' || wanted.to === ''))}
        >
          Keep
        </Button>
      </Group>
    </form>
  );
}

const LEVELS = [
  { value: 'all', label: 'Everything' },
  { value: 'mentions', label: 'What is meant for me' },
  { value: 'none', label: 'Nothing' },
];
const MUTES = [
  { label: 'for an hour', hours: 1 },
  { label: 'for eight hours', hours: 8 },
  { label: 'for a week', hours: 168 },
];

function RoomLevel({ room }: { room: KnownRoom }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const key = ['room-notifications', room.id];
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => client.call('get_room_notifications', { roomId: room.id }, { signal }),
  });
  const set = useMutation({
    mutationFn: (change: Omit<InputOf<'set_room_notifications'>, 'roomId'>) =>
      client.call('set_room_notifications', { roomId: room.id, ...change }),
    onSuccess: (answer) => queries.setQueryData(key, answer),
    onError: (error) => tell(`Could not change ${room.name}`, error),
  });
  const { level, mutedUntil } = query.data ?? {};
  const isMuted = mutedUntil !== undefined && new Date(mutedUntil).getTime() > Date.now();
  return (
    <li className={styles.room}>
      <a href={hrefOf(room)} className={styles.roomName}>
        {room.name}
        {isMuted && <span className={styles.muted}>muted until {formatMoment(mutedUntil)}</span>}
      </a>
      {query.isError ? (
        <span className={styles.problem}>Could not be loaded</span>
      ) : (
        <div className={styles.levels}>
          <NativeSelect
            aria-label={`What comes in from ${room.name}`}
            size="sm"
            data={LEVELS}
            value={level ?? 'mentions'}
            disabled={query.isPending || set.isPending}
            onChange={(event) => set.mutate({ level: event.currentTarget.value as 'all' })}
          />
          <NativeSelect
            aria-label={`Mute ${room.name}`}
            size="sm"
            value=""
            disabled={query.isPending || set.isPending}
            onChange={(event) => {
              const hours = Number(event.currentTarget.value);
              set.mutate({
                mutedUntil: hours === 0 ? null : new Date(Date.now() + hours * 3600_000).toISOString(),
              });
            }}
          >
            <option value="" disabled hidden>
              {isMuted ? 'Muted' : 'Mute…'}
            </option>
            {isMuted && <option value="0">Hear it again</option>}
            {MUTES.map(({ label, hours }) => (
              <option key={hours} value={hours}>
                Mute {label}
              </option>
            ))}
          </NativeSelect>
        </div>
      )}
    </li>
  );
}

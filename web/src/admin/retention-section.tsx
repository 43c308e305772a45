// For each room that I own, after how many days its messages are deleted.
import { NativeSelect } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import fields from '../agents/fields.module.css';
import { useTell } from '../parts/notices.tsx';
import { useRoomNames } from '../parts/use-room-names.ts';
import { useClient, useStore } from '../session/use-client.ts';
import styles from './admin.module.css';

const DAYS = [
  { value: '', label: 'Keep them' },
  ...[7, 30, 90, 365, 1095].map((days) => ({ value: String(days), label: `${days} days` })),
];

export function RetentionSection() {
  const { list } = useStore(useClient().rooms);
  const owned = list.filter(({ me, kind }) => kind !== 'direct' && me?.role === 'owner');
  if (owned.length === 0) return <p className={fields.hint}>You own no room.</p>;
  return (
    <ul className={styles.list}>
      {owned.map(({ id }) => (
        <RoomDays key={id} roomId={id} />
      ))}
    </ul>
  );
}

function RoomDays({ roomId }: { roomId: string }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const { name } = useRoomNames().of(roomId);
  const key = ['room-settings', roomId];
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => client.call('get_room_settings', { roomId }, { signal }),
  });
  const set = useMutation({
    mutationFn: (retentionDays: number | null) =>
      client.call('update_room_settings', { roomId, retentionDays }),
    onSuccess: (answer) => queries.setQueryData(key, answer),
    onError: (error) => tell(`Could not change ${name}`, error),
  });
  const days = query.data?.retentionDays ?? null;
  const own = days !== null && !DAYS.some(({ value }) => value === String(days));
  return (
    <li className={styles.line}>
      <span>{name}</span>
      {query.isError ? (
        <span className={styles.problem}>Could not be loaded</span>
      ) : (
        <NativeSelect
          aria-label={`Messages of ${name}`}
          size="sm"
          data={own ? [...DAYS, { value: String(days), label: `${days} days` }] : DAYS}
          value={days === null ? '' : String(days)}
          disabled={query.isPending || set.isPending}
          onChange={(event) => {
            const value = event.currentTarget.value;
            set.mutate(value === '' ? null : Number(value));
          }}
        />
      )}
    </li>
  );
}

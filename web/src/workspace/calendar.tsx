// The calendar of a room for the next weeks: entries, and a new one.
import { ActionIcon, Button, TextInput } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import fields from '../agents/fields.module.css';
import rows from '../agents/rows.module.css';
import { messageOf } from '../parts/errors.ts';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatDay, formatTime } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import { useLive } from '../session/use-live.ts';
import styles from './workspace.module.css';

const AHEAD_MS = 60 * 24 * 3600_000;
const HOUR_MS = 3600_000;

export function Calendar({ roomId }: { roomId: string }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const key = ['calendar', roomId];
  useLive(key, ['calendar_updated']);
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => {
      const now = Date.now();
      const span = { from: new Date(now).toISOString(), to: new Date(now + AHEAD_MS).toISOString() };
      return client.call('list_calendar', { roomId, ...span }, { signal });
    },
  });
  const remove = useMutation({
    mutationFn: (eventId: string) => client.call('delete_calendar_event', { eventId }),
    onError: (error) => tell('Could not take the entry out', error),
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
  const entries = query.data?.data ?? [];
  return (
    <section className={fields.section} aria-labelledby="calendar">
      <h2 id="calendar">Calendar</h2>
      {stateOf({ query, what: 'the calendar' }) ??
        (entries.length === 0 ? (
          <p className={fields.hint}>Nothing in the next sixty days.</p>
        ) : (
          <ul className={rows.rows}>
            {entries.map((entry) => (
              <li key={entry.id} className={rows.memory}>
                <div className={rows.words}>
                  <p className={rows.content}>{entry.title}</p>
                  <p className={rows.about}>
                    {formatDay(entry.startsAt)}, {formatTime(entry.startsAt)} to {formatTime(entry.endsAt)}
                    {entry.description !== undefined && ` · ${entry.description}`}
                  </p>
                </div>
                <ActionIcon aria-label={`Remove ${entry.title}`} onClick={() => remove.mutate(entry.id)}>
                  <IconTrash size={17} aria-hidden="true" />
                </ActionIcon>
              </li>
            ))}
          </ul>
        ))}
      <NewEntry roomId={roomId} onMade={() => queries.invalidateQueries({ queryKey: key })} />
    </section>
  );
}

function NewEntry({ roomId, onMade }: { roomId: string; onMade(): void }) {
  const client = useClient();
  const [title, setTitle] = useState('');
  const [starts, setStarts] = useState('');
  const add = useMutation({
    mutationFn() {
      const startsAt = new Date(starts);
      const endsAt = new Date(startsAt.getTime() + HOUR_MS);
      return client.call('create_calendar_event', {
        roomId,
        title: title.trim(),
        startsAt: startsAt.toISOString(),
        endsAt: endsAt.toISOString(),
      });
    },
    onSuccess() {
      setTitle('');
      setStarts('');
      onMade();
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    if (title.trim() !== '' && starts !== '') add.mutate();
  }
  return (
    <form onSubmit={submit} className={styles.add}>
      <TextInput
        className={rows.grow ?? ''}
        label="What takes place"
        value={title}
        maxLength={200}
        error={add.isError ? messageOf(add.error) : undefined}
        errorProps={{ role: 'alert' }}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <TextInput
        label="When, for an hour"
        type="datetime-local"
        value={starts}
        onChange={(event) => setStarts(event.currentTarget.value)}
      />
      <Button
        type="submit"
        size="md"
        variant="default"
        loading={add.isPending}
        disabled={title.trim() === '' || starts === ''}
      >
        Put it in
      </Button>
    </form>
  );
}

// A reminder of a note of my own: now chosen by a press, or any time.
import { Button, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Chip, Chips } from '../parts/chip.tsx';
import { messageOf } from '../parts/errors.ts';
import { toLocalField } from '../parts/times.ts';
import styles from './later.module.css';
import { useRemind } from './use-scheduled.ts';

const HOUR_MS = 3600_000;

function soon(): { label: string; at: Date }[] {
  const now = new Date();
  const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 9);
  const monday = new Date(now.getFullYear(), now.getMonth(), now.getDate() + (8 - now.getDay() || 7), 9);
  return [
    { label: 'In an hour', at: new Date(now.getTime() + HOUR_MS) },
    { label: 'In three hours', at: new Date(now.getTime() + 3 * HOUR_MS) },
    { label: 'Tomorrow at nine', at: tomorrow },
    { label: 'Monday at nine', at: monday },
  ];
}

export function ReminderForm() {
  const [note, setNote] = useState('');
  const [due, setDue] = useState(() => toLocalField(new Date(Date.now() + HOUR_MS)));
  const remind = useRemind(() => setNote(''));
  function submit(event: FormEvent) {
    event.preventDefault();
    if (note.trim() !== '' && due !== '')
      remind.mutate({ note: note.trim(), dueAt: new Date(due).toISOString() });
  }
  return (
    <form className={styles.remind} onSubmit={submit}>
      <div className={styles.fields}>
        <TextInput
          label="Remind me of"
          value={note}
          maxLength={1000}
          error={remind.isError ? messageOf(remind.error) : undefined}
          errorProps={{ role: 'alert' }}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          label="When"
          value={due}
          onChange={(event) => setDue(event.currentTarget.value)}
        />
        <Button
          type="submit"
          size="md"
          loading={remind.isPending}
          disabled={note.trim() === '' || due === ''}
        >
          Remind me
        </Button>
      </div>
      <Chips label="When">
        {soon().map(({ label, at }) => (
          <Chip key={label} pressed={due === toLocalField(at)} onClick={() => setDue(toLocalField(at))}>
            {label}
          </Chip>
        ))}
      </Chips>
    </form>
  );
}

// Leaving a message for later: it is sent once, at its time, under the rights one has then.
import { Button, Group, Modal, Stack } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { defaultMoment, momentOf, WhenField } from '../messages/when-field.tsx';
import { messageOf } from '../parts/errors.ts';
import { useDone } from '../parts/notices.tsx';
import { formatWhen } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import styles from './schedule-dialog.module.css';

interface ScheduleDialogProps {
  roomId: string;
  threadId?: string | undefined;
  body: string;
  onClose(): void;
  onDone(): void;
}

export function ScheduleDialog(props: ScheduleDialogProps) {
  return (
    <Modal opened onClose={props.onClose} title="Send later">
      <Form {...props} />
    </Modal>
  );
}

function Form({ roomId, threadId, body, onClose, onDone }: ScheduleDialogProps) {
  const client = useClient();
  const done = useDone();
  const [when, setWhen] = useState(defaultMoment);
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const moment = momentOf(when);
    if (moment === undefined) return setError('Choose a time that is still to come.');
    setBusy(true);
    try {
      const dueAt = moment.toISOString();
      await client.scheduled.send({ roomId, body, dueAt, ...(threadId !== undefined && { threadId }) });
      done(`Your message goes out ${formatWhen(dueAt)}`);
      onDone();
    } catch (cause) {
      setError(messageOf(cause));
      setBusy(false);
    }
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <blockquote className={styles.words}>{body}</blockquote>
        <WhenField
          value={when}
          error={error}
          onChange={(value) => {
            setWhen(value);
            setError(undefined);
          }}
        />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            Send later
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

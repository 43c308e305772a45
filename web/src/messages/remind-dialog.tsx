// Being reminded of a message at a time; the reminder comes into the inbox.
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import type { ChatMessage } from '@parley/client';
import { type FormEvent, useState } from 'react';
import { useAnnounce } from '../parts/announcer.tsx';
import { messageOf } from '../parts/errors.ts';
import { formatWhen } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import { Quote } from './quote.tsx';
import { defaultMoment, momentOf, WhenField } from './when-field.tsx';

interface RemindDialogProps {
  message: ChatMessage | undefined;
  onClose(): void;
}

export function RemindDialog({ message, onClose }: RemindDialogProps) {
  return (
    <Modal opened={message !== undefined} onClose={onClose} title="Remind me of this">
      {message !== undefined && <Form message={message} onClose={onClose} />}
    </Modal>
  );
}

function Form({ message, onClose }: { message: ChatMessage; onClose(): void }) {
  const client = useClient();
  const announce = useAnnounce();
  const [when, setWhen] = useState(defaultMoment);
  const [note, setNote] = useState('');
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const moment = momentOf(when);
    if (moment === undefined) return setError('Choose a time that is still to come.');
    setBusy(true);
    try {
      const dueAt = moment.toISOString();
      await client.call('set_reminder', { messageId: message.id, note: note.trim(), dueAt });
      announce(`You will be reminded ${formatWhen(dueAt)}`);
      onClose();
    } catch (cause) {
      setError(messageOf(cause));
      setBusy(false);
    }
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Quote message={message} />
        <WhenField
          value={when}
          error={error}
          onChange={(value) => {
            setWhen(value);
            setError(undefined);
          }}
        />
        <TextInput
          label="Note"
          description="Optional, for you alone"
          value={note}
          maxLength={1000}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            Remind me
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

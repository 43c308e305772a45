// Telling the moderators of a room about a message.
import { Button, Group, Modal, Radio, Stack, Textarea } from '@mantine/core';
import type { ChatMessage, InputOf } from '@parley/client';
import { type FormEvent, useState } from 'react';
import { Quote } from '../messages/quote.tsx';
import { REASONS } from '../moderation/words.ts';
import { messageOf } from '../parts/errors.ts';
import { useDone } from '../parts/notices.tsx';
import styles from '../rooms/dialog-list.module.css';
import { useClient } from '../session/use-client.ts';

type Reason = InputOf<'report_message'>['reason'];

interface ReportDialogProps {
  opened: boolean;
  message: ChatMessage | undefined;
  onClose(): void;
}

export function ReportDialog({ opened, message, onClose }: ReportDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Report this message">
      {message !== undefined && <Form message={message} onClose={onClose} />}
    </Modal>
  );
}

function Form({ message, onClose }: { message: ChatMessage; onClose(): void }) {
  const client = useClient();
  const done = useDone();
  const [reason, setReason] = useState<Reason>('spam');
  const [comment, setComment] = useState('');
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await client.call('report_message', { messageId: message.id, reason, comment: comment.trim() });
      done('The moderators were told. The outcome comes into your inbox.');
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
        <Radio.Group
          label="What is wrong with it"
          value={reason}
          onChange={(value) => setReason(value as Reason)}
        >
          <Stack gap="xs" mt="xs">
            {Object.entries(REASONS).map(([value, label]) => (
              <Radio key={value} value={value} label={label} />
            ))}
          </Stack>
        </Radio.Group>
        <Textarea
          label="Comment"
          description="Optional. Only moderators read it, with your name"
          value={comment}
          maxLength={1000}
          autosize
          minRows={2}
          maxRows={6}
          onChange={(event) => setComment(event.currentTarget.value)}
        />
        {error !== undefined && (
          <p role="alert" className={styles.problem}>
            {error}
          </p>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            Report
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

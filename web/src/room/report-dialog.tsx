// Telling the moderators of a room about a message.
import { Modal, Radio, Stack, Textarea } from '@mantine/core';
import type { ChatMessage, InputOf } from '@parley/client';
import { useState } from 'react';
import { Quote } from '../messages/quote.tsx';
import { REASONS } from '../moderation/words.ts';
import { DialogForm } from '../parts/dialog-form.tsx';
import { useDone } from '../parts/notices.tsx';
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

  async function submit() {
    await client.call('report_message', { messageId: message.id, reason, comment: comment.trim() });
    done('The moderators were told. The outcome comes into your inbox.');
  }

  return (
    <DialogForm label="Report" onSubmit={submit} onClose={onClose}>
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
    </DialogForm>
  );
}

// Being reminded of a message at a time; the reminder comes into the inbox.
import { Modal, TextInput } from '@mantine/core';
import type { ChatMessage } from '@parley/client';
import { useState } from 'react';
import { useAnnounce } from '../parts/announcer.tsx';
import { formatWhen } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import { MomentForm } from './moment-form.tsx';
import { Quote } from './quote.tsx';

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
  const [note, setNote] = useState('');
  async function remind(dueAt: string) {
    await client.call('set_reminder', { messageId: message.id, note: note.trim(), dueAt });
    announce(`You will be reminded ${formatWhen(dueAt)}`);
    onClose();
  }
  return (
    <MomentForm about={<Quote message={message} />} submit="Remind me" onMoment={remind} onClose={onClose}>
      <TextInput
        label="Note"
        description="Optional, for you alone"
        value={note}
        maxLength={1000}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </MomentForm>
  );
}

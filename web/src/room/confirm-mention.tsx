// Asks before a message goes to very many people, with their number as the server counts it.
import { Button, Group, Modal } from '@mantine/core';
import type { ChatMessage, RoomHandle } from '@parley/client';
import { useState } from 'react';
import { Quote } from '../messages/quote.tsx';
import { usePart } from '../session/use-client.ts';
import styles from './delete-dialog.module.css';

interface ConfirmMentionProps {
  room: RoomHandle;
  /** Gives the words back to be changed. */
  onChange(message: ChatMessage): void;
}

export function ConfirmMention({ room, onChange }: ConfirmMentionProps) {
  const asked = usePart(room, ({ messages }) =>
    messages.findLast(({ delivery }) => delivery?.status === 'needs_confirmation'),
  );
  const [later, setLater] = useState<string>();
  const handle = asked === undefined ? undefined : room.messages.handle(asked.id);
  const people = asked?.delivery?.people;
  return (
    <Modal
      opened={asked !== undefined && asked.id !== later}
      onClose={() => setLater(asked?.id)}
      title={people === undefined ? 'Notify all of them?' : `Notify ${people.toLocaleString()} people?`}
    >
      {asked !== undefined && <Quote message={asked} />}
      <p className={styles.words}>Everyone it mentions is told at once.</p>
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button
          variant="default"
          onClick={() => {
            handle?.discard();
            if (asked !== undefined) onChange(asked);
          }}
        >
          Change it
        </Button>
        <Button data-autofocus onClick={() => handle?.confirm()}>
          Send to all
        </Button>
      </Group>
    </Modal>
  );
}

// Asks before a message is deleted for everyone.

import { Button, Group, Modal } from '@mantine/core';
import type { ChatMessage } from '@parley/client';
import styles from './delete-dialog.module.css';

interface DeleteDialogProps {
  message: ChatMessage | undefined;
  onCancel(): void;
  onDelete(message: ChatMessage): void;
}

export function DeleteDialog({ message, onCancel, onDelete }: DeleteDialogProps) {
  return (
    <Modal opened={message !== undefined} onClose={onCancel} title="Delete this message?">
      <blockquote className={styles.quote}>{message?.body.slice(0, 300)}</blockquote>
      <p className={styles.words}>
        Everyone in the room will see that it was deleted. It cannot be brought back.
      </p>
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button color="clay" data-autofocus onClick={() => message !== undefined && onDelete(message)}>
          Delete
        </Button>
      </Group>
    </Modal>
  );
}

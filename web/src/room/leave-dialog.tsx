// Asks before one stops being a member.
import { Button, Group, Modal } from '@mantine/core';
import { useState } from 'react';
import { useTell } from '../parts/notices.tsx';
import { goToHref } from '../parts/route.ts';
import { useClient, usePart } from '../session/use-client.ts';
import type { RoomDialogProps } from './room-menu.tsx';

export function LeaveDialog({ room, roomName, opened, onClose }: RoomDialogProps) {
  const client = useClient();
  const tell = useTell();
  const visibility = usePart(room, (snapshot) => snapshot.room?.visibility);
  const [busy, setBusy] = useState(false);

  async function leave() {
    setBusy(true);
    try {
      await client.rooms.quit(room.key);
      onClose();
      goToHref('#/');
    } catch (error) {
      tell(`You are still in ${roomName}`, error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal opened={opened} onClose={onClose} title={`Leave ${roomName}?`}>
      <p>
        {visibility === 'private'
          ? 'It is private: somebody in it has to add you before you can come back.'
          : 'You can come back whenever you like.'}
      </p>
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={onClose}>
          Stay
        </Button>
        <Button color="clay" data-autofocus loading={busy} onClick={leave}>
          Leave
        </Button>
      </Group>
    </Modal>
  );
}

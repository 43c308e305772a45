// Going to a day of the room, or to where it begins.
import { Modal } from '@mantine/core';
import { GoTo } from '../messages/day-mark.tsx';
import type { Jump } from '../messages/use-jump.ts';
import type { RoomDialogProps } from './room-menu.tsx';

export function GoToDialog({ roomName, opened, onClose, jump }: RoomDialogProps & { jump: Jump }) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Go to a day in ${roomName}`} size="sm">
      <GoTo jump={jump} onDone={onClose} />
    </Modal>
  );
}

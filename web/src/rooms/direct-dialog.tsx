// Everyone on this server, to talk to one of them alone.
import { Modal } from '@mantine/core';
import { useMemo } from 'react';
import { goTo } from '../parts/route.ts';
import { useClient, useMe } from '../session/use-client.ts';
import { UserPicker } from './user-picker.tsx';

export function DirectDialog({ opened, onClose }: { opened: boolean; onClose(): void }) {
  const client = useClient();
  const me = useMe();
  return (
    <Modal opened={opened} onClose={onClose} title="Message a person or agent">
      <UserPicker
        verb="Message"
        without={useMemo(() => new Set([me.id]), [me.id])}
        nobody="Nobody else is here yet."
        nobodyFits="Nobody fits that."
        onPick={async (user) => {
          goTo(await client.rooms.openDirect([user.id]));
          onClose();
        }}
      />
    </Modal>
  );
}

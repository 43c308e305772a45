// Bringing people and agents into the room: by name, or by a link.
import { Modal, Tabs } from '@mantine/core';
import { useMemo } from 'react';
import tabs from '../agents/agent-page.module.css';
import { useAnnounce } from '../parts/announcer.tsx';
import { useMembers } from '../rooms/room-name.ts';
import { UserPicker } from '../rooms/user-picker.tsx';
import { useClient } from '../session/use-client.ts';
import { InviteLinks } from './invite-links.tsx';
import type { RoomDialogProps } from './room-menu.tsx';

export function AddPeopleDialog(props: RoomDialogProps) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={`Add to ${props.roomName}`}>
      {props.opened && (
        <Tabs defaultValue="people" keepMounted={false}>
          <Tabs.List className={tabs.tabs ?? ''}>
            <Tabs.Tab value="people">By name</Tabs.Tab>
            <Tabs.Tab value="links">By link</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="people">
            <People {...props} />
          </Tabs.Panel>
          <Tabs.Panel value="links">
            <InviteLinks room={props.room} roomName={props.roomName} />
          </Tabs.Panel>
        </Tabs>
      )}
    </Modal>
  );
}

function People({ room, roomName }: RoomDialogProps) {
  const client = useClient();
  const announce = useAnnounce();
  const members = useMembers(room);
  return (
    <UserPicker
      verb="Add"
      without={useMemo(() => new Set(members.map(({ user }) => user.id)), [members])}
      nobody="Everyone of this server is here."
      nobodyFits="Nobody else fits that."
      onPick={async (user) => {
        await client.call('add_member', { roomId: room.key, userId: user.id });
        announce(`${user.name} is in ${roomName} now`);
      }}
    />
  );
}

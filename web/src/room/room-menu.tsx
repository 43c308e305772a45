// What one can do with the room itself. Its dialogs are fetched when they are first opened.
import { ActionIcon, Menu } from '@mantine/core';
import type { RoomHandle } from '@parley/client';
import {
  IconBell,
  IconCalendar,
  IconDoorExit,
  IconDots,
  IconSettings,
  IconUserPlus,
} from '@tabler/icons-react';
import { useState } from 'react';
import type { Jump } from '../messages/use-jump.ts';
import { lazyDialog } from '../parts/lazy-page.tsx';
import { usePart } from '../session/use-client.ts';
import { useCan } from './use-can.ts';

const NotifyDialog = lazyDialog(async () => (await import('./notify-dialog.tsx')).NotifyDialog);
const SettingsDialog = lazyDialog(async () => (await import('./settings-dialog.tsx')).SettingsDialog);
const AddPeopleDialog = lazyDialog(async () => (await import('./add-people-dialog.tsx')).AddPeopleDialog);
const GoToDialog = lazyDialog(async () => (await import('./go-to-dialog.tsx')).GoToDialog);
const LeaveDialog = lazyDialog(async () => (await import('./leave-dialog.tsx')).LeaveDialog);

type Open = 'notify' | 'settings' | 'add' | 'goto' | 'leave';

export function RoomMenu({ room, roomName, jump }: { room: RoomHandle; roomName: string; jump: Jump }) {
  const info = usePart(room, (snapshot) => snapshot.room);
  const role = usePart(room, (snapshot) => snapshot.me?.role);
  const [open, setOpen] = useState<Open>();
  const mayAdd = useCan(room, 'member.add');
  const updates = useCan(room, 'room.update');
  const acts = useCan(room, 'moderation.act');
  const maySet = updates || acts || info?.kind === 'direct';
  const close = () => setOpen(undefined);
  const dialog = (name: Open) => ({ room, roomName, opened: open === name, onClose: close });
  if (role === undefined) return null;
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon size={36} aria-label="More about this room">
            <IconDots size={18} stroke={1.7} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconBell size={16} />} onClick={() => setOpen('notify')}>
            Notifications…
          </Menu.Item>
          <Menu.Item leftSection={<IconCalendar size={16} />} onClick={() => setOpen('goto')}>
            Go to a day…
          </Menu.Item>
          {mayAdd && (
            <Menu.Item leftSection={<IconUserPlus size={16} />} onClick={() => setOpen('add')}>
              Add people or agents…
            </Menu.Item>
          )}
          {maySet && (
            <Menu.Item leftSection={<IconSettings size={16} />} onClick={() => setOpen('settings')}>
              Room settings…
            </Menu.Item>
          )}
          {info?.kind !== 'direct' && (
            <Menu.Item leftSection={<IconDoorExit size={16} />} onClick={() => setOpen('leave')}>
              Leave the room…
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <NotifyDialog {...dialog('notify')} />
      <SettingsDialog {...dialog('settings')} />
      <AddPeopleDialog {...dialog('add')} />
      <LeaveDialog {...dialog('leave')} />
      <GoToDialog {...dialog('goto')} jump={jump} />
    </>
  );
}

export interface RoomDialogProps {
  room: RoomHandle;
  roomName: string;
  opened: boolean;
  onClose(): void;
}

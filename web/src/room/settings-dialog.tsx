// How a room is set, as far as one may change it: in general, its rules, what its roles may do.
import { Modal, Tabs } from '@mantine/core';
import tabs from '../agents/agent-page.module.css';
import { usePart } from '../session/use-client.ts';
import type { RoomDialogProps } from './room-menu.tsx';
import { SettingsGeneral } from './settings-general.tsx';
import { SettingsRights } from './settings-rights.tsx';
import { SettingsRules } from './settings-rules.tsx';
import { useCan } from './use-can.ts';

export function SettingsDialog(props: RoomDialogProps) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={`Settings of ${props.roomName}`} size="lg">
      {props.opened && <Parts {...props} />}
    </Modal>
  );
}

function Parts(props: RoomDialogProps) {
  const { room } = props;
  const kind = usePart(room, (snapshot) => snapshot.room?.kind);
  const updates = useCan(room, 'room.update') || kind === 'direct';
  const acts = useCan(room, 'moderation.act');
  const gives = useCan(room, 'room.rights');
  const parts = [
    { value: 'general', label: 'General', shown: updates, Part: SettingsGeneral },
    { value: 'rules', label: 'Rules', shown: acts, Part: SettingsRules },
    { value: 'rights', label: 'Who may do what', shown: gives, Part: SettingsRights },
  ].filter(({ shown }) => shown);
  const [first] = parts;
  if (first === undefined) return <p>You cannot change this room any more.</p>;
  if (parts.length === 1) return <first.Part {...props} />;
  return (
    <Tabs defaultValue={first.value}>
      <Tabs.List className={tabs.tabs ?? ''}>
        {parts.map(({ value, label }) => (
          <Tabs.Tab key={value} value={value}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {parts.map(({ value, Part }) => (
        <Tabs.Panel key={value} value={value}>
          <Part {...props} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

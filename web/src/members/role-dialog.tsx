// Another role for a member: says what it means before it holds. Must never decide who may; the server does.
import { Checkbox, Modal, Radio, Stack } from '@mantine/core';
import type { Member, RoomHandle } from '@parley/client';
import { useRef, useState } from 'react';
import { useAnnounce } from '../parts/announcer.tsx';
import { DialogForm } from '../parts/dialog-form.tsx';
import { useClient, useMe, usePart } from '../session/use-client.ts';
import { ROLE_NAMES, type Role } from './role-names.ts';

interface RoleDialogProps {
  opened: boolean;
  room: RoomHandle;
  about: Member | undefined;
  onClose(): void;
}

export function RoleDialog({ opened, room, about, onClose }: RoleDialogProps) {
  // While it closes it still says about whom it was.
  const last = useRef(about);
  if (about !== undefined) last.current = about;
  const shown = last.current;
  return (
    <Modal opened={opened} onClose={onClose} title={`Role of ${shown?.user.name ?? 'somebody'}`}>
      {shown !== undefined && <Form room={room} about={shown} onClose={onClose} />}
    </Modal>
  );
}

const ROLES: { value: Role; what: string; a: string }[] = [
  { value: 'member', what: 'Reads, writes, reacts and asks agents.', a: 'a member' },
  {
    value: 'admin',
    what: 'Also changes settings, adds and removes people, deletes messages of others, mutes and bans. The table of rights may say otherwise.',
    a: 'an admin',
  },
  {
    value: 'owner',
    what: 'Also gives roles and rights, yours included, and can delete the room. It can have several owners.',
    a: 'an owner',
  },
];

interface FormProps {
  room: RoomHandle;
  about: Member;
  onClose(): void;
}

function Form({ room, about: { user, role: now }, onClose }: FormProps) {
  const client = useClient();
  const announce = useAnnounce();
  const me = useMe();
  const myRole = usePart(room, (snapshot) => snapshot.me?.role);
  const [role, setRole] = useState<Role>(now);
  const [handsOver, setHandsOver] = useState(false);
  // A room keeps a person as its owner.
  const offered = ROLES.filter(({ value }) => value !== 'owner' || user.kind === 'human' || now === 'owner');
  const canHandOver = role === 'owner' && myRole === 'owner';
  const { a = '' } = ROLES.find(({ value }) => value === role) ?? {};

  async function submit() {
    const change = (userId: string, to: Role) =>
      client.call('update_member', { roomId: room.key, userId, role: to });
    if (role !== now) await change(user.id, role);
    if (canHandOver && handsOver) await change(me.id, 'admin');
    announce(`${user.name} is ${a} of this room now`);
  }

  return (
    <DialogForm
      label={canHandOver && handsOver ? `Hand the room over to ${user.name}` : `Make ${user.name} ${a}`}
      disabled={role === now && !(canHandOver && handsOver)}
      onSubmit={submit}
      onClose={onClose}
    >
      <Radio.Group label="What they are here" value={role} onChange={(value) => setRole(value as Role)}>
        <Stack gap="sm" mt="xs">
          {offered.map(({ value, what }) => (
            <Radio key={value} value={value} label={ROLE_NAMES[value]} description={what} />
          ))}
        </Stack>
      </Radio.Group>
      {canHandOver && (
        <Checkbox
          label="Hand the room over"
          description="You become an admin, and only an owner can change that."
          checked={handsOver}
          onChange={(event) => setHandsOver(event.currentTarget.checked)}
        />
      )}
    </DialogForm>
  );
}

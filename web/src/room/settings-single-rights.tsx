// What single members may do beyond or short of their role: who has what said of them, more of it, and taking it back.
import { Button, Group, NativeSelect } from '@mantine/core';
import type { Capability, Member, ReplyOf, RoomHandle, RoomInfo } from '@parley/client';
import { useState } from 'react';
import { SureButton } from '../parts/sure-button.tsx';
import { useMembers } from '../rooms/room-name.ts';
import { useClient } from '../session/use-client.ts';
import { hasRight, linesFor, withOne, wordsOf } from './rights-table.ts';
import styles from './settings.module.css';

interface SinglesProps {
  room: RoomHandle;
  info: RoomInfo;
  rights: ReplyOf<'get_room_rights'>;
  busy: boolean;
  attempt(what: () => Promise<unknown>, words: string): Promise<boolean>;
}

export function SingleRights({ room, info, rights, busy, attempt }: SinglesProps) {
  const client = useClient();
  const members = useMembers(room);
  const singles = Object.entries(rights.members ?? {});
  const nameOf = (id: string) => members.find(({ user }) => user.id === id)?.user.name ?? 'Somebody who left';
  return (
    <div>
      <h3 className={styles.title}>Said of single members</h3>
      <p className={styles.note}>Goes before what is said of their role, and holds at once.</p>
      {singles.map(([userId, change]) => (
        <div key={userId} className={styles.single}>
          <p>
            <strong>{nameOf(userId)}</strong> {wordsOf(change)}
          </p>
          <SureButton
            sure="As their role says"
            isDisabled={busy}
            onSure={() =>
              void attempt(
                () => client.call('set_room_rights', { roomId: room.key, userId }),
                `${nameOf(userId)} may do what the role says`,
              )
            }
          >
            Take back
          </SureButton>
        </div>
      ))}
      <Giving {...{ room, info, rights, busy, attempt, members }} />
    </div>
  );
}

function Giving({
  room,
  info,
  rights,
  busy,
  attempt,
  members,
}: SinglesProps & { members: readonly Member[] }) {
  const client = useClient();
  const [userId, setUserId] = useState('');
  const [chosen, setChosen] = useState('');
  const roomId = room.key;
  const member = members.find(({ user }) => user.id === userId);
  const lines = member === undefined ? [] : linesFor(member.role);
  const has = (capability: Capability) =>
    member !== undefined && hasRight(capability, member.role, info, rights, userId);
  const items = (kind: 'add' | 'take') =>
    lines
      .filter(({ capability }) => has(capability) === (kind === 'take'))
      .map(({ capability, label }) => ({ value: capability, label }));
  const lacked = items('add');
  const had = member?.role === 'owner' ? [] : items('take');
  // Also where somebody else has said it meanwhile.
  const capability = [...lacked, ...had].find(({ value }) => value === chosen)?.value;
  const gives = capability !== undefined && !has(capability);

  async function give() {
    if (member === undefined || capability === undefined) return;
    const worked = await attempt(
      async () => {
        const now = await client.call('get_room_rights', { roomId });
        const change = withOne(capability, gives, member.role, info, now, userId);
        await client.call('set_room_rights', { roomId, userId, ...change });
      },
      gives ? `${member.user.name} may do that now` : `${member.user.name} may not do that any more`,
    );
    if (worked) setChosen('');
  }

  return (
    <>
      <div className={styles.pair}>
        <NativeSelect
          label="Member"
          value={userId}
          onChange={(event) => {
            setUserId(event.currentTarget.value);
            setChosen('');
          }}
          data={[
            { value: '', label: 'Choose a member' },
            ...members
              .map(({ user }) => ({ value: user.id, label: `${user.name} (@${user.handle})` }))
              .sort((a, b) => a.label.localeCompare(b.label)),
          ]}
        />
        <NativeSelect
          label="Right"
          value={capability ?? ''}
          disabled={member === undefined}
          onChange={(event) => setChosen(event.currentTarget.value)}
          data={[
            { value: '', label: 'Choose a right' },
            ...(lacked.length === 0 ? [] : [{ group: 'May also', items: lacked }]),
            ...(had.length === 0 ? [] : [{ group: 'May not any more', items: had }]),
          ]}
        />
      </div>
      <Group justify="flex-end" mt="sm">
        <Button
          variant="default"
          loading={busy}
          disabled={capability === undefined}
          onClick={() => void give()}
        >
          {capability !== undefined && !gives ? 'Take it from them' : 'Give it to them'}
        </Button>
      </Group>
    </>
  );
}

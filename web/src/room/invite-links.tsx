// Links into the room: making one, which is shown once, and those that still let people in.
import { Button, NativeSelect } from '@mantine/core';
import type { Invite, RoomHandle } from '@parley/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '../parts/errors.ts';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { SecretBox } from '../parts/secret-box.tsx';
import { SureButton } from '../parts/sure-button.tsx';
import { formatWhen } from '../parts/times.ts';
import styles from '../rooms/dialog-list.module.css';
import { useMembers } from '../rooms/room-name.ts';
import { useClient, useMe, usePart } from '../session/use-client.ts';
import links from './invite-links.module.css';
import { useCan } from './use-can.ts';

const DAY_MS = 24 * 3_600_000;
const LASTS = [
  { value: '1', label: 'a day' },
  { value: '7', label: 'a week' },
  { value: '30', label: 'a month' },
  { value: '', label: 'until it is revoked' },
];
const USES = [
  { value: '1', label: 'one person' },
  { value: '10', label: '10 people' },
  { value: '100', label: '100 people' },
  { value: '', label: 'anyone who has it' },
];
const ROLES = [
  { value: 'member', label: 'members' },
  { value: 'admin', label: 'admins, who look after it' },
];

export function InviteLinks({ room, roomName }: { room: RoomHandle; roomName: string }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const me = useMe();
  const members = useMembers(room);
  const role = usePart(room, (snapshot) => snapshot.me?.role);
  const removes = useCan(room, 'member.remove');
  const [days, setDays] = useState('7');
  const [uses, setUses] = useState('10');
  const [as, setAs] = useState('member');
  const roomId = room.key;
  const queryKey = ['invites', roomId];
  const query = useQuery({
    queryKey,
    staleTime: 0,
    queryFn: ({ signal }) => client.call('list_invites', { roomId, limit: 100 }, { signal }),
  });
  const onSettled = () => queries.invalidateQueries({ queryKey });
  const make = useMutation({
    mutationFn: () =>
      client.call('create_invite', {
        roomId,
        role: as as Invite['role'],
        ...(days !== '' && { expiresAt: new Date(Date.now() + Number(days) * DAY_MS).toISOString() }),
        ...(uses !== '' && { maxUses: Number(uses) }),
      }),
    onSettled,
  });
  const revoke = useMutation({
    mutationFn: (inviteId: string) => client.call('revoke_invite', { roomId, inviteId }),
    onError: (error) => tell('The link still lets people in', error),
    onSettled,
  });
  const nameOf = (id: string) =>
    id === me.id ? 'you' : (members.find(({ user }) => user.id === id)?.user.name ?? 'somebody who left');
  const list = query.data?.data ?? [];

  return (
    <>
      {make.data === undefined ? (
        <div className={links.form}>
          <NativeSelect
            label="It holds for"
            data={LASTS}
            value={days}
            onChange={(event) => setDays(event.currentTarget.value)}
          />
          <NativeSelect
            label="It lets in"
            data={USES}
            value={uses}
            onChange={(event) => setUses(event.currentTarget.value)}
          />
          {(role === 'owner' || role === 'admin') && (
            <NativeSelect
              label="They come in as"
              data={ROLES}
              value={as}
              onChange={(event) => setAs(event.currentTarget.value)}
            />
          )}
          <Button loading={make.isPending} onClick={() => make.mutate()}>
            Make a link
          </Button>
        </div>
      ) : (
        <SecretBox
          title={`Link into ${roomName}`}
          value={`${globalThis.location.origin}${make.data.url}`}
          onDone={() => make.reset()}
        />
      )}
      {make.isError && (
        <p className={styles.problem} role="alert">
          {messageOf(make.error)}
        </p>
      )}
      <h3 className={links.title}>Links that let people in</h3>
      {stateOf({ query, what: 'links' }) ??
        (list.length === 0 ? (
          <p className={styles.waiting}>There are none.</p>
        ) : (
          <ul className={styles.list}>
            {list.map((invite) => (
              <li key={invite.id} className={styles.item}>
                <span className={styles.words}>
                  <span className={styles.name}>
                    {invite.role === 'admin' ? 'For admins' : 'For members'}, by {nameOf(invite.createdBy)}
                  </span>
                  <span className={styles.about}>{factsOf(invite)}</span>
                </span>
                {(removes || invite.createdBy === me.id) && (
                  <SureButton
                    sure="Revoke it"
                    isBusy={revoke.isPending && revoke.variables === invite.id}
                    onSure={() => revoke.mutate(invite.id)}
                  >
                    Revoke
                  </SureButton>
                )}
              </li>
            ))}
          </ul>
        ))}
    </>
  );
}

function factsOf({ uses, maxUses, expiresAt }: Invite): string {
  const came = maxUses === undefined ? `${uses} came in` : `${uses} of ${maxUses} came in`;
  return `${came} · ${expiresAt === undefined ? 'until it is revoked' : `until ${formatWhen(expiresAt)}`}`;
}

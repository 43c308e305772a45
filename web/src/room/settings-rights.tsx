// What members and admins of a room may do, as a table.
import { Button, Checkbox, Group, Stack } from '@mantine/core';
import type { Capability, ReplyOf, RoomInfo } from '@parley/client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Fragment, useState } from 'react';
import { messageOf } from '../parts/errors.ts';
import { useDone } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import dialog from '../rooms/dialog-list.module.css';
import { useClient, usePart } from '../session/use-client.ts';
import { changeTo, GROUPS, type Role, usualOf, withChange, wordsOf } from './rights-table.ts';
import type { RoomDialogProps } from './room-menu.tsx';
import styles from './settings.module.css';
import { SingleRights } from './settings-single-rights.tsx';

const ROLES: { role: Role; name: string }[] = [
  { role: 'member', name: 'Members' },
  { role: 'admin', name: 'Admins' },
];

export function SettingsRights(props: RoomDialogProps) {
  const client = useClient();
  const roomId = props.room.key;
  const info = usePart(props.room, (snapshot) => snapshot.room);
  const query = useQuery({
    queryKey: ['room-rights', roomId],
    staleTime: 0,
    gcTime: 0,
    queryFn: ({ signal }) => client.call('get_room_rights', { roomId }, { signal }),
  });
  const state = stateOf({ query, what: 'rights' });
  if (state !== undefined || query.data === undefined || info === undefined) return state;
  return <Table {...props} info={info} rights={query.data} />;
}

interface TableProps extends RoomDialogProps {
  info: RoomInfo;
  rights: ReplyOf<'get_room_rights'>;
}

function Table({ room, info, rights, onClose }: TableProps) {
  const client = useClient();
  const queries = useQueryClient();
  const done = useDone();
  const [wanted, setWanted] = useState(() => ({
    member: withChange(usualOf('member', info), rights.member),
    admin: withChange(usualOf('admin', info), rights.admin),
  }));
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const roomId = room.key;
  const changeOf = (role: Role) => changeTo(wanted[role], usualOf(role, info));
  const isUsual = ROLES.every(({ role }) => wordsOf(changeOf(role)) === '');

  const toggle = (role: Role, capability: Capability) =>
    setWanted((was) => {
      const now = new Set(was[role]);
      if (!now.delete(capability)) now.add(capability);
      return { ...was, [role]: now };
    });

  async function attempt(what: () => Promise<unknown>, words: string) {
    setBusy(true);
    setError(undefined);
    try {
      await what();
      done(words);
      return true;
    } catch (cause) {
      setError(messageOf(cause));
      return false;
    } finally {
      setBusy(false);
      void queries.invalidateQueries({ queryKey: ['room-rights', roomId] });
    }
  }

  async function save() {
    const saved = await attempt(async () => {
      for (const { role } of ROLES) {
        const before = changeTo(withChange(usualOf(role, info), rights[role]), usualOf(role, info));
        const now = changeOf(role);
        if (wordsOf(before) !== wordsOf(now)) await client.call('set_room_rights', { roomId, role, ...now });
      }
    }, 'What roles may do holds from now on');
    if (saved) onClose();
  }

  return (
    <Stack gap="md">
      <table className={styles.table}>
        <caption>
          Owners may do all of this, but approve calls only where they are given it by name. What differs from
          the usual is marked.
        </caption>
        <thead>
          <tr>
            <th scope="col">
              <span className="reader-only">What</span>
            </th>
            {ROLES.map(({ role, name }) => (
              <th key={role} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {GROUPS.map(({ name: group, lines }) => (
            <Fragment key={group}>
              <tr className={styles.group}>
                <th scope="rowgroup" colSpan={3}>
                  {group}
                </th>
              </tr>
              {lines.map(({ capability, label }) => (
                <tr key={capability}>
                  <th scope="row">{label}</th>
                  {ROLES.map(({ role, name }) => {
                    const has = wanted[role].has(capability);
                    const differs = has !== usualOf(role, info).has(capability);
                    return (
                      <td key={role} data-changed={differs || undefined}>
                        <Checkbox
                          className={styles.check ?? ''}
                          iconColor="var(--on-brand)"
                          checked={has}
                          aria-label={`${label}: ${name}${differs ? ', not as usual' : ''}`}
                          onChange={() => toggle(role, capability)}
                        />
                      </td>
                    );
                  })}
                </tr>
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
      <SingleRights room={room} info={info} rights={rights} busy={busy} attempt={attempt} />
      {error !== undefined && (
        <p role="alert" className={dialog.problem}>
          {error}
        </p>
      )}
      <Group justify="space-between" gap="sm">
        <Button
          variant="subtle"
          disabled={isUsual}
          onClick={() => setWanted({ member: usualOf('member', info), admin: usualOf('admin', info) })}
        >
          Back to the usual
        </Button>
        <Group gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button loading={busy} onClick={() => void save()}>
            Save rights
          </Button>
        </Group>
      </Group>
    </Stack>
  );
}

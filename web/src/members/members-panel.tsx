// Who is in the room: agents with their owner and what they do now, people with who is here.
import type { Member, PresenceEntry, RoomHandle } from '@parley/client';
import { useMemo, useRef, useState } from 'react';
import { isScripted } from '../messages/run-summary.tsx';
import { lazyDialog } from '../parts/lazy-page.tsx';
import { useRovingFocus } from '../parts/use-roving-focus.ts';
import type { Measured } from '../room/measure-dialog.tsx';
import { isAbove } from '../room/ranks.ts';
import { useCan, useFollowRights } from '../room/use-can.ts';
import { useMembers } from '../rooms/room-name.ts';
import { sameList, useMe, usePart } from '../session/use-client.ts';
import { useIsAdmin } from '../session/use-is-admin.ts';
import { BannedList } from './banned-list.tsx';
import { MemberRow } from './member-row.tsx';
import styles from './members-panel.module.css';

const MeasureDialog = lazyDialog(async () => (await import('../room/measure-dialog.tsx')).MeasureDialog);
const RoleDialog = lazyDialog(async () => (await import('./role-dialog.tsx')).RoleDialog);

export function MembersPanel({ room, onLeaveToDirect }: { room: RoomHandle; onLeaveToDirect?(): void }) {
  const members = useMembers(room);
  const presence = usePart(room, (snapshot) => snapshot.presence);
  const scripted = useScriptedAgents(room);
  const me = useMe();
  const isAdmin = useIsAdmin();
  const acts = useCan(room, 'moderation.act');
  const myRole = usePart(room, (snapshot) => snapshot.me?.role);
  const gives = useCan(room, 'member.role');
  const [measured, setMeasured] = useState<Measured>();
  const [raised, setRaised] = useState<Member>();
  useFollowRights(room);
  const agents = useMemo(() => sorted(members, presence, 'agent'), [members, presence]);
  const people = useMemo(() => sorted(members, presence, 'human'), [members, presence]);
  const here = people.filter(({ user }) => presence[user.id] !== undefined).length;

  const group = (title: string, list: readonly Member[]) => (
    <Group title={title}>
      {list.map((member, index) => (
        <MemberRow
          key={member.user.id}
          room={room}
          member={member}
          presence={presence[member.user.id]}
          owner={members.find(({ user }) => user.id === member.user.ownerId)?.user.name}
          isMe={member.user.id === me.id}
          scripted={scripted.includes(member.user.id)}
          tabStop={index === 0}
          below={member.user.id !== me.id && isAbove({ role: myRole, isAdmin, acts }, member.role)}
          givesRole={gives && member.user.id !== me.id}
          onMeasure={setMeasured}
          onRole={setRaised}
          onLeaveToDirect={onLeaveToDirect}
        />
      ))}
    </Group>
  );

  return (
    <div className={styles.panel}>
      {agents.length > 0 && group(`Agents (${agents.length})`, agents)}
      {people.length > 0 && group(`People (${here} of ${people.length} here)`, people)}
      {acts && <BannedList room={room} />}
      <MeasureDialog
        opened={measured !== undefined}
        room={room}
        about={measured}
        onClose={() => setMeasured(undefined)}
      />
      <RoleDialog
        opened={raised !== undefined}
        room={room}
        about={raised}
        onClose={() => setRaised(undefined)}
      />
    </div>
  );
}

function Group({ title, children }: { title: string; children: React.ReactNode }) {
  const list = useRef<HTMLUListElement>(null);
  const onKeyDown = useRovingFocus(list);
  return (
    <section className={styles.group}>
      <h3 className={styles.title}>{title}</h3>
      <ul ref={list} onKeyDown={onKeyDown}>
        {children}
      </ul>
    </section>
  );
}

function sorted(
  members: readonly Member[],
  presence: Readonly<Record<string, PresenceEntry>>,
  kind: 'human' | 'agent',
): Member[] {
  const away = (member: Member) => (presence[member.user.id] === undefined ? 1 : 0);
  return members
    .filter(({ user }) => user.kind === kind)
    .sort((a, b) => away(a) - away(b) || a.user.name.localeCompare(b.user.name));
}

/** Agents whose newest answer here came from the built-in provider. */
function useScriptedAgents(room: RoomHandle): readonly string[] {
  return usePart(
    room,
    ({ messages }) => {
      const newest = new Map<string, boolean>();
      for (const { author, run } of messages) if (run !== undefined) newest.set(author.id, isScripted(run));
      return [...newest].filter(([, scripted]) => scripted).map(([id]) => id);
    },
    sameList,
  );
}

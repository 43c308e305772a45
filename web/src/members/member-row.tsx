// One member: who and what they are, whether they are here; opened, a card with a way to talk to them alone.

import { Button, Popover } from '@mantine/core';
import type { Member, PresenceEntry, RoomHandle } from '@parley/client';
import { useState } from 'react';
import { useAnnounce } from '../parts/announcer.tsx';
import { Avatar } from '../parts/avatar.tsx';
import { AgentBadge } from '../parts/badge.tsx';
import { useTell } from '../parts/notices.tsx';
import { agentHref, goTo } from '../parts/route.ts';
import { SureButton } from '../parts/sure-button.tsx';
import { formatWhen } from '../parts/times.ts';
import type { Measure, Measured } from '../room/measure-dialog.tsx';
import { useClient, usePart } from '../session/use-client.ts';
import styles from './member-row.module.css';
import { ROLE_NAMES } from './role-names.ts';

interface MemberRowProps {
  room: RoomHandle;
  member: Member;
  presence: PresenceEntry | undefined;
  owner: string | undefined;
  isMe: boolean;
  scripted: boolean;
  tabStop: boolean;
  /** I may mute, take out and ban them. */
  below: boolean;
  /** I may change what they are here. */
  givesRole: boolean;
  onMeasure(measured: Measured): void;
  onRole(member: Member): void;
  onLeaveToDirect?: (() => void) | undefined;
}

export function MemberRow(props: MemberRowProps) {
  const { room, member, presence, owner, isMe, scripted, tabStop, below, givesRole } = props;
  const { onMeasure, onRole, onLeaveToDirect } = props;
  const { user } = member;
  const [open, setOpen] = useState(false);
  const client = useClient();
  const tell = useTell();
  const working = usePart(room, (snapshot) => snapshot.agents[user.id]?.status);
  const isAgent = user.kind === 'agent';
  const muted = standingMute(member);
  const state = isAgent ? agentWords(working, presence) : presence === undefined ? 'Away' : 'Here now';

  function measure(what: Measure) {
    setOpen(false);
    onMeasure({ user, measure: what });
  }

  function changeRole() {
    setOpen(false);
    onRole(member);
  }

  async function openDirect() {
    setOpen(false);
    try {
      goTo(await client.rooms.openDirect([user.id]));
      onLeaveToDirect?.();
    } catch (error) {
      tell(`Could not open a direct room with ${user.name}`, error);
    }
  }

  return (
    <li>
      <Popover
        opened={open}
        onChange={setOpen}
        position="bottom"
        width={240}
        withinPortal
        trapFocus
        returnFocus
        shadow="md"
      >
        <Popover.Target>
          <button
            type="button"
            className={styles.row}
            data-roving=""
            data-away={presence === undefined && !isAgent ? true : undefined}
            tabIndex={tabStop ? 0 : -1}
            onClick={() => setOpen(!open)}
          >
            <Avatar user={user} size="md" present={presence !== undefined} />
            <span className={styles.words}>
              <span className={styles.name}>
                <span className={styles.text}>{user.name}</span>
                {isMe && <span className={styles.you}>you</span>}
                {isAgent && <AgentBadge />}
              </span>
              <span className={styles.state}>
                {member.role !== 'member' && `${ROLE_NAMES[member.role]} · `}
                {muted !== undefined && 'Muted · '}
                {isAgent ? agentLine(state, owner) : state}
              </span>
            </span>
          </button>
        </Popover.Target>
        <Popover.Dropdown className={styles.card ?? ''} aria-label={`About ${user.name}`}>
          <p className={styles.cardName}>{user.name}</p>
          <p className={styles.handle}>@{user.handle}</p>
          <p className={styles.fact}>{state}</p>
          {isAgent && (
            <p className={styles.fact}>
              {owner === undefined ? 'An agent of this server' : `An agent of ${owner}`}
            </p>
          )}
          {member.role !== 'member' && (
            <p className={styles.fact}>
              {member.role === 'owner' ? 'Owns this room' : 'Looks after this room'}
            </p>
          )}
          {muted !== undefined && (
            <p className={styles.fact}>
              {muted.until === undefined
                ? 'Muted until it is ended'
                : `Muted until ${formatWhen(muted.until)}`}
            </p>
          )}
          {scripted && (
            <p className={styles.hint}>
              Answers come from the built-in script. Set a model key on the server to have it think for
              itself.
            </p>
          )}
          {!isMe && (
            <Button mt="sm" size="xs" variant="default" fullWidth onClick={openDirect}>
              Message {user.name}
            </Button>
          )}
          {isAgent && (
            <Button component="a" href={agentHref(user.id)} mt="xs" size="xs" variant="subtle" fullWidth>
              About this agent
            </Button>
          )}
          {givesRole && (
            <Button mt="xs" size="xs" variant="default" fullWidth onClick={changeRole}>
              Change role…
            </Button>
          )}
          {below && (
            <div className={styles.measures}>
              {muted === undefined ? (
                <Button size="compact-sm" variant="default" onClick={() => measure('mute')}>
                  Mute…
                </Button>
              ) : (
                <Unmute room={room} member={member} onDone={() => setOpen(false)} />
              )}
              <Button size="compact-sm" variant="default" onClick={() => measure('kick')}>
                Take out…
              </Button>
              <Button size="compact-sm" variant="outline" color="clay" onClick={() => measure('ban')}>
                Ban…
              </Button>
            </div>
          )}
        </Popover.Dropdown>
      </Popover>
    </li>
  );
}

interface UnmuteProps {
  room: RoomHandle;
  member: Member;
  onDone(): void;
}

function Unmute({ room, member: { user }, onDone }: UnmuteProps) {
  const client = useClient();
  const tell = useTell();
  const announce = useAnnounce();
  const [busy, setBusy] = useState(false);
  async function unmute() {
    setBusy(true);
    try {
      await client.call('unmute_member', { roomId: room.key, userId: user.id });
      announce(`${user.name} may speak again`);
      onDone();
    } catch (error) {
      tell(`${user.name} is still muted`, error);
    } finally {
      setBusy(false);
    }
  }
  return (
    <SureButton sure="They may speak again" isBusy={busy} onSure={() => void unmute()}>
      End the mute
    </SureButton>
  );
}

/** What is past is over, though nobody has said so. */
function standingMute({ muted }: Member): Member['muted'] {
  return muted?.until !== undefined && Date.parse(muted.until) <= Date.now() ? undefined : muted;
}

const agentLine = (state: string, owner: string | undefined): string =>
  owner === undefined ? state : `${state} · owned by ${owner}`;

function agentWords(working: string | undefined, presence: PresenceEntry | undefined): string {
  switch (working) {
    case 'queued':
    case 'thinking':
      return 'Thinking…';
    case 'using_tool':
      return 'Using a tool…';
    case 'writing':
      return 'Writing…';
    case 'waiting_approval':
      return 'Waiting for approval';
  }
  switch (presence?.aiStatus) {
    case 'thinking':
      return 'Thinking…';
    case 'editing':
      return 'Writing…';
    case 'error':
      return 'Had a problem';
    default:
      return 'Ready';
  }
}

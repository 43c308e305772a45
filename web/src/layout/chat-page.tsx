// The chat: rooms on the left, the open room, members on the right; both sides become drawers on narrow pages.
import { Button, CloseButton, Drawer } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { useApprovalSignals } from '../approvals/use-approvals.ts';
import { MembersPanel } from '../members/members-panel.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { lazyDialog } from '../parts/lazy-page.tsx';
import { goToHref, hrefOf, pageHref, type Route, replaceWith, useRoute } from '../parts/route.ts';
import { RoomView } from '../room/room-view.tsx';
import type { RoomDialog } from '../rooms/room-list.tsx';
import { useFreshRooms } from '../rooms/use-fresh-rooms.ts';
import { useClient, useStore } from '../session/use-client.ts';
import styles from './chat-page.module.css';
import { ConnectionBanner } from './connection-banner.tsx';
import { pageOf } from './page-of.tsx';
import { useShortcuts } from './shortcuts.ts';
import { Sidebar } from './sidebar.tsx';
import { SkipLink } from './skip-link.tsx';

const BrowseDialog = lazyDialog(async () => (await import('../rooms/browse-dialog.tsx')).BrowseDialog);
const CreateRoomDialog = lazyDialog(
  async () => (await import('../rooms/create-room-dialog.tsx')).CreateRoomDialog,
);
const DirectDialog = lazyDialog(async () => (await import('../rooms/direct-dialog.tsx')).DirectDialog);
const JumpDialog = lazyDialog(async () => (await import('./jump-dialog.tsx')).JumpDialog);
const ShortcutsDialog = lazyDialog(async () => (await import('./shortcuts-dialog.tsx')).ShortcutsDialog);

/** Where G and another key lead. */
const GO: Record<string, string> = {
  a: pageHref('approvals'),
  i: pageHref('inbox'),
  s: pageHref('saved'),
  t: pageHref('threads'),
};

const NARROW = '(width < 48em)';
const MEMBERS_BESIDE = '(width >= 72em)';

export function ChatPage() {
  const client = useClient();
  const route = useRoute();
  const openRoom = route.page === 'room' ? route.key : undefined;
  const narrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false });
  const beside = useMediaQuery(MEMBERS_BESIDE, undefined, { getInitialValueInEffect: false });
  const [dialog, setDialog] = useState<RoomDialog>();
  const [roomsOpen, setRoomsOpen] = useState(false);
  const [panelWanted, setPanelWanted] = useState(true);
  const [drawerWanted, setDrawerWanted] = useState(false);
  const [overlay, setOverlay] = useState<'jump' | 'keys'>();
  const room = openRoom === undefined ? undefined : client.room(openRoom);
  /** A thread or a list of the room stands where the members would. */
  const sideTaken = route.page === 'room' && (route.threadId !== undefined || route.side !== undefined);
  const page = pageOf(route, () => setRoomsOpen(true));

  useEffect(() => client.rooms.follow(), [client]);
  useApprovalSignals();
  useFreshRooms();
  useFirstRoom(route);
  useShortcuts({
    onJump: () => setOverlay('jump'),
    onHelp: () => setOverlay('keys'),
    onGo: (key) => GO[key] !== undefined && goToHref(GO[key]),
  });

  const sidebar = (
    <Sidebar
      route={route}
      onDialog={(next) => {
        setRoomsOpen(false);
        setDialog(next);
      }}
      onJump={() => {
        setRoomsOpen(false);
        setOverlay('jump');
      }}
      onOpen={() => setRoomsOpen(false)}
    />
  );
  const toggleMembers = () => {
    if (!beside) return setDrawerWanted(!drawerWanted);
    if (sideTaken && route.page === 'room') goToHref(hrefOf({ id: route.key }));
    setPanelWanted(sideTaken || !panelWanted);
  };
  const closeDialog = () => setDialog(undefined);
  const closeOverlay = () => setOverlay(undefined);

  return (
    <div className={styles.page}>
      <SkipLink />
      {!narrow && (
        <aside className={styles.rail} aria-label="Rooms and account">
          {sidebar}
        </aside>
      )}
      <main className={styles.main} id="room" tabIndex={-1}>
        <ConnectionBanner />
        {page !== undefined ? (
          page
        ) : room === undefined ? (
          <NoRoom onDialog={setDialog} onRooms={() => setRoomsOpen(true)} narrow={narrow === true} />
        ) : (
          <RoomView
            key={room.key}
            room={room}
            membersOpen={beside ? panelWanted && !sideTaken : drawerWanted}
            onMembers={toggleMembers}
            onRooms={() => setRoomsOpen(true)}
          />
        )}
      </main>
      {beside && panelWanted && !sideTaken && room !== undefined && (
        <aside className={styles.panel} aria-label="Members">
          <div className={styles.panelHead}>
            <h2>Members</h2>
            <CloseButton aria-label="Hide members" onClick={() => setPanelWanted(false)} />
          </div>
          <MembersPanel room={room} />
        </aside>
      )}
      <Drawer
        opened={narrow === true && roomsOpen}
        onClose={() => setRoomsOpen(false)}
        size="19rem"
        padding={0}
        title="Rooms"
        classNames={{
          content: styles.drawer ?? '',
          body: styles.drawerBody ?? '',
          header: styles.drawerHead ?? '',
        }}
      >
        {sidebar}
      </Drawer>
      <Drawer
        opened={!beside && drawerWanted && room !== undefined}
        onClose={() => setDrawerWanted(false)}
        position="right"
        size="19rem"
        padding={0}
        title="Members"
        classNames={{ content: styles.drawer ?? '', header: styles.drawerHead ?? '' }}
      >
        {room !== undefined && <MembersPanel room={room} onLeaveToDirect={() => setDrawerWanted(false)} />}
      </Drawer>
      <CreateRoomDialog opened={dialog === 'create'} onClose={closeDialog} />
      <BrowseDialog opened={dialog === 'browse'} onClose={closeDialog} />
      <JumpDialog opened={overlay === 'jump'} onClose={closeOverlay} />
      <ShortcutsDialog opened={overlay === 'keys'} onClose={closeOverlay} />
      <DirectDialog opened={dialog === 'direct'} onClose={closeDialog} />
    </div>
  );
}

/** Without a room in the address, the first of mine is opened. */
function useFirstRoom(route: Route): void {
  const { status, list } = useStore(useClient().rooms);
  const first = list[0];
  useEffect(() => {
    if (route.page === 'none' && status === 'ready' && first !== undefined) replaceWith(hrefOf(first));
  }, [route, status, first]);
}

interface NoRoomProps {
  narrow: boolean;
  onDialog(dialog: RoomDialog): void;
  onRooms(): void;
}

function NoRoom({ narrow, onDialog, onRooms }: NoRoomProps) {
  const { status } = useStore(useClient().rooms);
  if (status !== 'ready' && status !== 'error') return null;
  return (
    <EmptyState
      title={status === 'error' ? 'Rooms could not be loaded' : 'You are in no room yet'}
      tone={status === 'error' ? 'problem' : 'calm'}
      actions={
        <>
          <Button onClick={() => onDialog('browse')}>Browse public rooms</Button>
          <Button variant="default" onClick={() => onDialog('create')}>
            Create a room
          </Button>
          {narrow && (
            <Button variant="default" onClick={onRooms}>
              Menu
            </Button>
          )}
        </>
      }
    >
      Join a room that is open to everyone, or make one of your own.
    </EmptyState>
  );
}

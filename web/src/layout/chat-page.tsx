// The chat: rooms on the left, the open room, members on the right; both sides become drawers on narrow pages.
import { Button, CloseButton, Drawer } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { AgentPage } from '../agents/agent-page.tsx';
import { AgentsPage } from '../agents/agents-page.tsx';
import { ApprovalsPage } from '../approvals/approvals-page.tsx';
import { useApprovalSignals } from '../approvals/use-approvals.ts';
import { AuditPage } from '../audit/audit-page.tsx';
import { MembersPanel } from '../members/members-panel.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { hrefOf, type Route, replaceWith, useRoute } from '../parts/route.ts';
import { RoomView } from '../room/room-view.tsx';
import { BrowseDialog } from '../rooms/browse-dialog.tsx';
import { CreateRoomDialog } from '../rooms/create-room-dialog.tsx';
import { DirectDialog } from '../rooms/direct-dialog.tsx';
import type { RoomDialog } from '../rooms/room-list.tsx';
import { useFreshRooms } from '../rooms/use-fresh-rooms.ts';
import { useClient, useStore } from '../session/use-client.ts';
import { ToolsPage } from '../tools/tools-page.tsx';
import styles from './chat-page.module.css';
import { ConnectionBanner } from './connection-banner.tsx';
import { Sidebar } from './sidebar.tsx';
import { SkipLink } from './skip-link.tsx';

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
  const room = openRoom === undefined ? undefined : client.room(openRoom);

  useEffect(() => client.rooms.follow(), [client]);
  useApprovalSignals();
  useFreshRooms();
  useFirstRoom(route);

  const sidebar = (
    <Sidebar
      route={route}
      onDialog={(next) => {
        setRoomsOpen(false);
        setDialog(next);
      }}
      onOpen={() => setRoomsOpen(false)}
    />
  );
  const toggleMembers = () => (beside ? setPanelWanted(!panelWanted) : setDrawerWanted(!drawerWanted));
  const closeDialog = () => setDialog(undefined);

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
        {route.page === 'agents' ? (
          <AgentsPage onRooms={() => setRoomsOpen(true)} />
        ) : route.page === 'approvals' ? (
          <ApprovalsPage onRooms={() => setRoomsOpen(true)} />
        ) : route.page === 'audit' ? (
          <AuditPage onRooms={() => setRoomsOpen(true)} />
        ) : route.page === 'tools' ? (
          <ToolsPage tab={route.tab} onRooms={() => setRoomsOpen(true)} />
        ) : route.page === 'agent' ? (
          <AgentPage key={route.id} id={route.id} tab={route.tab} onRooms={() => setRoomsOpen(true)} />
        ) : room === undefined ? (
          <NoRoom onDialog={setDialog} onRooms={() => setRoomsOpen(true)} narrow={narrow === true} />
        ) : (
          <RoomView
            key={room.key}
            room={room}
            membersOpen={beside ? panelWanted : drawerWanted}
            onMembers={toggleMembers}
            onRooms={() => setRoomsOpen(true)}
          />
        )}
      </main>
      {beside && panelWanted && room !== undefined && (
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

// The left side: whose server this is, a way to anywhere, my pages, my rooms, this server, and me.
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconChevronRight, IconLogout, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useWaiting } from '../approvals/use-approvals.ts';
import { useInboxCount } from '../inbox/use-inbox.ts';
import { Avatar } from '../parts/avatar.tsx';
import { BrandMark } from '../parts/brand-mark.tsx';
import { ColorSchemeToggle } from '../parts/color-scheme-toggle.tsx';
import { kept } from '../parts/kept.ts';
import { type Route, tabHref } from '../parts/route.ts';
import { type RoomDialog, RoomList } from '../rooms/room-list.tsx';
import { leave } from '../session/session.ts';
import { useMe } from '../session/use-client.ts';
import { useIsAdmin } from '../session/use-is-admin.ts';
import { putAway, useSteps } from '../welcome/use-steps.ts';
import { PlaceLink } from './place-link.tsx';
import { AGENTS, FIRST, MINE, type Place, SERVER } from './places.ts';
import { JUMP_KEYS } from './shortcuts.ts';
import styles from './sidebar.module.css';

interface SidebarProps {
  route: Route;
  onDialog(dialog: RoomDialog): void;
  onJump(): void;
  onOpen(): void;
}

export function Sidebar({ route, onDialog, onJump, onOpen }: SidebarProps) {
  const me = useMe();
  const isAdmin = useIsAdmin();
  // Direct rooms have no slug: nothing must look like theirs.
  const openRoom = route.page === 'room' ? route.key : '';
  const approvals = useWaiting().data?.length ?? 0;
  // Asked at every turn: the page itself puts it away.
  const isNew = isAdmin && putAway.read() !== me.id;
  const steps = useSteps(isNew);
  const showsFirst = isNew && ((steps.isReady && steps.left > 0) || route.page === 'welcome');
  const unread = useInboxCount();
  const waiting: Partial<Record<Place['page'], { count: number; strong: boolean; words: string }>> = {
    welcome: { count: steps.left, strong: false, words: `${steps.left} left` },
    inbox: { count: unread, strong: true, words: `${unread} unread` },
    approvals: { count: approvals, strong: true, words: `${approvals} waiting` },
  };
  const link = (place: Place) => (
    <PlaceLink key={place.page} place={place} route={route} waiting={waiting[place.page]} onOpen={onOpen} />
  );
  return (
    <div className={styles.sidebar}>
      <div className={styles.brand}>
        <BrandMark />
        <span className={styles.name}>Parley</span>
      </div>
      <button type="button" className={styles.jump} onClick={onJump}>
        <IconSearch size={16} stroke={1.8} aria-hidden="true" />
        <span>Search or jump to…</span>
        <kbd>{JUMP_KEYS}</kbd>
      </button>
      <div className={styles.scroll}>
        <nav className={styles.pages} aria-label="Pages">
          <div className={styles.group}>
            {showsFirst && link(FIRST)}
            {MINE.map(link)}
          </div>
          <div className={styles.group}>{AGENTS.map(link)}</div>
        </nav>
        <RoomList openRoom={openRoom} onDialog={onDialog} onOpen={onOpen} />
        <ServerPlaces
          places={SERVER.filter(({ admin }) => isAdmin || admin !== true)}
          link={link}
          route={route}
        />
      </div>
      <div className={styles.me}>
        <a
          className={styles.myself}
          href={tabHref('me')}
          aria-current={route.page === 'me' ? 'page' : undefined}
          onClick={onOpen}
        >
          <Avatar user={me} />
          <span className={styles.who}>
            <span className={styles.myName}>{me.name}</span>
            <span className={styles.handle}>@{me.handle}</span>
          </span>
          <span className="reader-only">, your profile and preferences</span>
        </a>
        <ColorSchemeToggle />
        <Tooltip label="Sign out">
          <ActionIcon aria-label="Sign out" onClick={() => leave()}>
            <IconLogout size={18} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      </div>
    </div>
  );
}

const folded = kept<boolean>('parley.sidebar.server-folded');

interface ServerPlacesProps {
  places: Place[];
  route: Route;
  link(place: Place): React.ReactNode;
}

/** Folds away for those who do not run the server; the page one is on stays in sight. */
function ServerPlaces({ places, route, link }: ServerPlacesProps) {
  const [isFolded, setFolded] = useState(() => folded.read() ?? false);
  if (places.length === 0) return null;
  const shown = isFolded ? places.filter(({ page }) => page === route.page) : places;
  return (
    <nav className={styles.server} aria-label="This server">
      <button
        type="button"
        className={styles.fold}
        aria-expanded={!isFolded}
        onClick={() => {
          folded.write(!isFolded);
          setFolded(!isFolded);
        }}
      >
        <span>This server</span>
        <IconChevronRight size={14} stroke={2} aria-hidden="true" />
      </button>
      {shown.map(link)}
    </nav>
  );
}

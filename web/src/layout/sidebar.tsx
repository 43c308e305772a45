// The left side: whose server this is, my rooms, and me.
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconListCheck, IconLogout, IconSparkles, IconTool, IconUserCheck } from '@tabler/icons-react';
import { useWaiting } from '../approvals/use-approvals.ts';
import { Avatar } from '../parts/avatar.tsx';
import { CountBadge } from '../parts/badge.tsx';
import { BrandMark } from '../parts/brand-mark.tsx';
import { ColorSchemeToggle } from '../parts/color-scheme-toggle.tsx';
import { AGENTS_HREF, APPROVALS_HREF, AUDIT_HREF, type Route, TOOLS_HREF } from '../parts/route.ts';
import { type RoomDialog, RoomList } from '../rooms/room-list.tsx';
import { leave } from '../session/session.ts';
import { useClient, useMe, useStore } from '../session/use-client.ts';
import styles from './sidebar.module.css';

interface SidebarProps {
  route: Route;
  onDialog(dialog: RoomDialog): void;
  onOpen(): void;
}

export function Sidebar({ route, onDialog, onOpen }: SidebarProps) {
  const me = useMe();
  const isAdmin = useStore(useClient().state).me?.role === 'admin';
  const openRoom = route.page === 'room' ? route.key : undefined;
  const waiting = useWaiting().data?.length ?? 0;
  const inAgents = route.page === 'agents' || route.page === 'agent';
  return (
    <div className={styles.sidebar}>
      <div className={styles.brand}>
        <BrandMark />
        <span className={styles.name}>Parley</span>
      </div>
      <nav className={styles.pages} aria-label="Pages">
        <a
          className={styles.page}
          href={AGENTS_HREF}
          aria-current={inAgents ? 'page' : undefined}
          onClick={onOpen}
        >
          <IconSparkles size={17} stroke={1.8} aria-hidden="true" />
          <span className={styles.pageName}>Agents</span>
        </a>
        <a
          className={styles.page}
          href={TOOLS_HREF}
          aria-current={route.page === 'tools' ? 'page' : undefined}
          onClick={onOpen}
        >
          <IconTool size={17} stroke={1.8} aria-hidden="true" />
          <span className={styles.pageName}>Tools</span>
        </a>
        <a
          className={styles.page}
          href={APPROVALS_HREF}
          aria-current={route.page === 'approvals' ? 'page' : undefined}
          onClick={onOpen}
        >
          <IconUserCheck size={17} stroke={1.8} aria-hidden="true" />
          <span className={styles.pageName}>Approvals</span>
          {waiting > 0 && <CountBadge count={waiting} strong label={`, ${waiting} waiting`} />}
        </a>
        {isAdmin && (
          <a
            className={styles.page}
            href={AUDIT_HREF}
            aria-current={route.page === 'audit' ? 'page' : undefined}
            onClick={onOpen}
          >
            <IconListCheck size={17} stroke={1.8} aria-hidden="true" />
            <span className={styles.pageName}>Audit</span>
          </a>
        )}
      </nav>
      <RoomList openRoom={openRoom} onDialog={onDialog} onOpen={onOpen} />
      <div className={styles.me}>
        <Avatar user={me} />
        <span className={styles.who}>
          <span className={styles.myName}>{me.name}</span>
          <span className={styles.handle}>@{me.handle}</span>
        </span>
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

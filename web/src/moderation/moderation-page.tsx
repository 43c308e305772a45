// What people told the moderators, and what was done: reports with the message, measures that hold, the record.
import { NativeSelect, Tabs } from '@mantine/core';
import tabs from '../agents/agent-page.module.css';
import { PageFrame } from '../layout/page-frame.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { replaceWith, type TabOf, tabHref } from '../parts/route.ts';
import { useRoomNames } from '../parts/use-room-names.ts';
import { useClient, useStore } from '../session/use-client.ts';
import { useIsAdmin } from '../session/use-is-admin.ts';
import { HeldTab } from './held-tab.tsx';
import styles from './moderation.module.css';
import { RecordTab } from './record-tab.tsx';
import { ReportsTab } from './reports-tab.tsx';

type Tab = TabOf<'moderation'>;

interface ModerationPageProps {
  tab: Tab;
  room: string | undefined;
  onRooms(): void;
}

export function ModerationPage({ tab, room, onRooms }: ModerationPageProps) {
  const { list, status } = useStore(useClient().rooms);
  const isAdmin = useIsAdmin();
  const names = useRoomNames();
  const mine = list.filter(({ me, kind }) => kind !== 'direct' && me !== undefined && me.role !== 'member');
  const go = (next: Tab, roomId: string) =>
    replaceWith(tabHref('moderation', next, roomId === '' ? undefined : { room: roomId }));
  const chosen = mine.some(({ id }) => id === room) ? (room ?? '') : '';
  return (
    <PageFrame title="Moderation" about="Reports, measures, and what was done" onRooms={onRooms}>
      {mine.length === 0 && !isAdmin ? (
        status === 'ready' && (
          <EmptyState title="You moderate no room">
            Owners and admins of a room look after it. To tell them about a message, use its menu.
          </EmptyState>
        )
      ) : (
        <>
          <NativeSelect
            className={styles.room ?? ''}
            label="Room"
            size="md"
            data={[
              { value: '', label: isAdmin ? 'All rooms' : 'All that I moderate' },
              ...mine.map(({ id }) => ({ value: id, label: names.of(id).name })),
            ]}
            value={chosen}
            onChange={(event) => go(tab, event.currentTarget.value)}
          />
          <Tabs
            value={tab}
            onChange={(value) => value !== null && go(value as Tab, chosen)}
            keepMounted={false}
          >
            <Tabs.List className={tabs.tabs ?? ''}>
              <Tabs.Tab value="reports">Reports</Tabs.Tab>
              <Tabs.Tab value="held">Held</Tabs.Tab>
              <Tabs.Tab value="standing">In force</Tabs.Tab>
              <Tabs.Tab value="record">Record</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="reports">
              <ReportsTab roomId={chosen} />
            </Tabs.Panel>
            <Tabs.Panel value="held">
              <HeldTab roomId={chosen || (mine[0]?.id ?? '')} />
            </Tabs.Panel>
            <Tabs.Panel value="standing">
              <RecordTab roomId={chosen || fallback(isAdmin, mine)} standing />
            </Tabs.Panel>
            <Tabs.Panel value="record">
              <RecordTab roomId={chosen || fallback(isAdmin, mine)} standing={false} />
            </Tabs.Panel>
          </Tabs>
        </>
      )}
    </PageFrame>
  );
}

/** The record of all rooms is for administrators; others see that of their first room until they choose. */
const fallback = (isAdmin: boolean, mine: readonly { id: string }[]): string =>
  isAdmin ? '' : (mine[0]?.id ?? '');

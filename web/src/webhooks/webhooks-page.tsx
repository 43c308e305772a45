// What a room tells other services, and the addresses by which they post into it. For owners and admins of the room.
import { NativeSelect, Tabs } from '@mantine/core';
import tabs from '../agents/agent-page.module.css';
import { PageFrame } from '../layout/page-frame.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { replaceWith, type TabOf, tabHref } from '../parts/route.ts';
import { useRoomNames } from '../parts/use-room-names.ts';
import { useClient, useStore } from '../session/use-client.ts';
import { Incoming } from './incoming.tsx';
import { Outgoing } from './outgoing.tsx';
import styles from './webhooks.module.css';

interface WebhooksPageProps {
  tab: TabOf<'webhooks'>;
  room: string | undefined;
  onRooms(): void;
}

export function WebhooksPage({ tab, room, onRooms }: WebhooksPageProps) {
  const { list, status } = useStore(useClient().rooms);
  const names = useRoomNames();
  const mine = list.filter(({ me, kind }) => kind !== 'direct' && me !== undefined && me.role !== 'member');
  const chosen = mine.find(({ id }) => id === room) ?? mine[0];
  const go = (next: TabOf<'webhooks'>, roomId: string | undefined) =>
    replaceWith(tabHref('webhooks', next, roomId === undefined ? undefined : { room: roomId }));
  return (
    <PageFrame title="Webhooks" about="Between rooms and other services" onRooms={onRooms}>
      {chosen === undefined ? (
        status === 'ready' && (
          <EmptyState title="No room of yours to connect">
            Webhooks belong to a room, and its owner and admins look after them. Make a room, or ask its
            owner.
          </EmptyState>
        )
      ) : (
        <>
          <NativeSelect
            className={styles.room ?? ''}
            label="Room"
            size="md"
            data={mine.map(({ id }) => ({ value: id, label: names.of(id).name }))}
            value={chosen.id}
            onChange={(event) => go(tab, event.currentTarget.value)}
          />
          <Tabs
            value={tab}
            onChange={(value) => value !== null && go(value as TabOf<'webhooks'>, room)}
            keepMounted={false}
          >
            <Tabs.List className={tabs.tabs ?? ''}>
              <Tabs.Tab value="out">Out of the room</Tabs.Tab>
              <Tabs.Tab value="in">Into the room</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="out">
              <Outgoing key={chosen.id} roomId={chosen.id} />
            </Tabs.Panel>
            <Tabs.Panel value="in">
              <Incoming key={chosen.id} roomId={chosen.id} />
            </Tabs.Panel>
          </Tabs>
        </>
      )}
    </PageFrame>
  );
}

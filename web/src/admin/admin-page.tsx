// For who runs the server: its people, keys, data, the agents' emergency stops, and what the server is.
import { Tabs } from '@mantine/core';
import tabs from '../agents/agent-page.module.css';
import { PageFrame } from '../layout/page-frame.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { replaceWith, type TabOf, tabHref } from '../parts/route.ts';
import { useClient, useStore } from '../session/use-client.ts';
import { DataTab } from './data-tab.tsx';
import { KeysTab } from './keys-tab.tsx';
import { PeopleTab } from './people-tab.tsx';
import { ServerTab } from './server-tab.tsx';
import { StopsTab } from './stops-tab.tsx';

type Tab = TabOf<'admin'>;

export function AdminPage({ tab, onRooms }: { tab: Tab; onRooms(): void }) {
  const { me } = useStore(useClient().state);
  return (
    <PageFrame title="Administration" about="For those who run this server" onRooms={onRooms}>
      {me !== undefined && me.role !== 'admin' ? (
        <EmptyState title="For administrators">
          Ask one of them to let you administer this server, or to do for you what you came for.
        </EmptyState>
      ) : (
        <Tabs
          value={tab}
          onChange={(value) => value !== null && replaceWith(tabHref('admin', value as Tab))}
          keepMounted={false}
        >
          <Tabs.List className={tabs.tabs ?? ''}>
            <Tabs.Tab value="people">People</Tabs.Tab>
            <Tabs.Tab value="keys">API keys</Tabs.Tab>
            <Tabs.Tab value="data">Data</Tabs.Tab>
            <Tabs.Tab value="stops">Agent stops</Tabs.Tab>
            <Tabs.Tab value="server">Server</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="people">
            <PeopleTab />
          </Tabs.Panel>
          <Tabs.Panel value="keys">
            <KeysTab />
          </Tabs.Panel>
          <Tabs.Panel value="data">
            <DataTab />
          </Tabs.Panel>
          <Tabs.Panel value="stops">
            <StopsTab />
          </Tabs.Panel>
          <Tabs.Panel value="server">
            <ServerTab />
          </Tabs.Panel>
        </Tabs>
      )}
    </PageFrame>
  );
}

// What I began or left for later: drafts of all rooms, messages that are sent at a time, reminders.
import { Tabs } from '@mantine/core';
import tabs from '../agents/agent-page.module.css';
import { PageFrame } from '../layout/page-frame.tsx';
import { replaceWith, type TabOf, tabHref } from '../parts/route.ts';
import { Drafts } from './drafts.tsx';
import { Scheduled } from './scheduled.tsx';

export function LaterPage({ tab, onRooms }: { tab: TabOf<'later'>; onRooms(): void }) {
  return (
    <PageFrame title="Later" about="Begun, planned, not forgotten" onRooms={onRooms}>
      <Tabs
        value={tab}
        onChange={(value) => value !== null && replaceWith(tabHref('later', value as TabOf<'later'>))}
        keepMounted={false}
      >
        <Tabs.List className={tabs.tabs ?? ''}>
          <Tabs.Tab value="drafts">Drafts</Tabs.Tab>
          <Tabs.Tab value="scheduled">Scheduled</Tabs.Tab>
          <Tabs.Tab value="reminders">Reminders</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="drafts">
          <Drafts />
        </Tabs.Panel>
        <Tabs.Panel value="scheduled">
          <Scheduled kind="message" />
        </Tabs.Panel>
        <Tabs.Panel value="reminders">
          <Scheduled kind="reminder" />
        </Tabs.Panel>
      </Tabs>
    </PageFrame>
  );
}

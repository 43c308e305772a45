// What is mine to choose: how others see me, how this looks, when I am told of things, and where I am signed in.
import { Tabs } from '@mantine/core';
import tabs from '../agents/agent-page.module.css';
import { PageFrame } from '../layout/page-frame.tsx';
import { replaceWith, type TabOf, tabHref } from '../parts/route.ts';
import { AccountTab } from './account-tab.tsx';
import { NotificationsTab } from './notifications-tab.tsx';
import { ProfileTab } from './profile-tab.tsx';

export function MePage({ tab, onRooms }: { tab: TabOf<'me'>; onRooms(): void }) {
  return (
    <PageFrame title="You" about="How you appear here, and what you are told" onRooms={onRooms}>
      <Tabs
        value={tab}
        onChange={(value) => value !== null && replaceWith(tabHref('me', value as TabOf<'me'>))}
        keepMounted={false}
      >
        <Tabs.List className={tabs.tabs ?? ''}>
          <Tabs.Tab value="profile">Profile and looks</Tabs.Tab>
          <Tabs.Tab value="notifications">Notifications</Tabs.Tab>
          <Tabs.Tab value="account">Account</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="profile">
          <ProfileTab />
        </Tabs.Panel>
        <Tabs.Panel value="notifications">
          <NotificationsTab />
        </Tabs.Panel>
        <Tabs.Panel value="account">
          <AccountTab />
        </Tabs.Panel>
      </Tabs>
    </PageFrame>
  );
}

// Tools that I bring: my own, and those of servers that I connect. Giving them to an agent is done on the agent's page.
import { Tabs } from '@mantine/core';
import tabs from '../agents/agent-page.module.css';
import { PageFrame } from '../layout/page-frame.tsx';
import { replaceWith, type ToolsTabName, toolsHref } from '../parts/route.ts';
import { CustomTools } from './custom/custom-tools.tsx';
import { Servers } from './servers/servers.tsx';

export function ToolsPage({ tab, onRooms }: { tab: ToolsTabName; onRooms(): void }) {
  return (
    <PageFrame title="Tools" about="What you bring for your agents to use" onRooms={onRooms}>
      <Tabs
        value={tab}
        onChange={(value) => value !== null && replaceWith(toolsHref(value as ToolsTabName))}
        keepMounted={false}
      >
        <Tabs.List className={tabs.tabs ?? ''}>
          <Tabs.Tab value="own">Of your own</Tabs.Tab>
          <Tabs.Tab value="servers">Of servers</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="own">
          <h2 className="reader-only">Tools of your own</h2>
          <CustomTools />
        </Tabs.Panel>
        <Tabs.Panel value="servers">
          <h2 className="reader-only">Servers of tools</h2>
          <Servers />
        </Tabs.Panel>
      </Tabs>
    </PageFrame>
  );
}

// One agent: its profile, what it did, what it remembers. Whoever may not change it sees its profile only.
import { ActionIcon, Button, Tabs, Tooltip } from '@mantine/core';
import type { Agent } from '@parley/client';
import { IconArrowLeft } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { BenchTab } from '../bench/bench-tab.tsx';
import { ConversationsTab } from '../conversations/conversations-tab.tsx';
import { PageFrame } from '../layout/page-frame.tsx';
import { AboutMe } from '../memory/about-me.tsx';
import { MemoriesTab } from '../memory/memories-tab.tsx';
import { Avatar } from '../parts/avatar.tsx';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { AGENT_TABS, AGENTS_HREF, type AgentTab, agentHref, goTo, replaceWith } from '../parts/route.ts';
import { useClient } from '../session/use-client.ts';
import { ToolsTab } from '../tools/tools-tab.tsx';
import { FeedbackTab } from '../training/feedback-tab.tsx';
import { TrainingTab } from '../training/training-tab.tsx';
import { WorkspaceTab } from '../workspace/workspace-tab.tsx';
import styles from './agent-page.module.css';
import { HistoryTab } from './history-tab.tsx';
import { ProfileTab } from './profile-tab.tsx';
import { SpendingTab } from './spending-tab.tsx';
import { useMayChange } from './use-agent.ts';
import { WorkTab } from './work-tab.tsx';

interface AgentPageProps {
  id: string;
  tab: AgentTab;
  onRooms(): void;
}

const TITLES: Record<AgentTab, string> = {
  profile: 'Profile',
  tools: 'Tools',
  try: 'Try out',
  work: 'Work',
  conversations: 'Conversations',
  memories: 'Memories',
  training: 'Training',
  feedback: 'Feedback',
  workspace: 'Workspace',
  spending: 'Spending',
  history: 'History',
};

export function AgentPage({ id, tab, onRooms }: AgentPageProps) {
  const client = useClient();
  const query = useQuery({
    queryKey: ['agent', id],
    queryFn: ({ signal }) => client.call('get_agent', { agentId: id }, { signal }),
  });
  const agent = query.data;
  return (
    <PageFrame
      title={agent?.name ?? 'Agent'}
      sign={agent === undefined ? <BackToAgents /> : <AgentSign agent={agent} />}
      about={agent === undefined ? undefined : `@${agent.handle}`}
      actions={agent !== undefined && <TalkButton agent={agent} />}
      onRooms={onRooms}
    >
      {stateOf({ query, what: 'the agent', missing: 'There is no such agent, or you may not see it.' }) ??
        (agent !== undefined && <AgentTabs key={agent.id} agent={agent} tab={tab} />)}
    </PageFrame>
  );
}

function AgentTabs({ agent, tab }: { agent: Agent; tab: AgentTab }) {
  const mayChange = useMayChange(agent);
  const tabList = useRef<HTMLDivElement>(null);
  // The row of tabs may be longer than the page is wide.
  useEffect(() => {
    tabList.current
      ?.querySelector(`[id$="-tab-${tab}"]`)
      ?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [tab]);
  if (!mayChange)
    return (
      <>
        <ProfileTab agent={agent} />
        {agent.memoryEnabled && <AboutMe agent={agent} />}
      </>
    );
  return (
    <Tabs
      value={tab}
      onChange={(value) => value !== null && replaceWith(agentHref(agent.id, value as AgentTab))}
      keepMounted={false}
    >
      <Tabs.List className={styles.tabs ?? ''} ref={tabList}>
        {AGENT_TABS.map((name) => (
          <Tabs.Tab key={name} value={name}>
            {TITLES[name]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="profile">
        <ProfileTab agent={agent} />
      </Tabs.Panel>
      <Tabs.Panel value="tools">
        <ToolsTab agent={agent} />
      </Tabs.Panel>
      <Tabs.Panel value="try">
        <BenchTab agent={agent} />
      </Tabs.Panel>
      <Tabs.Panel value="work">
        <WorkTab agent={agent} />
      </Tabs.Panel>
      <Tabs.Panel value="conversations">
        <ConversationsTab agent={agent} />
      </Tabs.Panel>
      <Tabs.Panel value="training">
        <TrainingTab agent={agent} />
      </Tabs.Panel>
      <Tabs.Panel value="feedback">
        <FeedbackTab agent={agent} />
      </Tabs.Panel>
      <Tabs.Panel value="workspace">
        <WorkspaceTab agent={agent} />
      </Tabs.Panel>
      <Tabs.Panel value="memories">
        <MemoriesTab agent={agent} />
      </Tabs.Panel>
      <Tabs.Panel value="spending">
        <SpendingTab agent={agent} />
      </Tabs.Panel>
      <Tabs.Panel value="history">
        <HistoryTab agent={agent} />
      </Tabs.Panel>
    </Tabs>
  );
}

function AgentSign({ agent }: { agent: Agent }) {
  return (
    <>
      <BackToAgents />
      <Avatar user={agent.user} size="sm" />
    </>
  );
}

function BackToAgents() {
  return (
    <Tooltip label="All agents">
      <ActionIcon component="a" href={AGENTS_HREF} aria-label="All agents">
        <IconArrowLeft size={18} aria-hidden="true" />
      </ActionIcon>
    </Tooltip>
  );
}

function TalkButton({ agent }: { agent: Agent }) {
  const client = useClient();
  const tell = useTell();
  return (
    <Button
      variant="default"
      disabled={!agent.isActive}
      onClick={() =>
        client.rooms
          .openDirect([agent.id])
          .then(goTo)
          .catch((error: unknown) => tell(`Could not open a direct room with ${agent.name}`, error))
      }
    >
      Talk to it
    </Button>
  );
}

// What an agent is doing now: thinking, using a tool, waiting, writing; its words as they come; a Stop button.

import { Button } from '@mantine/core';
import type { AgentActivity, RoomHandle, User } from '@parley/client';
import { IconPlayerStopFilled } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { AgentBadge } from '../parts/badge.tsx';
import { useTell } from '../parts/notices.tsx';
import { formatElapsed } from '../parts/times.ts';
import { useStore } from '../session/use-client.ts';
import styles from './agent-run.module.css';
import { LazyMarkdown } from './lazy-markdown.tsx';
import { ToolChips } from './tool-chip.tsx';

interface AgentRunProps {
  room: RoomHandle;
  agent: User;
  activity: AgentActivity | undefined;
  /** Of the message it is writing, once it has begun. */
  messageId: string | undefined;
}

const NONE = { subscribe: () => () => {}, getSnapshot: () => undefined };

export function AgentRun({ room, agent, activity, messageId }: AgentRunProps) {
  const store = useMemo(() => (messageId === undefined ? NONE : room.stream(messageId)), [room, messageId]);
  const stream = useStore<ReturnType<typeof store.getSnapshot>>(store);
  const [stopping, setStopping] = useState(false);
  const tell = useTell();
  const over = stream?.ended !== undefined || activity?.status === 'error' || activity?.status === 'idle';
  const text = stream?.text ?? '';

  async function stop() {
    setStopping(true);
    try {
      await room.stopAgent(agent.id);
    } catch (error) {
      tell(`Could not stop ${agent.name}`, error);
    } finally {
      setStopping(false);
    }
  }

  return (
    <section className={styles.run} data-row={`run-${agent.id}`} aria-label={`${agent.name} is replying`}>
      <div className={styles.gutter}>
        <Avatar user={agent} />
      </div>
      <div className={styles.bubble}>
        <header className={styles.head}>
          <span className={styles.author}>{agent.name}</span>
          <AgentBadge />
          <span className={styles.status}>
            {!over && <span className={styles.pulse} aria-hidden="true" />}
            {statusWords(agent.name, activity, text)}
            {!over && <Elapsed since={activity?.since ?? stream?.startedAt} />}
          </span>
          {!over && (
            <Button
              className={styles.stop ?? ''}
              size="compact-sm"
              variant="default"
              leftSection={<IconPlayerStopFilled size={12} aria-hidden="true" />}
              loading={stopping}
              onClick={stop}
              aria-label={`Stop ${agent.name}`}
            >
              Stop
            </Button>
          )}
        </header>
        <ToolChips tools={activity?.tools ?? []} />
        {text !== '' && <LazyMarkdown text={text} streaming={!over} />}
      </div>
    </section>
  );
}

export function statusWords(name: string, activity: AgentActivity | undefined, text: string): string {
  const tool = activity?.tools.findLast(({ status }) => status === 'running')?.tool;
  switch (activity?.status) {
    case 'queued':
      return `${name} is about to answer…`;
    case 'thinking':
      return text === '' ? `${name} is thinking…` : `${name} is thinking further…`;
    case 'using_tool':
      return tool === undefined ? `${name} is using a tool…` : `${name} is using ${tool}…`;
    case 'waiting_approval':
      return `${name} is waiting for approval`;
    case 'error':
      return 'Interrupted';
    default:
      return text === '' ? `${name} is thinking…` : 'writing…';
  }
}

function Elapsed({ since }: { since: string | undefined }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  if (since === undefined) return null;
  return <span className={styles.elapsed}>{formatElapsed(now - Date.parse(since))}</span>;
}

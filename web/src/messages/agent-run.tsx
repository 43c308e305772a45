// What an agent is doing now: thinking, using a tool, waiting, writing; its words as they come; a Stop button.

import { Button } from '@mantine/core';
import type { AgentActivity, RoomHandle, User } from '@parley/client';
import { IconPlayerStopFilled, IconReload } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { ApprovalCard } from '../approvals/approval-card.tsx';
import { useWaiting } from '../approvals/use-approvals.ts';
import { Avatar } from '../parts/avatar.tsx';
import { AgentBadge } from '../parts/badge.tsx';
import { useTell } from '../parts/notices.tsx';
import { formatElapsed } from '../parts/times.ts';
import { useStore } from '../session/use-client.ts';
import { AgentControls } from './agent-controls.tsx';
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
  const [busy, setBusy] = useState(false);
  const tell = useTell();
  const failed = stream?.ended === 'error' || activity?.status === 'error';
  const over = failed || stream?.ended !== undefined || activity?.status === 'idle';
  const text = stream?.text ?? '';

  async function ask(what: string, action: () => Promise<unknown>) {
    setBusy(true);
    try {
      await action();
    } catch (error) {
      tell(`Could not ${what} ${agent.name}`, error);
    } finally {
      setBusy(false);
    }
  }

  const action = {
    className: styles.action ?? '',
    size: 'compact-sm',
    variant: 'default',
    loading: busy,
  } as const;

  return (
    <section
      className={styles.run}
      data-row={`run-${agent.id}`}
      aria-label={`${agent.name} ${failed ? 'could not answer' : 'is replying'}`}
    >
      <div className={styles.gutter}>
        <Avatar user={agent} />
      </div>
      <div className={styles.bubble}>
        <header className={styles.head}>
          <span className={styles.author}>{agent.name}</span>
          <AgentBadge />
          <span className={styles.status} data-failed={failed || undefined}>
            {!over && <span className={styles.pulse} aria-hidden="true" />}
            {over ? <Ending failed={failed} /> : statusWords(agent.name, activity, text)}
            {!over && <Elapsed since={activity?.since ?? stream?.startedAt} />}
          </span>
          {!over && (
            <AgentControls
              agent={agent}
              paused={activity?.status === 'paused'}
              busy={busy}
              className={styles.action ?? ''}
              onPause={() => ask('pause', () => room.pauseAgent(agent.id))}
              onResume={() => ask('resume', () => room.resumeAgent(agent.id))}
              onSteer={(words) => ask('add to the answer of', () => room.steerAgent(agent.id, words))}
            />
          )}
          {!over && (
            <Button
              {...action}
              className=""
              leftSection={<IconPlayerStopFilled size={12} aria-hidden="true" />}
              onClick={() => ask('stop', () => room.stopAgent(agent.id))}
              aria-label={`Stop ${agent.name}`}
            >
              Stop
            </Button>
          )}
          {failed && (
            <Button
              {...action}
              leftSection={<IconReload size={14} aria-hidden="true" />}
              onClick={() => ask('ask again', () => room.invokeAgent(agent.id))}
              aria-label={`Ask ${agent.name} again`}
            >
              Try again
            </Button>
          )}
        </header>
        <ToolChips tools={activity?.tools ?? []} />
        {activity?.status === 'waiting_approval' && <MyWord runId={activity.runId} />}
        {text !== '' && <LazyMarkdown text={text} streaming={!over} />}
      </div>
    </section>
  );
}

/** For whoever may decide: the call itself. */
function MyWord({ runId }: { runId: string }) {
  const { data: waiting = [] } = useWaiting();
  return waiting
    .filter((approval) => approval.runId === runId)
    .map((approval) => <ApprovalCard key={approval.id} approval={approval} />);
}

function statusWords(name: string, activity: AgentActivity | undefined, text: string): string {
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
    case 'paused':
      return `${name} is paused`;
    default:
      return text === '' ? `${name} is thinking…` : 'writing…';
  }
}

/** An answer that ended well is replaced by its message at once, so a word about the end waits a moment. */
const A_MOMENT_MS = 600;

function Ending({ failed }: { failed: boolean }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), A_MOMENT_MS);
    return () => clearTimeout(timer);
  }, []);
  if (failed) return 'could not answer';
  return late ? 'stopped' : null;
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

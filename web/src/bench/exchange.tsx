// One thing said to an agent: its answer as it comes, the steps to it, and a way to go through them under other settings.
import type { Agent, ReplyOf } from '@parley/client';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useId } from 'react';
import { LazyMarkdown } from '../messages/lazy-markdown.tsx';
import { endingOf, STATUS, whyOf } from '../messages/reasons.ts';
import { RunTrace } from '../messages/run-trace.tsx';
import { useAnnounce } from '../parts/announcer.tsx';
import { useClient, useStore } from '../session/use-client.ts';
import styles from './bench.module.css';
import { ReplayPanel } from './replay-panel.tsx';

export type Sent = ReplyOf<'agent_chat'>;
type Reply = NonNullable<Sent['reply']>;

export function Exchange({ agent, sent: { message, reply, silentBecause } }: { agent: Agent; sent: Sent }) {
  const title = useId();
  return (
    <li className={styles.exchange}>
      <article aria-labelledby={title}>
        <h3 id={title} className={styles.said}>
          {message.body}
        </h3>
        {reply === undefined ? (
          <p className={styles.quiet}>It keeps silent. {whyOf('silent', silentBecause ?? '')}</p>
        ) : (
          <Answer agent={agent} reply={reply} />
        )}
      </article>
    </li>
  );
}

/** While a run goes on its state is asked for; the words come by themselves. */
const LOOK_MS = 1500;
const OVER = new Set(['completed', 'silent', 'failed', 'cancelled', 'needs_attention']);

function Answer({ agent, reply }: { agent: Agent; reply: Reply }) {
  const client = useClient();
  const announce = useAnnounce();
  const room = client.room(reply.roomId);
  useEffect(() => room.join(), [room]);
  const written = useStore(room.message(reply.messageId));
  const stream = useStore(room.stream(reply.messageId));
  const run = useQuery({
    queryKey: ['run', reply.runId],
    queryFn: ({ signal }) => client.call('get_run', { runId: reply.runId }, { signal }),
    refetchInterval: ({ state }) =>
      state.data !== undefined && OVER.has(state.data.status) ? false : LOOK_MS,
  });
  const isOver = run.data !== undefined && OVER.has(run.data.status);
  const text = written?.body ?? stream?.text ?? '';
  const hasAnswered = written !== undefined;
  useEffect(() => {
    if (hasAnswered) announce(`${agent.name} replied`);
  }, [hasAnswered, agent.name, announce]);
  return (
    <div className={styles.sides}>
      <div className={styles.answer} aria-busy={!isOver}>
        {text !== '' ? (
          <LazyMarkdown text={text} streaming={!hasAnswered} />
        ) : (
          <p className={styles.quiet}>
            {run.data === undefined ? 'Waiting…' : (STATUS[run.data.status] ?? run.data.status)}
            {run.data?.reason !== undefined && `. ${endingOf(run.data.reason)}`}
          </p>
        )}
      </div>
      <div className={styles.steps}>
        <RunTrace runId={reply.runId} />
        {isOver && <ReplayPanel agent={agent} runId={reply.runId} />}
      </div>
    </div>
  );
}

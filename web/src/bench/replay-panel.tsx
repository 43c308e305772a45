// A run gone through again, with what its model and tools answered then: what would be decided otherwise under other settings.
import { Button, Select } from '@mantine/core';
import type { Agent, Replay } from '@parley/client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { diffLines } from 'diff';
import { useState } from 'react';
import history from '../agents/history-tab.module.css';
import { messageOf } from '../parts/errors.ts';
import { useClient } from '../session/use-client.ts';
import styles from './bench.module.css';

export function ReplayPanel({ agent, runId }: { agent: Agent; runId: string }) {
  const client = useClient();
  const [revision, setRevision] = useState<string | null>(null);
  const revisions = useQuery({
    queryKey: ['revisions', agent.id, 'to-replay'],
    queryFn: ({ signal }) => client.call('list_revisions', { agentId: agent.id, limit: 50 }, { signal }),
  });
  const replay = useMutation({
    mutationFn: () =>
      client.call('replay_run', {
        agentId: agent.id,
        runId,
        ...(revision !== null && { revision: Number(revision) }),
      }),
  });
  return (
    <div className={styles.replay}>
      <div className={styles.replayHead}>
        <Select
          size="sm"
          aria-label="Settings to go by"
          placeholder="the settings it had"
          clearable
          data={(revisions.data?.data ?? []).map((one) => ({
            value: String(one.revision),
            label: `Revision ${one.revision}${one.current ? ', in force' : ''}`,
          }))}
          value={revision}
          onChange={(next) => {
            setRevision(next);
            replay.reset();
          }}
        />
        <Button size="sm" variant="default" loading={replay.isPending} onClick={() => replay.mutate()}>
          Go through it again
        </Button>
      </div>
      <div aria-live="polite">
        {replay.isError && (
          <p className={styles.problem} role="alert">
            {messageOf(replay.error)}
          </p>
        )}
        {replay.data !== undefined && <Verdict replay={replay.data} />}
      </div>
    </div>
  );
}

function Verdict({ replay: { same, decisions, reply, revision } }: { replay: Replay }) {
  const other = decisions.filter((one) => !one.same);
  if (same) return <p className={styles.quiet}>By revision {revision} every decision is as it was.</p>;
  return (
    <>
      <p className={styles.quiet}>
        By revision {revision}, {other.length === 1 ? 'one decision' : `${other.length} decisions`} would be
        another:
      </p>
      <ul className={styles.decisions}>
        {other.map(({ step, was, now }) => (
          <li key={step}>
            Step {step}: <del>{words(was)}</del> <ins>{words(now)}</ins>
          </li>
        ))}
      </ul>
      {!reply.same && reply.was !== undefined && (
        <pre className={history.diff}>
          {diffLines(`${reply.was}\n`, `${reply.now}\n`).map((part, i) => {
            const key = `${i} ${part.value}`;
            if (part.added === true) return <ins key={key}>{part.value}</ins>;
            return part.removed === true ? (
              <del key={key}>{part.value}</del>
            ) : (
              <span key={key}>{part.value}</span>
            );
          })}
        </pre>
      )}
    </>
  );
}

const DOES: Record<string, string> = {
  context: 'reads what it needs',
  model: 'asks the model',
  ask: 'asks a person',
  begin: 'begins to act outside',
  tool: 'uses a tool',
  steer: 'takes up what was added',
  reply: 'answers',
};

function words(decision: Replay['decisions'][number]['was']): string {
  if (decision === undefined) return 'nothing';
  const { do: what, tool, model, refused } = decision;
  return [
    DOES[what] ?? what,
    ...(tool === undefined ? [] : [tool.replaceAll('_', ' ')]),
    ...(model === undefined ? [] : [model]),
    ...(refused === undefined ? [] : [`refused: ${refused.replaceAll('_', ' ')}`]),
  ].join(', ');
}

// One run of an agent, step by step: how long each took, what it cost, what it asked for and got. A waterfall without a chart library.

import { Loader } from '@mantine/core';
import type { ReplyOf } from '@parley/client';
import { useQuery } from '@tanstack/react-query';
import { messageOf } from '../parts/errors.ts';
import { useClient } from '../session/use-client.ts';
import { endingOf, STATUS } from './reasons.ts';
import styles from './run-trace.module.css';

type Run = ReplyOf<'get_run'>;
type Step = Run['steps'][number];

export function RunTrace({ runId }: { runId: string }) {
  const client = useClient();
  const query = useQuery({
    queryKey: ['run', runId],
    queryFn: ({ signal }) => client.call('get_run', { runId }, { signal }),
  });
  if (query.isPending)
    return (
      <p className={styles.quiet}>
        <Loader size="xs" aria-hidden="true" /> Loading the steps…
      </p>
    );
  if (query.isError) return <p className={styles.quiet}>{unseen(query.error)}</p>;
  return <Trace run={query.data} />;
}

/** Whoever may not see a run learns only that. */
const unseen = (error: unknown): string =>
  (error as { code?: string }).code === 'not_found'
    ? 'The steps are for who asked, the agent’s owner and administrators.'
    : messageOf(error);

function Trace({ run }: { run: Run }) {
  const longest = Math.max(1, ...run.steps.map((step) => step.durationMs));
  const total = run.steps.reduce((sum, step) => sum + step.durationMs, 0);
  return (
    <div className={styles.trace}>
      <p className={styles.summary}>
        {STATUS[run.status] ?? run.status}
        {run.reason === undefined ? '' : `. ${endingOf(run.reason)}`}
        {run.attempts > 1 && ` It was taken up ${run.attempts} times.`}
      </p>
      <ol className={styles.steps}>
        {run.steps.map((step) => (
          <li key={step.step} className={styles.step} data-kind={step.kind}>
            <details>
              <summary className={styles.head}>
                <span className={styles.name}>{nameOf(step)}</span>
                <span className={styles.bar} aria-hidden="true">
                  <span style={{ inlineSize: `${Math.max(2, (step.durationMs / longest) * 100)}%` }} />
                </span>
                <span className={styles.took}>{ms(step.durationMs)}</span>
              </summary>
              <pre className={styles.data}>{JSON.stringify(step.data, undefined, 2)}</pre>
            </details>
          </li>
        ))}
      </ol>
      <dl className={styles.facts}>
        <Fact name="Model" value={run.model ?? 'none'} />
        <Fact
          name="Tokens"
          value={`${run.inputTokens.toLocaleString()} in, ${run.outputTokens.toLocaleString()} out`}
        />
        <Fact name="Cost" value={run.costUsd === 0 ? '$0' : `$${run.costUsd.toPrecision(2)}`} />
        <Fact name="Time at work" value={ms(total)} />
      </dl>
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function nameOf({ kind, data }: Step): string {
  const word = (key: string) => (typeof data[key] === 'string' ? (data[key] as string) : '');
  switch (kind) {
    case 'context': {
      const { report } = data as { report?: { historyKept?: number; memoriesKept?: number } };
      return `Read ${report?.historyKept ?? 0} messages and ${report?.memoriesKept ?? 0} memories`;
    }
    case 'model': {
      const calls = Array.isArray(data.calls) ? data.calls.length : 0;
      return calls > 0 ? `Model: asked for ${calls === 1 ? 'a tool' : `${calls} tools`}` : 'Model: wrote';
    }
    case 'tool':
      return `Tool: ${word('name')}${data.isError === true ? ' (failed)' : ''}`;
    case 'steer':
      return `${word('name')} added: ${word('text').slice(0, 60)}`;
    default:
      return kind;
  }
}

const ms = (value: number): string => (value < 1000 ? `${value} ms` : `${(value / 1000).toFixed(1)} s`);

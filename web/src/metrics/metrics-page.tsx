// How the server does, live: charts of the last minutes, and the same in a table. Of the node that this page is connected to.
import { Button, PasswordInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useMemo, useState } from 'react';
import fields from '../agents/fields.module.css';
import { PageFrame } from '../layout/page-frame.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { messageOf } from '../parts/errors.ts';
import { useClient } from '../session/use-client.ts';
import { useIsAdmin } from '../session/use-is-admin.ts';
import { Chart } from './chart.tsx';
import { dollars, MEASURES, type Measure, SUMS } from './measures.ts';
import styles from './metrics-page.module.css';
import type { Reading } from './prometheus.ts';
import { useReadings } from './use-readings.ts';

export function MetricsPage({ onRooms }: { onRooms(): void }) {
  const { kept, status, error, unlock } = useReadings();
  const newest = kept.at(-1);
  return (
    <PageFrame
      title="Metrics"
      about="The node this page is connected to; the last three minutes are kept in the page"
      wide
      onRooms={onRooms}
    >
      {status === 'locked' ? (
        <Unlock onUnlock={unlock} />
      ) : newest === undefined ? (
        <EmptyState
          title={status === 'failed' ? 'No answer yet' : 'Reading…'}
          tone={status === 'failed' ? 'problem' : 'calm'}
        >
          {status === 'failed' ? `${messageOf(error)} It is asked again every other second.` : ''}
        </EmptyState>
      ) : (
        <>
          {status === 'failed' && (
            <p className={styles.problem} role="alert">
              No answer just now; what is shown is older. It is asked again every other second.
            </p>
          )}
          <Sums newest={newest} />
          <Measures kept={kept} />
        </>
      )}
    </PageFrame>
  );
}

function Sums({ newest }: { newest: Reading }) {
  const client = useClient();
  const isAdmin = useIsAdmin();
  const usage = useQuery({
    queryKey: ['usage-today'],
    queryFn: ({ signal }) => {
      const today = new Date().toISOString().slice(0, 10);
      return client.call('get_usage', { target: 'tenant', from: today, to: today }, { signal });
    },
    enabled: isAdmin,
    refetchInterval: 30_000,
  });
  return (
    <section aria-labelledby="sums">
      <h2 id="sums" className="reader-only">
        Since the node began
      </h2>
      <dl className={styles.sums}>
        {SUMS.map(({ name, of }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{of(newest)}</dd>
          </div>
        ))}
        {usage.data !== undefined && (
          <div>
            <dt>Cost today, all nodes</dt>
            <dd>{dollars(usage.data.total.costUsd)}</dd>
          </div>
        )}
      </dl>
    </section>
  );
}

/** Readings that rates are taken over: two lie four seconds apart or more. */
const SPAN = 3;

interface Drawn {
  measure: Measure;
  times: number[];
  lines: (number | null)[][];
}

function draw(measure: Measure, kept: readonly Reading[]): Drawn {
  const times = kept.map(({ at }) => at / 1000);
  const lines = measure.lines.map(({ of }) =>
    kept.map((now, index) => {
      const before = kept[Math.max(0, index - SPAN)];
      return before === undefined || before === now ? null : (of(now, before) ?? null);
    }),
  );
  return { measure, times, lines };
}

function Measures({ kept }: { kept: readonly Reading[] }) {
  const drawn = useMemo(() => MEASURES.map((measure) => draw(measure, kept)), [kept]);
  return (
    <>
      <ul className={styles.charts}>
        {drawn.map((one) => (
          <ChartCard key={one.measure.title} drawn={one} />
        ))}
      </ul>
      <NumbersTable drawn={drawn} />
    </>
  );
}

function ChartCard({ drawn: { measure, times, lines } }: { drawn: Drawn }) {
  const data = useMemo(() => [times, ...lines] as [number[], ...(number | null)[][]], [times, lines]);
  const names = measure.lines.map(({ name }) => name);
  return (
    <li className={styles.chart}>
      <h2>{measure.title}</h2>
      <p className={styles.about}>{measure.about}</p>
      <p className={styles.legend}>
        {names.map((name, index) => (
          <span key={name} data-line={index}>
            {name} <strong>{inUnit(lines[index]?.at(-1), measure)}</strong>
          </span>
        ))}
      </p>
      <Chart names={names} digits={measure.digits} data={data} />
    </li>
  );
}

const inUnit = (value: number | null | undefined, { unit, digits }: Measure): string =>
  value === null || value === undefined
    ? 'none'
    : `${value.toLocaleString(undefined, { maximumFractionDigits: digits })}${unit === '' ? '' : ` ${unit}`}`;

function NumbersTable({ drawn }: { drawn: Drawn[] }) {
  return (
    <section className={fields.section} aria-labelledby="numbers">
      <h2 id="numbers">In numbers</h2>
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Now</th>
              <th scope="col">Highest shown</th>
            </tr>
          </thead>
          <tbody>
            {drawn.flatMap(({ measure, lines }) =>
              measure.lines.map(({ name }, index) => {
                const known = (lines[index] ?? []).filter((value) => value !== null);
                return (
                  <tr key={`${measure.title} ${name}`}>
                    <th scope="row">
                      {measure.title}: {name}
                    </th>
                    <td>{inUnit(lines[index]?.at(-1), measure)}</td>
                    <td>{inUnit(known.length === 0 ? null : Math.max(...known), measure)}</td>
                  </tr>
                );
              }),
            )}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Unlock({ onUnlock }: { onUnlock(token: string): void }) {
  const [token, setToken] = useState('');
  function submit(event: FormEvent) {
    event.preventDefault();
    if (token !== '') onUnlock(token);
  }
  return (
    <form onSubmit={submit} className={styles.unlock}>
      <PasswordInput
        label="Token of metrics"
        description="This server keeps its metrics to those who know METRICS_TOKEN. It stays in this page."
        value={token}
        onChange={(event) => setToken(event.currentTarget.value)}
        autoComplete="off"
      />
      <div>
        <Button type="submit" disabled={token === ''}>
          Read the metrics
        </Button>
      </div>
    </form>
  );
}

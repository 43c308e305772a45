// What is drawn: each chart with its lines, each line a number taken from the readings. Names are those of /metrics.
import { quantile, type Reading, rate, sum } from './prometheus.ts';

interface Line {
  name: string;
  /** Undefined where nothing happened that could be measured. */
  of(now: Reading, before: Reading): number | undefined;
}

export interface Measure {
  title: string;
  about: string;
  unit: string;
  digits: number;
  lines: Line[];
}

const perSecond = (
  name: string,
  series: string,
  fits?: (labels: Record<string, string>) => boolean,
): Line => ({
  name,
  of: (now, before) => rate(now, before, series, fits),
});
const perMinute = (name: string, series: string): Line => ({
  name,
  of: (now, before) => rate(now, before, series) * 60,
});
const level = (
  name: string,
  series: string,
  scale = 1,
  fits?: (labels: Record<string, string>) => boolean,
): Line => ({ name, of: (now) => sum(now, series, fits) * scale });
const slowest = (share: number, series: string): Line => ({
  name: `${share * 100} %`,
  of(now, before) {
    const seconds = quantile(now, before, series, share);
    return seconds === undefined ? undefined : seconds * 1000;
  },
});

export const MEASURES: Measure[] = [
  {
    title: 'Messages',
    about: 'committed, a second',
    unit: '/s',
    digits: 1,
    lines: [
      perSecond('People', 'parley_messages_total', ({ kind }) => kind !== 'agent'),
      perSecond('Agents', 'parley_messages_total', ({ kind }) => kind === 'agent'),
    ],
  },
  {
    title: 'Connections',
    about: 'open on this node',
    unit: '',
    digits: 0,
    lines: [
      level('Socket.IO', 'parley_connections', 1, ({ protocol }) => protocol === 'socketio'),
      level('Phoenix', 'parley_connections', 1, ({ protocol }) => protocol === 'phoenix'),
    ],
  },
  {
    title: 'Deliveries',
    about: 'frames written to subscribers, a second',
    unit: '/s',
    digits: 0,
    lines: [perSecond('Frames', 'parley_deliveries_total')],
  },
  {
    title: 'Answers',
    about: 'time to serve an operation; so many took less',
    unit: 'ms',
    digits: 1,
    lines: [0.5, 0.95, 0.99].map((share) => slowest(share, 'parley_operation_duration_seconds')),
  },
  {
    title: 'Commits',
    about: 'time of one transaction of messages',
    unit: 'ms',
    digits: 1,
    lines: [0.5, 0.95].map((share) => slowest(share, 'parley_commit_duration_seconds')),
  },
  {
    title: 'Agents',
    about: 'a minute',
    unit: '/min',
    digits: 1,
    lines: [
      perMinute('Runs ended', 'parley_agent_runs_total'),
      perMinute('Model calls', 'parley_model_calls_total'),
      perMinute('Tool calls', 'parley_tool_calls_total'),
    ],
  },
  {
    title: 'Waiting',
    about: 'messages for a commit, callers for a connection to the database',
    unit: '',
    digits: 0,
    lines: [
      level('Messages', 'parley_writer_waiting_messages'),
      level('Callers', 'parley_database_pool_connections', 1, ({ state }) => state === 'waiting'),
    ],
  },
  {
    title: 'Memory',
    about: 'of this process',
    unit: 'MB',
    digits: 0,
    lines: [level('Resident', 'process_resident_memory_bytes', 1e-6)],
  },
];

/** Since the node began. */
export const SUMS: { name: string; of(now: Reading): string }[] = [
  { name: 'Version', of: (now) => now.series.get('parley_build_info')?.[0]?.labels.version ?? 'unknown' },
  {
    name: 'Running for',
    of: (now) => sinceWords(Date.now() / 1000 - sum(now, 'process_start_time_seconds')),
  },
  { name: 'Messages', of: (now) => sum(now, 'parley_messages_total').toLocaleString() },
  { name: 'Agent runs', of: (now) => sum(now, 'parley_agent_runs_total').toLocaleString() },
  {
    name: 'Tokens',
    of: (now) => sum(now, 'parley_model_tokens_total').toLocaleString(),
  },
  { name: 'Cost of models', of: (now) => dollars(sum(now, 'parley_model_cost_dollars_total')) },
  { name: 'Slow readers closed', of: (now) => sum(now, 'parley_slow_consumers_total').toLocaleString() },
  { name: 'Gaps healed', of: (now) => sum(now, 'parley_log_gaps_healed_total').toLocaleString() },
];

export const dollars = (usd: number): string => (usd === 0 ? '$0' : `$${usd.toFixed(usd < 1 ? 4 : 2)}`);

function sinceWords(seconds: number): string {
  const minutes = Math.max(0, Math.floor(seconds / 60));
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

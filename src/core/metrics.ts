// Prometheus metrics in base units. Labels name kinds of things, never ids: cardinality stays bounded.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Bus } from './bus.ts';
import type { Database } from './db/database.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const histogram = (name: string, help: string, labelNames: string[] = [], buckets = SECONDS) =>
    new Histogram({ name, help, labelNames, buckets, registers: [registry] });
  /** A gauge whose value is read when /metrics is asked for; with a label, one number for each of its values. */
  function watch(name: string, help: string, read: () => number | Record<string, number>, label?: string) {
    new Gauge({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [registry],
      collect() {
        const value = read();
        if (typeof value === 'number') this.set(value);
        else for (const [key, each] of Object.entries(value)) this.set({ [label as string]: key }, each);
      },
    });
  }
  return {
    registry,
    counter,
    gauge,
    histogram,
    watch,
    operationSeconds: histogram('parley_operation_duration_seconds', 'Time to serve an operation', [
      'operation',
      'surface',
      'outcome',
    ]),
    connections: gauge('parley_connections', 'Open socket connections', ['protocol']),
    joinedTopics: gauge('parley_joined_topics', 'Channels joined by open connections', ['protocol']),
    deliveries: counter('parley_deliveries_total', 'Event frames written to subscribers', ['protocol']),
    slowConsumers: counter('parley_slow_consumers_total', 'Connections closed because they did not read', [
      'protocol',
    ]),
    gapsHealed: counter('parley_log_gaps_healed_total', 'Gaps in a room log filled from the database'),
    commitBatch: histogram(
      'parley_commit_batch_messages',
      'Messages committed in one transaction',
      [],
      [1, 2, 5, 10, 20, 50, 100, 200, 500],
    ),
    commitSeconds: histogram('parley_commit_duration_seconds', 'Time of one transaction of messages'),
    messages: counter('parley_messages_total', 'Messages committed', ['kind']),
  };
}

/** What the parts say of themselves whenever /metrics is asked for. */
export function watchParts(
  metrics: Metrics,
  parts: { database: Database; bus: Bus; writer: { waiting(): number }; version: string },
): void {
  const { database, bus, writer } = parts;
  metrics.watch('parley_build_info', 'Version of this node', () => ({ [parts.version]: 1 }), 'version');
  metrics.watch('parley_bus_healthy', '1 while nodes hear each other', () => (bus.healthy() ? 1 : 0));
  metrics.watch('parley_writer_waiting_messages', 'Messages not committed yet', () => writer.waiting());
  metrics.watch(
    'parley_database_pool_connections',
    'Connections of the pool by state; waiting ones are callers without a connection',
    () => {
      if (!('pool' in database.driver)) return { busy: 0, idle: 1, waiting: 0 };
      const { totalCount, idleCount, waitingCount } = database.driver.pool;
      return { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
    },
    'state',
  );
}

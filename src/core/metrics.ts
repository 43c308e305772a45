// Prometheus metrics in base units. Labels name kinds of things, never ids: cardinality stays bounded.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

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
  return {
    registry,
    counter,
    gauge,
    histogram,
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
    messages: counter('parley_messages_total', 'Messages committed', ['kind']),
  };
}

// Port: spans of what this process does, for whoever runs a collector. The OpenTelemetry twin is in tracing-otlp.ts and is loaded
// only when there is one. Attributes name kinds, counts and ids; they must never hold message text, names of people or secrets.
import type { Bus } from './bus.ts';

export type Attributes = Record<string, string | number | boolean | string[]>;

/** A span that others may point to. */
export interface SpanRef {
  traceId: string;
  spanId: string;
}

export interface OpenSpan {
  set(attributes: Attributes): void;
}

export interface SpanOptions {
  /** Not part of whatever is going on: work that many callers share, or that a job began. */
  root?: boolean;
  /** What this is done for, when that is not its parent. */
  links?: SpanRef[];
}

export interface Tracer {
  /** Runs `fn` in a span that ends when it returns, or when its promise settles. A throw is recorded by its kind alone. */
  withSpan<T>(name: string, attributes: Attributes, fn: (span: OpenSpan) => T, options?: SpanOptions): T;
  /** A span that is over: it began `durationMs` ago. */
  record(name: string, attributes: Attributes, durationMs: number): void;
  /** The span that is open here. */
  current(): SpanRef | undefined;
  /** Sends what is left, within a deadline. */
  stop(): Promise<void>;
}

const UNSEEN: OpenSpan = { set: () => {} };

/** Of servers without a collector. */
export const noTracer: Tracer = {
  withSpan: (_name, _attributes, fn) => fn(UNSEEN),
  record: () => {},
  current: () => undefined,
  stop: async () => {},
};

/** Spans around deliveries: what is committed, ordered and written to this node's subscribers. Signals are too many to trace. */
export function traceDeliveries(bus: Bus, tracer: Tracer): Bus {
  if (tracer === noTracer) return bus;
  return {
    ...bus,
    subscribe: (topic, listener) =>
      bus.subscribe(topic, (message, from) => {
        if (message.kind === 'signal') return listener(message, from);
        const { entries } = message;
        const attributes = {
          'parley.topic': topic,
          'parley.entries': entries.length,
          'parley.last_seq': entries.at(-1)?.seq ?? 0,
        };
        tracer.withSpan('deliver', attributes, () => listener(message, from));
      }),
  };
}

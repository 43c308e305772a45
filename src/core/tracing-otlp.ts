// Sends spans to an OpenTelemetry collector over OTLP/HTTP. A collector that is slow or gone costs spans, never a caller.
// Must only be imported when there is a collector: it brings the OpenTelemetry SDK.
import { ROOT_CONTEXT, type Span, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Clock } from './clock.ts';
import { AppError, ERROR_CODES } from './errors.ts';
import type { Logger } from './logger.ts';
import type { SpanRef, Tracer } from './tracing.ts';

export interface OtlpOptions {
  /** As in OTEL_EXPORTER_OTLP_ENDPOINT: `/v1/traces` is added to it. */
  endpoint: string;
  version: string;
  /** Tells the nodes of a cluster apart. */
  instance: string;
  clock: Clock;
  logger: Logger;
}

const EXPORT_EVERY_MS = 2000;
const EXPORT_TIMEOUT_MS = 5000;
/** Longest wait for a collector when stopping. */
const LAST_EXPORT_MS = 2000;
const MAX_ATTRIBUTE_LENGTH = 200;

export function createOtlpTracer({ endpoint, version, instance, clock, logger }: OtlpOptions): Tracer {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'parley',
      'service.version': version,
      'service.instance.id': instance,
    }),
    spanLimits: { attributeValueLengthLimit: MAX_ATTRIBUTE_LENGTH },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        scheduledDelayMillis: EXPORT_EVERY_MS,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('parley', version);
  /** Our own, not the process's: two apps in one process do not mix. */
  const contexts = new AsyncLocalStorageContextManager().enable();

  return {
    withSpan(name, attributes, fn, { root = false, links = [] } = {}) {
      const parent = root ? ROOT_CONTEXT : contexts.active();
      const span = tracer.startSpan(name, { attributes, links: links.map(linkTo) }, parent);
      const open = { set: (more: Parameters<Span['setAttributes']>[0]) => void span.setAttributes(more) };
      return contexts.with(trace.setSpan(parent, span), () => {
        let result: ReturnType<typeof fn>;
        try {
          result = fn(open);
        } catch (error) {
          fail(span, error);
          span.end();
          throw error;
        }
        if (!(result instanceof Promise)) {
          span.end();
          return result;
        }
        const ending = result.then(
          (value: unknown) => {
            span.end();
            return value;
          },
          (error: unknown) => {
            fail(span, error);
            span.end();
            throw error;
          },
        );
        return ending as typeof result;
      });
    },

    record(name, attributes, durationMs) {
      const now = clock.now();
      const span = tracer.startSpan(name, { attributes, startTime: now - durationMs }, contexts.active());
      if (attributes['error.type'] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(now);
    },

    current: () => trace.getSpanContext(contexts.active()),

    async stop() {
      const deadline = new AbortController();
      const late = clock.sleep(LAST_EXPORT_MS, deadline.signal).catch(() => undefined);
      try {
        await Promise.race([provider.shutdown(), late]);
      } catch (error) {
        logger.warn({ err: error }, 'the last spans could not be sent to the collector');
      } finally {
        deadline.abort();
      }
    },
  };
}

const linkTo = (ref: SpanRef) => ({ context: { ...ref, traceFlags: TraceFlags.SAMPLED } });

/** The kind of error only: its message may quote what people wrote. */
function fail(span: Span, error: unknown): void {
  const known = error instanceof AppError;
  const type = known ? error.reason : error instanceof Error ? error.name : 'unknown';
  span.setAttribute('error.type', type);
  // A refusal is an answer, not a failure of the server.
  if (!known || ERROR_CODES[error.code].status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
}

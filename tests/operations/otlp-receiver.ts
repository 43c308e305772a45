// A collector of spans on loopback: takes OTLP over HTTP as JSON and remembers what came.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ReceivedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  links: { traceId: string; spanId: string }[];
  attributes: Record<string, unknown>;
  failed: boolean;
}

export interface Receiver {
  url: string;
  spans: ReceivedSpan[];
  resource: Record<string, unknown>;
  /** Everything that came, as it came. */
  raw: string;
  named(name: string): ReceivedSpan[];
}

interface WireValue {
  stringValue?: string;
  intValue?: number | string;
  doubleValue?: number;
  boolValue?: boolean;
}
type WireAttributes = { key: string; value: WireValue }[];
interface WireSpan extends Omit<ReceivedSpan, 'attributes' | 'failed' | 'links'> {
  attributes: WireAttributes;
  links?: ReceivedSpan['links'];
  status?: { code?: number };
}
interface WireTraces {
  resourceSpans: { resource: { attributes: WireAttributes }; scopeSpans: { spans: WireSpan[] }[] }[];
}

const toRecord = (attributes: WireAttributes): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

export async function startReceiver(): Promise<Receiver> {
  const receiver: Receiver = {
    url: '',
    spans: [],
    resource: {},
    raw: '',
    named: (name) => receiver.spans.filter((span) => span.name === name),
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.url !== '/v1/traces') return void response.writeHead(404).end();
    receiver.raw += body;
    for (const { resource, scopeSpans } of (JSON.parse(body) as WireTraces).resourceSpans) {
      receiver.resource = toRecord(resource.attributes);
      for (const span of scopeSpans.flatMap((scope) => scope.spans))
        receiver.spans.push({
          ...span,
          links: span.links ?? [],
          attributes: toRecord(span.attributes),
          failed: span.status?.code === 2,
        });
    }
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return receiver;
}

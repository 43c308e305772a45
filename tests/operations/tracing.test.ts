// Spans reach a collector: what was asked, committed, delivered, and what agents did; never what people wrote.
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../disasters/folder.ts';
import { signIn } from '../support/app.ts';
import { startServer } from '../support/server-process.ts';
import { until } from '../support/until.ts';
import { startReceiver } from './otlp-receiver.ts';

test('a question to an agent can be followed from the call to the answer', async () => {
  const receiver = await startReceiver();
  const server = await startServer({
    env: {
      DATA_DIR: temporaryFolder(),
      OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.url}/`,
      DRAIN_WINDOW_MS: '0',
    },
  });
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await server.whenEnded;
  });
  const { token } = await signIn(server.url, 'Ada Secretname');
  const call = async (path: string, body?: object) => {
    const response = await fetch(`${server.url}/api${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, never> };
  };
  await call('/rooms/lobby/join', {});
  const sent = await call('/rooms/lobby/messages', { body: '@parley what is 17 * 23, in the word wombat?' });
  expect(sent.status).toBe(201);
  expect((await call('/rooms/no-such-room/messages', { body: 'wombat' })).status).toBe(404);
  const spans = (name: string) => () => receiver.named(name).length > 0;
  await until('the agent answered', () => receiver.named('invoke_agent').some((s) => !s.failed), 20_000);
  await until('its call of a model', spans('chat scripted'));
  await server.stop();

  expect(receiver.resource).toMatchObject({ 'service.name': 'parley' });
  const sends = receiver.named('messages.send');
  const [asked, refused] = [
    sends.find((s) => !s.attributes['error.type']),
    sends.find((s) => s.attributes['error.type']),
  ];
  expect(asked?.attributes).toEqual({ 'parley.operation': 'messages.send', 'parley.surface': 'rest' });
  expect(refused).toMatchObject({ failed: false, attributes: { 'error.type': 'room_not_found' } });

  const commit = receiver.named('commit').find((s) => s.links.some((link) => link.spanId === asked?.spanId));
  expect(commit).toMatchObject({
    attributes: { 'db.system.name': 'postgresql', 'parley.batch_messages': 1 },
  });
  expect(commit?.parentSpanId).toBeUndefined();

  const run = receiver.named('invoke_agent').find((s) => s.attributes['parley.outcome'] === 'completed');
  expect(run?.attributes).toMatchObject({
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  const within = receiver.spans.filter((s) => s.traceId === run?.traceId);
  expect(within.find((s) => s.name === 'chat scripted')?.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'scripted',
    'gen_ai.usage.input_tokens': expect.anything(),
    'gen_ai.usage.output_tokens': expect.anything(),
    'gen_ai.request.model': 'scripted',
    'gen_ai.request.max_tokens': expect.anything(),
    'gen_ai.response.model': 'scripted',
    'gen_ai.response.finish_reasons': expect.anything(),
  });
  expect(within.find((s) => s.name === 'execute_tool calculator')?.attributes).toMatchObject({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'calculator',
  });
  expect(receiver.raw).not.toMatch(/wombat|Secretname|17 \* 23/);
  expect(receiver.raw).not.toContain(token);
}, 60_000);

test('deliveries to subscribers belong to the commit that caused them', async () => {
  const receiver = await startReceiver();
  const { startApp } = await import('../support/app.ts');
  const { listen } = await import('../support/clients.ts');
  const app = await startApp({ config: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } });
  onTestFinished(() => app.stop());
  const ada = await app.signIn('Ada');
  const client = await listen('socketio over websocket', app, ada);
  await client.join('lobby');
  const message = await client.call('send_message', { roomId: 'lobby', body: 'hello' });
  await client.until('it is heard', () => client.heard.some((h) => h.payload.id === message.id));
  await client.close();
  await app.stop();
  const [asked] = receiver.named('messages.send');
  const commit = receiver.named('commit').find((s) => s.links.some((l) => l.spanId === asked?.spanId));
  const deliver = receiver.named('deliver').find((s) => s.attributes['parley.last_seq'] === message.seq);
  expect(deliver).toMatchObject({ parentSpanId: commit?.spanId, attributes: { 'parley.entries': 1 } });
}, 30_000);

test('a collector that is gone costs nothing but spans', async () => {
  const server = await startServer({
    env: {
      DATA_DIR: temporaryFolder(),
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      DRAIN_WINDOW_MS: '0',
    },
  });
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await server.whenEnded;
  });
  await signIn(server.url, 'Ada');
  server.kill('SIGTERM');
  expect(await server.whenEnded).toEqual({ code: 0, signal: null });
}, 60_000);

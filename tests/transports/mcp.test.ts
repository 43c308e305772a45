// The MCP door with the official client: the caller's own rights, nothing more, and no lured page.
import {
  Client,
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineOperation } from '../../src/core/contract.ts';
import { handle, type Module } from '../../src/core/module.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Caller, connect } from '../support/clients.ts';

const long = defineOperation({
  name: 'tales.tell',
  summary: 'Tell a long tale',
  tag: 'Tales',
  socket: 'tell_tale',
  input: z.object({ letters: z.number() }),
  output: z.object({ tale: z.string() }),
  permission: 'signed_in',
  effect: 'read',
});
const slow = defineOperation({
  ...long,
  name: 'tales.wait',
  socket: 'wait_for_tale',
  input: z.object({}),
});
let waiting = Promise.withResolvers<void>();
let goOn = Promise.withResolvers<void>();
const tales: Module = {
  name: 'tales',
  operations: [
    handle(long, (_scope, { letters }) => ({ tale: 'x'.repeat(letters) })),
    handle(slow, async () => {
      waiting.resolve();
      await goOn.promise;
      return { tale: 'at last' };
    }),
  ],
};

let app: TestApp;
let admin: SignedIn;
let ada: SignedIn;
let rest: Record<'admin' | 'ada', Caller>;
const clients: Client[] = [];

beforeAll(async () => {
  app = await startApp({ overrides: { modules: [tales] } });
  admin = await app.signIn('The Admin');
  ada = await app.signIn('Ada');
  rest = { admin: await connect('rest', app, admin), ada: await connect('rest', app, ada) };
});
afterAll(async () => {
  for (const client of clients) await client.close();
  await app.stop();
});

async function mcp(token: string): Promise<Client> {
  const client = new Client({ name: 'tests', version: '1.0.0' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${app.url}/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    }),
  );
  clients.push(client);
  return client;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of many tools
async function call(client: Client, name: string, args: Record<string, unknown> = {}): Promise<any> {
  const result = await client.callTool({ name, arguments: args });
  const [part] = result.content as { type: string; text: string }[];
  return { isError: result.isError === true, value: JSON.parse(part?.text as string) };
}

test('the operations are there as tools, described', async () => {
  const { tools } = await (await mcp(ada.token)).listTools();
  const names = tools.map((tool) => tool.name);
  expect(names).toEqual(expect.arrayContaining(['send_message', 'list_messages', 'create_room', 'get_me']));
  expect(names).not.toContain('create_session');
  const list = tools.find((tool) => tool.name === 'list_messages');
  expect(list?.annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false });
  expect(list?.inputSchema.properties).toHaveProperty('roomId');
  for (const tool of tools) expect(tool.description?.length ?? 0).toBeGreaterThan(5);
});

test('a message sent by a tool is a message like any other', async () => {
  const client = await mcp(ada.token);
  const sent = await call(client, 'send_message', { roomId: 'lobby', body: 'from a tool' });
  expect(sent).toMatchObject({ isError: false, value: { body: 'from a tool', author: { id: ada.user.id } } });
  const { data } = await rest.admin.call('list_messages', { roomId: 'lobby' });
  expect(data.at(-1)).toMatchObject({ id: sent.value.id, body: 'from a tool' });
});

describe('rights', () => {
  test('a room that the caller may not know of is as one that is not there', async () => {
    const room = await rest.admin.call('create_room', { name: 'Vault', visibility: 'private' });
    const client = await mcp(ada.token);
    const hidden = await call(client, 'list_messages', { roomId: room.id });
    const missing = await call(client, 'list_messages', { roomId: '01900000-0000-7000-8000-000000000000' });
    expect(hidden).toMatchObject({ isError: true, value: { code: 'not_found', reason: 'room_not_found' } });
    expect({ ...hidden.value, traceId: '' }).toEqual({ ...missing.value, traceId: '' });
  });

  test('what is for administrators is neither listed nor answered', async () => {
    const client = await mcp(ada.token);
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).not.toContain('update_user');
    const refused = await call(client, 'update_user', { userId: admin.user.id, suspended: true });
    expect(refused).toMatchObject({ isError: true, value: { reason: 'unknown_tool' } });
    const theirs = await (await mcp(admin.token)).listTools();
    expect(theirs.tools.map((tool) => tool.name)).toContain('update_user');
  });

  test('a key sees the tools of its scopes', async () => {
    const key = await rest.admin.call('create_key', { name: 'reader', scopes: ['messages.list'] });
    const client = await mcp(key.key ?? key.token ?? key.secret);
    expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(['list_messages']);
    expect(await call(client, 'send_message', { roomId: 'lobby', body: 'x' })).toMatchObject({
      isError: true,
    });
  });

  test('bad input is an error that the caller can read', async () => {
    const client = await mcp(ada.token);
    expect(await call(client, 'send_message', { roomId: 'lobby' })).toMatchObject({
      isError: true,
      value: { code: 'invalid', status: 422 },
    });
    expect(await call(client, 'no_such_tool')).toMatchObject({ isError: true });
  });
});

test('an answer that is too long is cut, and says so', async () => {
  const client = await mcp(ada.token);
  const result = await client.callTool({ name: 'tell_tale', arguments: { letters: 200_000 } });
  const [part] = result.content as { text: string }[];
  expect(part?.text.length).toBeLessThan(61_000);
  expect(part?.text).toContain('ask for less at once');
  expect((await call(client, 'tell_tale', { letters: 1000 })).value.tale).toHaveLength(1000);
});

test('a call that is given up holds nobody: its caller goes on, and so does the server', async () => {
  waiting = Promise.withResolvers();
  goOn = Promise.withResolvers();
  const client = await mcp(ada.token);
  const giveUp = new AbortController();
  const given = client.callTool({ name: 'wait_for_tale', arguments: {} }, { signal: giveUp.signal });
  const ended = given.then(
    () => 'answered',
    () => 'given up',
  );
  await waiting.promise;
  giveUp.abort(new Error('enough'));
  expect(await ended).toBe('given up');
  expect((await call(client, 'tell_tale', { letters: 1 })).value).toEqual({ tale: 'x' });
  goOn.resolve();
});

describe('at the door', () => {
  test('a client without a token, or with a wrong one, is told where to read how to sign in', async () => {
    const url = new URL(`${app.url}/mcp`);
    for (const token of [undefined, 'nonsense']) {
      let refusal: Response | undefined;
      const client = new Client({ name: 'tests', version: '1.0.0' });
      const transport = new StreamableHTTPClientTransport(url, {
        authProvider: {
          token: async () => token,
          onUnauthorized: async ({ response }) => {
            refusal = response;
            throw new Error('no token');
          },
        },
      });
      await expect(client.connect(transport)).rejects.toThrow('no token');
      await client.close();
      const { resourceMetadataUrl, error } = extractWWWAuthenticateParams(refusal as Response);
      expect(error).toBe(token === undefined ? undefined : 'invalid_token');
      expect(resourceMetadataUrl?.href).toBe(`${app.url}/.well-known/oauth-protected-resource/mcp`);
      const metadata = await discoverOAuthProtectedResourceMetadata(url, {
        resourceMetadataUrl: resourceMetadataUrl as URL,
      });
      expect(metadata).toMatchObject({ resource: url.href, bearer_methods_supported: ['header'] });
      const manual = await fetch(metadata.resource_documentation as string, {
        headers: { connection: 'close' },
      });
      expect(await manual.text()).toContain('MCP clients send it');
    }
  });

  const ask = (
    headers: Record<string, string>,
    body: unknown = { jsonrpc: '2.0', id: 1, method: 'tools/list' },
  ) =>
    fetch(`${app.url}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        connection: 'close',
        ...headers,
      },
      body: JSON.stringify(body),
    });

  /** An answer that nobody reads would keep its connection. */
  const statusOf = async (...asked: Parameters<typeof ask>): Promise<number> => {
    const response = await ask(...asked);
    await response.text();
    return response.status;
  };

  test('without a token, or with a forged one, it is 401', async () => {
    for (const headers of [{}, { authorization: 'Bearer nonsense' }]) {
      const response = await ask(headers as Record<string, string>);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: 'unauthorized' });
    }
  });

  test('a foreign page is refused, and so is a name that was rebound to this address', async () => {
    const authorization = `Bearer ${ada.token}`;
    expect(await statusOf({ authorization, origin: 'https://evil.example' })).toBe(403);
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const rebound = request(`${app.url}/mcp`, {
        method: 'POST',
        headers: { host: 'evil.example', authorization },
      });
      rebound.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      rebound.on('error', reject);
      rebound.end('{}');
    });
    expect(status).toBe(403);
  });

  test('a body of more than 64 KiB is 413, and one that is not JSON hurts nobody', async () => {
    const authorization = `Bearer ${ada.token}`;
    const big = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { x: 'y'.repeat(70_000) } };
    expect(await statusOf({ authorization }, big)).toBe(413);
    const broken = await fetch(`${app.url}/mcp`, {
      method: 'POST',
      headers: {
        authorization,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        connection: 'close',
      },
      body: '{',
    });
    await broken.text();
    expect(broken.status).toBe(400);
    expect(await statusOf({ authorization })).toBeLessThan(500);
  });
});

test('behind a proxy, the address of the door is the one that clients know', async () => {
  const { request } = await import('node:http');
  const published = await startApp({ config: { PUBLIC_URL: 'https://chat.example' } });
  const ask = (host: string) =>
    new Promise<string>((resolve, reject) => {
      const asked = request(`${published.url}/mcp`, { method: 'POST', headers: { host } });
      asked.on('response', (response) => {
        response.resume();
        resolve(String(response.headers['www-authenticate']));
      });
      asked.on('error', reject);
      asked.end('{}');
    });
  const path = '/.well-known/oauth-protected-resource/mcp';
  expect(await ask('chat.example')).toContain(`"https://chat.example${path}"`);
  expect(await ask(new URL(published.url).host)).toContain(`"${published.url}${path}"`);
  expect(await ask('evil.example')).not.toContain('evil');
  await published.stop();
});

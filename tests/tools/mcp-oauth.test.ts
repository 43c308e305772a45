// Owners sign in at MCP servers: against a certified authorization server, from the first refusal to signing out. A consent counts
// for whoever began it, where he began it, once; and a token goes to the server it was given for.
import { Script } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import { systemClock } from '../../src/core/clock.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { McpTool } from '../../src/tools/mcp/contract.ts';
import { calling, saying, startTown, type Town, untilOver } from '../agents/town.ts';
import { until } from '../support/until.ts';
import type { PlayedTool } from './mcp-servers.ts';
import {
  type AuthorizationServer,
  createBrowser,
  type GuardedServer,
  playGuarded,
  startAuthorizationServer,
} from './oauth-servers.ts';

// Keys are made and hashed on a machine that may be busy.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

interface Person {
  scope: Scope;
  token: string;
  browser: ReturnType<typeof createBrowser>;
}

let town: Town;
let as: AuthorizationServer;
let other: AuthorizationServer;
let zoe: Person;
let ada: Person;
let bea: Person;
let elsewhere: Scope;
let later = 0;
const servers: GuardedServer[] = [];
const PRESET = { client_id: 'known-to-it', client_secret: 'a-secret-that-was-agreed-on-before' };

beforeAll(async () => {
  town = await startTown({
    config: { OUTGOING_ALLOW_HOSTS: '127.0.0.1' },
    clock: {
      ...systemClock,
      now: () => systemClock.now() + later,
      date: () => new Date(systemClock.now() + later),
    },
  });
  as = await startAuthorizationServer([
    { ...PRESET, redirect_uris: [callback()], grant_types: ['authorization_code', 'refresh_token'] },
  ]);
  other = await startAuthorizationServer();
  zoe = await person('Zoe');
  elsewhere = await town.stranger('Stran');
});
// Beginning is limited for each person.
beforeEach(async () => {
  const mark = newId().slice(-8);
  [ada, bea] = [await person(`Ada ${mark}`), await person(`Bea ${mark}`)];
});
afterAll(async () => {
  await as.stop();
  await other.stop();
  await town.stop();
});
afterEach(async () => {
  later = 0;
  for (const server of [as, other])
    Object.assign(server, {
      consents: true,
      seconds: 600,
      tokenStatus: undefined,
      alter: (m: object) => m,
      granted: [],
    });
  for (const { scope } of [ada, bea])
    for (const { id } of (await town.call(scope, 'mcp_servers.list')).data)
      await town.call(scope, 'mcp_servers.delete', { serverId: id });
  for (const server of servers.splice(0)) await server.stop();
});

const callback = () => `${town.test.url}/api/mcp/oauth/callback`;

async function person(name: string): Promise<Person> {
  const { token } = await town.app.parts.identity.signInLocally(name);
  return {
    token,
    scope: await town.app.parts.identity.authenticate(token, 'rest'),
    browser: createBrowser(),
  };
}

const looking: PlayedTool = { name: 'look', answer: () => ({ content: [{ type: 'text', text: 'seen' }] }) };

async function play(by = as, ...tools: PlayedTool[]): Promise<GuardedServer> {
  const server = await playGuarded(by, ...(tools.length === 0 ? [looking] : tools));
  servers.push(server);
  return server;
}

const add = (by: Person, url: string) =>
  town.call(by.scope, 'mcp_servers.create', { name: `s${newId().slice(-8)}`, url });

/** As the console would, in this person's browser. */
async function authorize(by: Person, serverId: string, input: object = {}) {
  const response = await by.browser.open(`${town.test.url}/api/mcp/servers/${serverId}/oauth`, {
    method: 'POST',
    headers: { authorization: `Bearer ${by.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  // biome-ignore lint/suspicious/noExplicitAny: an answer or a problem
  return { status: response.status, answer: (await response.json()) as any };
}

/** The address that brings a person back here, having said yes there. */
async function consented(by: Person, serverId: string, input: object = {}): Promise<string> {
  const { status, answer } = await authorize(by, serverId, input);
  if (status !== 200) throw new Error(JSON.stringify(answer));
  return by.browser.consent(answer.authorizationUrl, callback());
}

async function arrive(by: Person, url: string) {
  const response = await by.browser.open(url);
  return { status: response.status, page: await response.text() };
}

async function signIn(by: Person, serverId: string, input: object = {}): Promise<void> {
  const { status, page } = await arrive(by, await consented(by, serverId, input));
  if (status !== 200) throw new Error(page);
}

const status = (by: Person, serverId: string) =>
  town.call(by.scope, 'mcp_servers.authorization', { serverId });
const refresh = async (by: Person, serverId: string): Promise<McpTool[]> =>
  (await town.call(by.scope, 'mcp_servers.refresh', { serverId })).data;

/** A server that its owner signed in at, whose tools were agreed to, and an agent that has them. */
async function ready(by: Person, played: GuardedServer, input: object = {}) {
  const server = await add(by, played.url);
  await signIn(by, server.id, input);
  const tools = await refresh(by, server.id);
  await town.call(by.scope, 'mcp_servers.approve_tools', {
    serverId: server.id,
    tools: tools.map(({ name, hash }) => ({ name, hash, approved: true, effect: 'read' })),
  });
  const agent: Agent = await town.agent(by.scope);
  await town.call(by.scope, 'put_agent_tools', {
    agentId: agent.id,
    tools: tools.map(({ toolName }) => ({ tool: toolName })),
  });
  return { server, agent, tool: `${server.name}__look` };
}

const invoke = (by: Person, agent: Agent, tool: string) =>
  town.call(by.scope, 'invoke_tool', { agentId: agent.id, tool, input: {} });

/** Everything that is stored of credentials and consents. */
const stored = async (): Promise<string> => {
  const { db } = town.app.parts.database;
  return JSON.stringify([
    await db.selectFrom('mcpCredentials').selectAll().execute(),
    await db.selectFrom('mcpOauthFlows').selectAll().execute(),
  ]);
};

const lastToken = (played: GuardedServer): string => played.tokens().at(-1) as string;
const endToken = async (played: GuardedServer): Promise<void> => {
  await (await as.provider.AccessToken.find(lastToken(played)))?.destroy();
};

/** Not even its refresh token is taken any more. */
const endGrant = async (played: GuardedServer): Promise<void> => {
  const token = await as.provider.AccessToken.find(lastToken(played));
  await (await as.provider.Grant.find(token?.grantId ?? ''))?.destroy();
  await token?.destroy();
};

describe('signing in', () => {
  test('begins with a refusal that names the page to open, and ends with tools', async () => {
    const played = await play();
    const server = await add(ada, played.url);
    const connectUrl = `${town.test.url}/api/mcp/oauth/connect?server=${server.id}`;
    await expect(refresh(ada, server.id)).rejects.toMatchObject({
      reason: 'needs_authorization',
      message: expect.stringContaining(connectUrl),
    });
    expect(await status(ada, server.id)).toMatchObject({ status: 'needs_authorization', connectUrl });
    const { answer } = await authorize(ada, server.id);
    const { origin, searchParams } = new URL(answer.authorizationUrl);
    expect(origin).toBe(as.issuer);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: callback(),
      resource: played.url,
      scope: expect.stringContaining('tools:read'),
    });
    const { status: code, page } = await arrive(
      ada,
      await ada.browser.consent(answer.authorizationUrl, callback()),
    );
    expect([code, page]).toEqual([200, expect.stringContaining('Signed in')]);
    expect((await refresh(ada, server.id)).map(({ name }) => name)).toEqual(['look']);
    expect(await status(ada, server.id)).toMatchObject({ status: 'connected', issuer: as.issuer });
    expect(as.granted).toEqual([{ type: 'authorization_code', resource: played.url }]);
  });

  test('keeps tokens sealed, and shows them to nobody', async () => {
    const played = await play();
    const { server, agent, tool } = await ready(ada, played);
    expect(await invoke(ada, agent, tool)).toMatchObject({ status: 'success', output: 'seen' });
    const token = lastToken(played);
    const shown = JSON.stringify([
      await status(ada, server.id),
      await town.call(ada.scope, 'mcp_servers.list'),
    ]);
    const audit = JSON.stringify(
      await town.app.parts.database.db.selectFrom('auditEntries').selectAll().execute(),
    );
    for (const text of [await stored(), shown, audit]) expect(text).not.toContain(token);
    expect(audit).toContain('mcp_server.authorized');
  });

  test('works with a client that the server knows already', async () => {
    const played = await play();
    as.alter = ({ registration_endpoint: _, ...metadata }) => metadata;
    const server = await add(ada, played.url);
    expect((await authorize(ada, server.id)).answer).toMatchObject({ reason: 'registration_refused' });
    await signIn(ada, server.id, { clientId: PRESET.client_id, clientSecret: PRESET.client_secret });
    expect(await refresh(ada, server.id)).toHaveLength(1);
    expect(await stored()).not.toContain(PRESET.client_secret);
    // It is kept for the next time.
    const { answer } = await authorize(ada, server.id);
    expect(new URL(answer.authorizationUrl).searchParams.get('client_id')).toBe(PRESET.client_id);
  });

  test('says who we are to servers that read that', async () => {
    const response = await fetch(`${town.test.url}/api/mcp/oauth/client.json`, {
      headers: { connection: 'close' },
    });
    expect(await response.json()).toMatchObject({
      client_id: `${town.test.url}/api/mcp/oauth/client.json`,
      redirect_uris: [callback()],
      token_endpoint_auth_method: 'none',
    });
  });

  test('may be begun on a page that runs no script but its own', async () => {
    const page = await ada.browser.open(`${town.test.url}/api/mcp/oauth/connect?server=x`);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const [, script] = /<script src="([^"]+)">/.exec(await page.text()) ?? [];
    const code = await ada.browser.open(`${town.test.url}${script}`);
    expect(code.headers.get('content-type')).toContain('javascript');
    const text = await code.text();
    expect(() => new Script(text)).not.toThrow();
  });
});

describe('tokens', () => {
  test('are renewed when the server takes them no more, once for all callers', async () => {
    const played = await play();
    const { agent, tool } = await ready(ada, played);
    as.granted = [];
    await endToken(played);
    const results = await Promise.all(Array.from({ length: 4 }, () => invoke(ada, agent, tool)));
    expect(results.map(({ status }) => status)).toEqual(Array(4).fill('success'));
    expect(as.granted).toEqual([{ type: 'refresh_token', resource: played.url }]);
  });

  test('are renewed before they end', async () => {
    const played = await play();
    as.seconds = 60;
    const { agent, tool } = await ready(ada, played);
    const first = lastToken(played);
    later = 40_000;
    expect(await invoke(ada, agent, tool)).toMatchObject({ status: 'success' });
    expect(lastToken(played)).not.toBe(first);
  });

  test('are kept while the authorization server is away', async () => {
    const played = await play();
    const { server, agent, tool } = await ready(ada, played);
    await endToken(played);
    as.tokenStatus = 503;
    expect(await invoke(ada, agent, tool)).toMatchObject({ error: { code: 'authorization_unreachable' } });
    expect(await status(ada, server.id)).toMatchObject({ status: 'connected' });
    as.tokenStatus = undefined;
    expect(await invoke(ada, agent, tool)).toMatchObject({ status: 'success' });
  });

  test('are renewed by one node at a time', async () => {
    const played = await play();
    const { server, agent, tool } = await ready(ada, played);
    await endToken(played);
    as.granted = [];
    const { db } = town.app.parts.database;
    const lease = (refreshingUntil: Date | null) =>
      db.updateTable('mcpCredentials').set({ refreshingUntil }).where('serverId', '=', server.id).execute();
    // Another node is at it.
    await lease(new Date(systemClock.now() + 600_000));
    const asked = played.requests.length;
    const waiting = invoke(ada, agent, tool);
    await until('the server refuses the old token', () => played.requests.length > asked);
    expect(as.granted).toEqual([]);
    await lease(null);
    expect(await waiting).toMatchObject({ status: 'success' });
    expect(as.granted).toHaveLength(1);
  });

  test('that were sealed under another key need the owner', async () => {
    const played = await play();
    const { server, agent, tool } = await ready(ada, played);
    const { db } = town.app.parts.database;
    const { sealed } = await db
      .selectFrom('mcpCredentials')
      .select('sealed')
      .where('serverId', '=', server.id)
      .executeTakeFirstOrThrow();
    // Nor do those open that were kept for another server.
    const second = await ready(ada, await play());
    await db.updateTable('mcpCredentials').set({ sealed }).where('serverId', '=', second.server.id).execute();
    expect(await invoke(ada, second.agent, second.tool)).toMatchObject({
      error: { code: 'needs_authorization' },
    });
    await db
      .updateTable('mcpCredentials')
      .set({ sealed: 'AAAA' })
      .where('serverId', '=', server.id)
      .execute();
    expect(await invoke(ada, agent, tool)).toMatchObject({ error: { code: 'needs_authorization' } });
    expect(await status(ada, server.id)).toMatchObject({ status: 'needs_authorization' });
    await signIn(ada, server.id);
    expect(await invoke(ada, agent, tool)).toMatchObject({ status: 'success' });
  });

  test('that cannot be renewed need the owner: the run says so, and nobody asks the server again', async () => {
    const played = await play();
    const { server, agent, tool } = await ready(ada, played);
    await endGrant(played);
    const room = await town.room(ada.scope, agent);
    town.plays((_, call) => (call < 3 ? calling(tool, {}) : saying('Please sign in at the server again.')));
    await town.say(ada.scope, room, `@${agent.handle} look`);
    expect(await untilOver(town, ada.scope, agent)).toMatchObject({ status: 'completed' });
    const told = JSON.stringify(town.requests[1]?.messages);
    expect(told).toContain('needs_authorization');
    expect(told).toContain(`/api/mcp/oauth/connect?server=${server.id}`);
    const asked = played.requests.length;
    expect(await invoke(ada, agent, tool)).toMatchObject({ error: { code: 'needs_authorization' } });
    expect(played.requests).toHaveLength(asked);
    expect(await status(ada, server.id)).toMatchObject({ status: 'needs_authorization' });
    await signIn(ada, server.id);
    expect(await invoke(ada, agent, tool)).toMatchObject({ status: 'success' });
  });

  test('that allow too little lead to a wider consent, which keeps what there was', async () => {
    const played = await play();
    const { server, agent, tool } = await ready(ada, played);
    played.needs = ['tools:write'];
    expect(await invoke(ada, agent, tool)).toMatchObject({ error: { code: 'needs_authorization' } });
    expect(await status(ada, server.id)).toMatchObject({ requiredScope: 'tools:write' });
    const back = await consented(ada, server.id);
    await arrive(ada, back);
    const { scope } = await status(ada, server.id);
    expect(scope.split(' ')).toEqual(expect.arrayContaining(['tools:read', 'tools:write']));
    expect(await invoke(ada, agent, tool)).toMatchObject({ status: 'success' });
  });

  test('are taken back where that is offered, and forgotten', async () => {
    const played = await play();
    const { server, agent, tool } = await ready(ada, played);
    await invoke(ada, agent, tool);
    const token = lastToken(played);
    expect(await town.call(ada.scope, 'mcp_servers.disconnect', { serverId: server.id })).toEqual({
      revoked: true,
    });
    expect(await as.provider.AccessToken.find(token)).toBeUndefined();
    expect(await status(ada, server.id)).toMatchObject({ status: 'not_connected' });
    expect(await invoke(ada, agent, tool)).toMatchObject({ error: { code: 'needs_authorization' } });
    expect(lastToken(played)).toBe(token);
    const row = await town.app.parts.database.db
      .selectFrom('mcpCredentials')
      .selectAll()
      .where('serverId', '=', server.id)
      .executeTakeFirst();
    expect(row?.sealed).toBeNull();
    await expect(
      town.call(bea.scope, 'mcp_servers.disconnect', { serverId: server.id }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  test('go with a server that is deleted', async () => {
    const played = await play();
    const { server, agent, tool } = await ready(ada, played);
    await invoke(ada, agent, tool);
    await town.call(ada.scope, 'mcp_servers.delete', { serverId: server.id });
    expect(await as.provider.AccessToken.find(lastToken(played))).toBeUndefined();
    expect(await stored()).not.toContain(server.id);
  });

  test('give way to a header of the owner’s', async () => {
    const played = await play();
    const { server } = await ready(ada, played);
    await town.call(ada.scope, 'mcp_servers.update', {
      serverId: server.id,
      headers: { Authorization: 'Bearer mine' },
    });
    await expect(refresh(ada, server.id)).rejects.toMatchObject({ reason: 'mcp_unreachable' });
    expect(lastToken(played)).toBe('mine');
    expect(await status(ada, server.id)).toMatchObject({ status: 'not_connected' });
    expect((await authorize(ada, server.id)).answer).toMatchObject({ reason: 'header_in_the_way' });
  });

  test('of one server are never sent to another', async () => {
    const [one, two] = [await play(), await play()];
    const first = await ready(ada, one);
    const second = await ready(ada, two);
    await invoke(ada, first.agent, first.tool);
    await invoke(ada, second.agent, second.tool);
    expect(one.tokens().filter((token) => two.tokens().includes(token))).toEqual([]);
    // Nor where the one sends its callers.
    const gate = one.gate;
    one.gate = async () => new Response('', { status: 307, headers: { location: two.url } });
    const asked = two.requests.length;
    expect(await invoke(ada, first.agent, first.tool)).toMatchObject({ status: 'error' });
    expect(two.requests).toHaveLength(asked);
    one.gate = gate;
    // A document that claims another server's name gets no token for it.
    one.alter = (metadata) => ({ ...metadata, resource: two.url });
    expect((await authorize(ada, first.server.id)).status).toBe(409);
  });
});

describe('a consent', () => {
  test('counts once', async () => {
    const played = await play();
    const server = await add(ada, played.url);
    const cookies = ada.browser.cookies(town.test.url);
    const { answer } = await authorize(ada, server.id);
    const kept = new Map(cookies);
    const back = await ada.browser.consent(answer.authorizationUrl, callback());
    expect((await arrive(ada, back)).status).toBe(200);
    expect((await arrive(ada, back)).status).toBe(403);
    // Even with the cookie that was taken away.
    for (const [name, value] of kept) cookies.set(name, value);
    expect(await arrive(ada, back)).toMatchObject({ status: 410, page: expect.stringContaining('over') });
    expect(as.granted).toHaveLength(1);
  });

  test('counts in the browser that began it: nobody is led to give his account to another', async () => {
    const played = await play();
    const server = await add(ada, played.url);
    const { answer } = await authorize(ada, server.id);
    const back = await bea.browser.consent(answer.authorizationUrl, callback());
    expect(await arrive(bea, back)).toMatchObject({
      status: 403,
      page: expect.stringContaining('another browser'),
    });
    // Nor with a consent of her own under way.
    const hers = await add(bea, played.url);
    await authorize(bea, hers.id);
    expect((await arrive(bea, back)).status).toBe(403);
    expect(as.granted).toEqual([]);
    expect(await status(ada, server.id)).toMatchObject({ status: 'not_connected' });
    expect(await status(bea, hers.id)).toMatchObject({ status: 'not_connected' });
  });

  test('takes no code that was given for another one', async () => {
    const played = await play();
    const [mine, hers] = [await add(ada, played.url), await add(bea, played.url)];
    const stolen = new URL(await consented(bea, hers.id)).searchParams.get('code') as string;
    const back = new URL(await consented(ada, mine.id));
    back.searchParams.set('code', stolen);
    expect(await arrive(ada, back.href)).toMatchObject({ status: 502 });
    expect((await status(ada, mine.id)).status).not.toBe('connected');
    expect(await stored()).not.toContain('"connected"');
  });

  test.each([
    ['names another issuer', (url: URL) => url.searchParams.set('iss', other.issuer)],
    ['leaves out the issuer that was promised', (url: URL) => url.searchParams.delete('iss')],
  ])('that %s is refused', async (_what, change) => {
    const played = await play();
    const server = await add(ada, played.url);
    const back = new URL(await consented(ada, server.id));
    expect(back.searchParams.get('iss')).toBe(as.issuer);
    change(back);
    expect((await arrive(ada, back.href)).status).toBe(502);
    expect(as.granted).toEqual([]);
    expect((await status(ada, server.id)).status).not.toBe('connected');
  });

  test('is redeemed where it was asked for, though the server names another one meanwhile', async () => {
    const played = await play();
    const server = await add(ada, played.url);
    const back = await consented(ada, server.id);
    played.alter = (metadata) => ({ ...metadata, authorization_servers: [other.issuer] });
    expect((await arrive(ada, back)).status).toBe(200);
    expect([as.granted.length, other.granted.length]).toEqual([1, 0]);
    // A refresh token goes where it came from, too.
    await refresh(ada, server.id);
    await endToken(played);
    await refresh(ada, server.id);
    expect([as.granted.length, other.granted.length]).toEqual([2, 0]);
    // Asked anew, the other one gets neither the client nor a scope's token of the first.
    const { answer } = await authorize(ada, server.id);
    expect(new URL(answer.authorizationUrl).origin).toBe(other.issuer);
    expect(new URL(answer.authorizationUrl).searchParams.get('client_id')).not.toBe(PRESET.client_id);
  });

  test('that is refused changes nothing, and its page shows nothing of what the other side wrote', async () => {
    const played = await play();
    const server = await add(ada, played.url);
    as.consents = false;
    const { status: code, page } = await arrive(ada, await consented(ada, server.id));
    expect([code, page]).toEqual([400, expect.stringContaining('consent was not given')]);
    expect(page).not.toContain('<script>');
    expect((await status(ada, server.id)).status).toBe('not_connected');
  });

  test('runs out', async () => {
    const played = await play();
    const server = await add(ada, played.url);
    const back = await consented(ada, server.id);
    later = 11 * 60_000;
    expect((await arrive(ada, back)).status).toBe(410);
    expect(as.granted).toEqual([]);
  });

  test('is void once another one was begun', async () => {
    const played = await play();
    const server = await add(ada, played.url);
    const old = await consented(ada, server.id);
    const back = await consented(ada, server.id);
    expect((await arrive(ada, old)).status).toBe(410);
    expect((await arrive(ada, back)).status).toBe(200);
  });

  test('ends with the session that began it', async () => {
    const cleo = await person('Cleo');
    const played = await play();
    const server = await add(cleo, played.url);
    const back = await consented(cleo, server.id);
    await town.call(cleo.scope, 'session.delete');
    expect(await arrive(cleo, back)).toMatchObject({
      status: 403,
      page: expect.stringContaining('not signed in'),
    });
    expect(as.granted).toEqual([]);
  });

  test('is not given for a server that was deleted meanwhile', async () => {
    const played = await play();
    const server = await add(ada, played.url);
    const back = await consented(ada, server.id);
    await town.call(ada.scope, 'mcp_servers.delete', { serverId: server.id });
    expect((await arrive(ada, back)).status).toBe(410);
    expect(as.granted).toEqual([]);
  });

  test.each([
    '',
    '?code=x',
    '?state=x&code=y',
    '?state=a&state=b&code=c',
    `?state=${'x'.repeat(36)}.${'y'.repeat(43)}&code=c`,
  ])('that nobody began is a page: %s', async (query) => {
    const response = await fetch(`${callback()}${query}`, { headers: { connection: 'close' } });
    expect([403, 410]).toContain(response.status);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toMatch(/beg[iu]n/i);
  });
});

describe('a server that is bad', () => {
  const begin = async (played: GuardedServer) =>
    (await authorize(ada, (await add(ada, played.url)).id)).answer;

  test('sends nobody to an inner address', async () => {
    const played = await play();
    played.alter = (metadata) => ({ ...metadata, authorization_servers: ['http://10.1.2.3'] });
    expect(await begin(played)).toMatchObject({ reason: 'address_not_allowed' });
    const gate = played.gate;
    played.gate = async (request) =>
      request.url.includes('/.well-known/')
        ? new Response('', { status: 302, headers: { location: 'http://169.254.169.254/latest' } })
        : gate?.(request);
    expect((await begin(played)).status).toBeGreaterThanOrEqual(400);
    played.gate = async () =>
      new Response('', {
        status: 401,
        headers: { 'www-authenticate': 'Bearer resource_metadata="http://10.1.2.3/x"' },
      });
    expect(await begin(played)).toMatchObject({ reason: 'address_not_allowed' });
  });

  test('gets no code redeemed at an inner address', async () => {
    const played = await play();
    as.alter = (metadata) => ({ ...metadata, token_endpoint: 'https://10.1.2.3/token' });
    const server = await add(ada, played.url);
    const { status: code, page } = await arrive(ada, await consented(ada, server.id));
    expect([code, page]).toEqual([502, expect.not.stringContaining('<script>')]);
    expect((await status(ada, server.id)).status).not.toBe('connected');
  });

  test.each([
    ['has no PKCE', { code_challenge_methods_supported: ['plain'] }, 'pkce_missing'],
    ['does not say that it has PKCE', { code_challenge_methods_supported: undefined }, 'pkce_missing'],
    ['is called otherwise', { issuer: 'https://elsewhere.example' }, 'issuer_mismatch'],
    [
      'asks for passwords in the clear',
      { authorization_endpoint: 'http://auth.example/auth' },
      'insecure_authorization_server',
    ],
    ['would run a script', { authorization_endpoint: 'javascript:alert(1)' }, undefined],
  ])('is not signed in at: it %s', async (_what, change, reason) => {
    const played = await play();
    as.alter = (metadata) => ({ ...metadata, ...change });
    const answer = await begin(played);
    expect(answer).toMatchObject({ status: 409, ...(reason === undefined ? {} : { reason }) });
  });

  test('that asks for no token is not signed in at', async () => {
    const played = await play();
    played.gate = undefined;
    expect(await begin(played)).toMatchObject({ reason: 'no_authorization_server' });
    expect((await authorize(ada, (await add(ada, 'http://mcp.example/mcp')).id)).answer).toMatchObject({
      reason: 'insecure_url',
    });
  });
});

describe('rights', () => {
  test('another’s server is as one that is not there', async () => {
    const played = await play();
    const { server } = await ready(ada, played);
    const asked = played.requests.length;
    for (const by of [bea.scope, elsewhere])
      for (const operation of [
        'mcp_servers.authorize',
        'mcp_servers.authorization',
        'mcp_servers.disconnect',
      ]) {
        const theirs = await town.call(by, operation, { serverId: server.id }).catch((error) => error);
        const missing = await town.call(by, operation, { serverId: newId() }).catch((error) => error);
        expect(theirs).toMatchObject({ code: 'not_found', reason: 'mcp_server_not_found' });
        expect([theirs.message, theirs.details]).toEqual([missing.message, missing.details]);
      }
    expect(played.requests).toHaveLength(asked);
    expect(await status(ada, server.id)).toMatchObject({ status: 'connected' });
  });

  test('an administrator may sign out for its owner, but not in', async () => {
    const played = await play();
    const { server } = await ready(ada, played);
    expect((await authorize(zoe, server.id)).answer).toMatchObject({ reason: 'owner_only' });
    expect(await town.call(zoe.scope, 'mcp_servers.disconnect', { serverId: server.id })).toEqual({
      revoked: true,
    });
    expect(await status(ada, server.id)).toMatchObject({ status: 'not_connected' });
  });

  test('only a person with a session begins', async () => {
    const played = await play();
    const server = await add(ada, played.url);
    const keyed: Scope = { ...ada.scope, allows: () => true };
    const agent: Scope = { ...ada.scope, user: { ...ada.scope.user, kind: 'agent' } };
    for (const scope of [keyed, agent])
      await expect(town.call(scope, 'mcp_servers.authorize', { serverId: server.id })).rejects.toMatchObject({
        reason: 'session_only',
      });
    expect(played.requests).toEqual([]);
  });
});

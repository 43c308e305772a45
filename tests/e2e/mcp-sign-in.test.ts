// An owner signs in at an MCP server with a real browser: from the address that an agent says, over the other server's pages, back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AuthorizationServer,
  type GuardedServer,
  playGuarded,
  startAuthorizationServer,
} from '../tools/oauth-servers.ts';
import { faultsOf } from './support/axe.ts';
import { hasBrowser, type Person, startConsole, type TestConsole } from './support/console.ts';

describe.runIf(hasBrowser)('signing in at an MCP server', () => {
  let site: TestConsole;
  let as: AuthorizationServer;
  let played: GuardedServer;
  let ada: Person;

  beforeAll(async () => {
    as = await startAuthorizationServer();
    played = await playGuarded(as, { name: 'look' });
    site = await startConsole({ config: { OUTGOING_ALLOW_HOSTS: '127.0.0.1' } });
    ada = await site.enter('Ada Lovelace');
  }, 180_000);
  afterAll(async () => {
    await site?.stop();
    await played?.stop();
    await as?.stop();
  });

  it('begins with the session of the console, and ends on a page that says so', async () => {
    const token = await ada.page.evaluate(
      () => JSON.parse(localStorage.getItem('parley.session') ?? '{}').token as string,
    );
    const ask = async (method: string, path: string, body?: object) => {
      const response = await fetch(`${site.server.url}/api/mcp/servers${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          connection: 'close',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: answers of several operations
      return (await response.json()) as any;
    };
    const { id } = await ask('POST', '', { name: 'outside', url: played.url });
    const { detail } = await ask('POST', `/${id}/refresh`, {});
    const address = /http\S+connect\?server=\S+/.exec(detail)?.[0] as string;

    const stranger = await site.open();
    await stranger.page.goto(address);
    await stranger.page.getByText('Sign in here first').waitFor();

    await ada.page.goto(address);
    await ada.page.getByText('Your agents use the server "outside"').waitFor();
    expect(await faultsOf(ada.page, 'mcp-connect')).toEqual([]);
    await ada.page.getByRole('button', { name: 'Continue' }).click();
    await ada.page.getByRole('heading', { name: 'Signed in' }).waitFor();
    expect(await faultsOf(ada.page, 'mcp-signed-in')).toEqual([]);
    expect(await ask('GET', `/${id}/oauth`)).toMatchObject({ status: 'connected' });
    expect((await ask('POST', `/${id}/refresh`, {})).data).toHaveLength(1);
    expect([...ada.problems, ...stranger.problems]).toEqual([]);
  }, 120_000);
});

// Connections that live longer than tokens, as Clerk's of one minute: the fake server closes whoever holds an old one.
import { describe, expect, it } from 'vitest';
import { createClient } from '../src/client.ts';
import { ParleyError } from '../src/error.ts';
import { setUp } from './support.ts';

const LIFE_S = 60;

/** A client whose tokens live a minute, and what became of it. */
function withShortTokens(setup: Parameters<typeof setUp>[0] = {}) {
  const world = setUp(setup);
  const { network, server, time } = world;
  const asked: string[] = [];
  const plan = { sub: 'ada', fail: undefined as Error | undefined, delayMs: 0 };
  const token = () => {
    const iat = Math.floor(time.clock.now() / 1000);
    return `x.${btoa(JSON.stringify({ sub: plan.sub, iat, exp: iat + LIFE_S, n: asked.length }))}.y`;
  };
  const client = createClient({
    ...network.clientOptions('ada'),
    getToken: async ({ reason }) => {
      asked.push(reason);
      if (plan.delayMs > 0)
        await new Promise<void>((resolve) => time.timers.after(plan.delayMs, () => resolve()));
      if (plan.fail !== undefined) throw plan.fail;
      return token();
    },
  });
  const seen: string[] = [];
  client.state.subscribe(() => {
    const { status } = client.state.getSnapshot();
    if (seen.at(-1) !== status) seen.push(status);
  });
  client.connect();
  const renewals = () =>
    server.calls.filter((call) => call.name === 'renew_session').map((c) => c.input.token);
  const statuses = () => seen.filter((status) => status !== 'connecting' && status !== 'catching-up');
  return { ...world, client, asked, plan, renewals, statuses };
}

describe('renewal', () => {
  it('C10 C7 a connection stays open over many tokens, each handed over once', async () => {
    const { client, time, asked, renewals, statuses } = withShortTokens();
    await time.advance(10 * LIFE_S * 1000);
    expect(statuses()).toEqual(['online']);
    // At 48 s of every 60.
    expect(asked).toEqual(['connect', ...Array(12).fill('expired')]);
    expect(renewals()).toHaveLength(12);
    expect(new Set(renewals()).size).toBe(12);
    client.close();
    expect(time.pending).toBe(0);
  });

  it('C10 hands over a token that came while the connection was being opened, and none it was opened with', async () => {
    const { time, network, asked, renewals, statuses } = withShortTokens();
    await time.advance(1000);
    expect(renewals()).toEqual([]);
    network.down = true;
    network.server.disconnectAll();
    await time.advance(45_500);
    network.down = false;
    // The socket opens from 46.5 s to 49.5 s; at 48 s there is a newer token.
    network.faults.min = 3000;
    network.faults.max = 3001;
    network.wake();
    await time.advance(2900);
    expect([asked.length, renewals().length]).toEqual([2, 0]);
    network.faults.min = 1;
    network.faults.max = 5;
    await time.advance(1000);
    expect([asked.length, renewals().length]).toEqual([2, 1]);
    await time.advance(5 * LIFE_S * 1000);
    expect(statuses()).toEqual(['online', 'offline', 'online']);
  });

  it('C10 tries again when the server says later', async () => {
    const { server, time, renewals, statuses } = withShortTokens();
    const later = { code: 'unavailable', reason: 'database_unavailable', retryable: true } as const;
    await time.advance(40_000);
    server.answer('renew_session', later, later);
    await time.advance(2 * LIFE_S * 1000);
    expect(statuses()).toEqual(['online']);
    expect(renewals()[0]).toBe(renewals()[2]);
  });

  it('C10 makes a new connection when the token is of somebody else by now', async () => {
    const { client, time, plan, statuses } = withShortTokens();
    await time.advance(1000);
    expect(client.state.getSnapshot().me?.name).toBe('ada');
    plan.sub = 'bob';
    await time.advance(60_000);
    expect([statuses(), client.state.getSnapshot().me?.name]).toEqual([
      ['online', 'offline', 'online'],
      'bob',
    ]);
  });

  it('C10 a server that cannot renew closes the connection when its token ends, and is connected to again', async () => {
    const { server, time, statuses, renewals } = withShortTokens();
    const unknown = { code: 'not_found', reason: 'unknown_event', status: 404 } as const;
    server.answer('renew_session', unknown);
    await time.advance(59_000);
    expect([statuses(), renewals().length]).toEqual([['online'], 1]);
    await time.advance(5000);
    expect(statuses()).toEqual(['online', 'offline', 'online']);
  });

  it('C7 a fetch that fails is tried again while the old token lives', async () => {
    const { time, plan, asked, statuses } = withShortTokens();
    await time.advance(1000);
    plan.fail = new Error('no network');
    await time.advance(55_000);
    // 48 s, then 54 s.
    expect(asked).toEqual(['connect', 'expired', 'expired']);
    plan.fail = undefined;
    await time.advance(60_000);
    expect(statuses()).toEqual(['online']);
  });

  it('C7 nobody is asked again who says that nobody is signed in', async () => {
    const { time, plan, asked } = withShortTokens();
    await time.advance(1000);
    plan.fail = new ParleyError('unauthorized', 'signed_out', 'Nobody is signed in');
    await time.advance(58_000);
    expect(asked).toEqual(['connect', 'expired']);
  });
});

// The decision about a tool call, condition by condition: each fact alone turns an allowed call into a refused one, and says why.
import { describe, expect, it } from 'vitest';
import { hasHost } from '../../src/tools/grants/arguments.ts';
import { type CallFacts, decide, type GrantFacts } from '../../src/tools/grants/decide.ts';
import { isWithinHours } from '../../src/tools/grants/hours.ts';

const facts = (change: (facts: CallFacts) => void = () => {}): CallFacts => {
  const all: CallFacts = {
    tool: { name: 'http_request', effect: 'read', permissions: [], audience: 'room' },
    args: { url: 'https://api.example.com/v1', body: { amount: 5 } },
    now: new Date('2026-03-05T13:07:00Z'),
    agent: { id: 'bot', ownerId: 'ada', active: true, enabled: true, inRoom: true },
    grants: [],
    asker: { id: 'sam', kind: 'human', active: true, admin: false, roomRole: 'member' },
    room: { id: 'r1', otherReaders: 3 },
  };
  change(all);
  return all;
};
const grant = (more: Partial<GrantFacts> = {}): GrantFacts => ({
  id: 'g1',
  approval: 'by_effect',
  expiresAt: null,
  recentCalls: 0,
  ...more,
});

describe('without a grant', () => {
  it('lets an enabled tool look, and asks before it acts outside', () => {
    expect(decide(facts())).toMatchObject({ ruling: 'allow', reason: 'enabled' });
    for (const effect of ['write_external', 'irreversible'] as const)
      expect(
        decide(
          facts((f) => {
            f.tool.effect = effect;
          }),
        ),
      ).toMatchObject({ ruling: 'ask', reason: 'needs_approval' });
  });

  it.each<[string, (f: CallFacts) => void]>([
    ['agent_inactive', (f) => (f.agent.active = false)],
    ['not_granted', (f) => (f.agent.enabled = false)],
    ['agent_not_in_room', (f) => (f.agent.inRoom = false)],
    ['asker_inactive', (f) => (f.asker.active = false)],
    ['asker_not_in_room', (f) => (f.asker.roomRole = undefined)],
    ['asker_lacks_permission', (f) => (f.tool.permissions = ['room_admin'])],
    ['asker_lacks_permission', (f) => (f.tool.permissions = ['agent_owner'])],
    ['asker_lacks_permission', (f) => (f.tool.permissions = ['a_word_nobody_knows'])],
    ['audience_too_wide', (f) => (f.tool.audience = 'asker')],
  ])('refuses: %s', (reason, change) => {
    const decision = decide(facts(change));
    expect(decision).toMatchObject({ ruling: 'refuse', reason });
    expect(decision.explanation).not.toBe('');
    expect(decision.checks.at(-1)).toMatchObject({ ok: false });
  });

  it('knows who has a permission', () => {
    const allowed = (permission: string, change: (f: CallFacts) => void) =>
      decide(
        facts((f) => {
          f.tool.permissions = [permission];
          change(f);
        }),
      ).ruling;
    expect(allowed('room_admin', (f) => (f.asker.roomRole = 'owner'))).toBe('allow');
    expect(allowed('agent_owner', (f) => (f.asker.id = 'ada'))).toBe('allow');
    expect(allowed('admin', (f) => (f.asker.id = 'ada'))).toBe('refuse');
    expect(allowed('admin', (f) => (f.asker.admin = true))).toBe('allow');
  });
});

describe('with grants', () => {
  it.each<[string, Partial<GrantFacts>]>([
    ['grant_expired', { expiresAt: new Date('2026-03-05T13:07:00Z') }],
    ['room_not_granted', { rooms: ['another'] }],
    ['requester_not_granted', { requesters: { users: ['ada'] } }],
    ['requester_not_granted', { requesters: { role: 'owner' } }],
    ['outside_hours', { hours: { from: '09:00', to: '13:07', timeZone: 'UTC' } }],
    ['argument_not_granted', { arguments: { url: { hosts: ['example.org'] } } }],
    ['argument_not_granted', { arguments: { 'body.amount': { max: 4 } } }],
    ['argument_not_granted', { arguments: { 'body.to': { oneOf: ['ada'] } } }],
    ['rate_limited', { rate: { calls: 2, seconds: 60 }, recentCalls: 2 }],
  ])('refuses what no grant covers: %s', (reason, more) => {
    expect(decide(facts((f) => (f.grants = [grant(more)])))).toMatchObject({ ruling: 'refuse', reason });
  });

  it('allows what one of several covers, and prefers the one that needs no asking', () => {
    const decision = decide(
      facts((f) => {
        f.grants = [
          grant({ id: 'no', rooms: ['another'] }),
          grant({ id: 'asks', approval: 'always' }),
          grant({ id: 'fits', arguments: { url: { hosts: ['*.example.com'] } } }),
        ];
      }),
    );
    expect(decision).toMatchObject({ ruling: 'allow', reason: 'granted', grantId: 'fits' });
  });

  it('never does without a person what cannot be undone, what is not narrowed, or what an agent asks for', () => {
    const ruling = (more: Partial<GrantFacts>, change: (f: CallFacts) => void = () => {}) =>
      decide(
        facts((f) => {
          f.tool.effect = 'write_external';
          f.grants = [grant({ approval: 'never', ...more })];
          change(f);
        }),
      ).ruling;
    const narrowed = { arguments: { url: { hosts: ['api.example.com'] } } };
    expect(ruling(narrowed)).toBe('allow');
    expect(ruling({})).toBe('ask');
    expect(ruling(narrowed, (f) => (f.asker.kind = 'agent'))).toBe('ask');
    expect(ruling(narrowed, (f) => (f.tool.effect = 'irreversible'))).toBe('ask');
  });
});

describe('hosts', () => {
  it.each([
    ['https://api.example.com/x', true],
    ['https://API.example.com./x', false],
    ['https://api.example.com.evil.org', false],
    ['https://api.example.com@evil.org', false],
    ['https://evil.org/?https://api.example.com', false],
    ['https://evil.org#api.example.com', false],
    ['https://evil.org\\@api.example.com', false],
    ['javascript://api.example.com/%0aalert(1)', false],
    ['//api.example.com', false],
    ['api.example.com', false],
  ])('%s → %s', (url, expected) => {
    expect(hasHost(url, ['api.example.com'])).toBe(expected);
  });

  it('takes a star for one or more names below, not for the name itself', () => {
    expect(hasHost('https://a.b.example.com', ['*.example.com'])).toBe(true);
    expect(hasHost('https://example.com', ['*.example.com'])).toBe(false);
    expect(hasHost('https://notexample.com', ['*.example.com'])).toBe(false);
  });
});

describe('hours', () => {
  const at = (hours: Partial<Parameters<typeof isWithinHours>[0]>, time: string) =>
    isWithinHours({ from: '09:00', to: '17:00', timeZone: 'UTC', ...hours }, new Date(time));
  it('includes the first minute and not the last', () => {
    expect(at({}, '2026-03-05T09:00:00Z')).toBe(true);
    expect(at({}, '2026-03-05T08:59:59Z')).toBe(false);
    expect(at({}, '2026-03-05T17:00:00Z')).toBe(false);
  });
  it('is on the clock of the zone, and closed where the zone is unknown', () => {
    expect(at({ timeZone: 'America/New_York' }, '2026-03-05T15:00:00Z')).toBe(true);
    expect(at({ timeZone: 'America/New_York' }, '2026-03-05T10:00:00Z')).toBe(false);
    expect(at({ timeZone: 'Mars/Olympus' }, '2026-03-05T10:00:00Z')).toBe(false);
  });
  it('takes hours over midnight as part of the day they began on', () => {
    // 5 March 2026 is a Thursday.
    const night = { from: '22:00', to: '06:00', days: [4] };
    expect(at(night, '2026-03-05T23:00:00Z')).toBe(true);
    expect(at(night, '2026-03-06T05:00:00Z')).toBe(true);
    expect(at(night, '2026-03-05T05:00:00Z')).toBe(false);
    expect(at(night, '2026-03-06T23:00:00Z')).toBe(false);
  });
});

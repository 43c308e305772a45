// The console's pure rules as tables: who a mention means, which rows are shown, what is said aloud.
import type { ChatMessage, Command, CommandOption, PrivateReply, RoomSnapshot, User } from '@parley/client';
import { describe, expect, it } from 'vitest';
import type { SilentReason, SpeakReason } from '../../src/agents/runtime/turn-taking.ts';
import { CAPABILITIES } from '../../src/server/rooms/contract.ts';
import { canInRoom, isChangeable } from '../../src/server/rooms/policy.ts';
import { placeReplies } from '../../web/src/commands/place-replies.ts';
import { optionAt, slashName } from '../../web/src/commands/slash.ts';
import { everyoneOf, findMention, suggest } from '../../web/src/composer/mentions.ts';
import { choose, type Known, suggestionsAt } from '../../web/src/composer/suggestions.ts';
import { whatToSay } from '../../web/src/messages/announcements.ts';
import { whyOf } from '../../web/src/messages/reasons.ts';
import { toRows } from '../../web/src/messages/rows.ts';
import {
  changeTo,
  GROUPS,
  hasRight,
  linesFor,
  usualOf,
  withChange,
  withOne,
  wordsOf,
} from '../../web/src/room/rights-table.ts';
import { toDraft, toRules } from '../../web/src/room/rules-draft.ts';

const user = (id: string, name: string, kind: User['kind'] = 'human'): User => ({
  id,
  kind,
  handle: name.toLowerCase().replaceAll(' ', '-'),
  name,
});
const ada = user('u1', 'Ada Lovelace');
const adam = user('u2', 'Adam Smith');
const agent = user('a1', 'Advisor', 'agent');

const said = (seq: number, author: User, at: string, more: Partial<ChatMessage> = {}): ChatMessage => ({
  id: `m${seq}`,
  roomId: 'r1',
  seq,
  author,
  kind: author.kind === 'agent' ? 'agent' : 'text',
  body: `words ${seq}`,
  mentions: [],
  attachments: [],
  reactions: [],
  version: 1,
  metadata: {},
  createdAt: at,
  ...more,
});

describe('mentions', () => {
  it.each([
    ['hello @ad', 9, { start: 6, end: 9, text: 'ad' }],
    ['@', 1, { start: 0, end: 1, text: '' }],
    ['(@ad', 4, { start: 1, end: 4, text: 'ad' }],
    ['ada@example', 11, undefined],
    ['@ada and', 8, undefined],
  ])('finds what is typed in %j', (text, caret, found) => {
    expect(findMention(text, caret)).toEqual(found);
  });

  it('offers agents first, by the start of any word', () => {
    expect(suggest('ad', [adam, ada, agent]).map(({ id }) => id)).toEqual(['a1', 'u1', 'u2']);
    expect(suggest('smi', [adam, ada, agent])).toEqual([adam]);
    expect(suggest('zzz', [adam, ada, agent])).toEqual([]);
  });

  it('puts the handle in, with one space after it', () => {
    expect(pick('hello @ad', 9, '@ada-lovelace')).toEqual({ text: 'hello @ada-lovelace ', caret: 20 });
    expect(pick('hello @ad there', 9, '@ada-lovelace')?.text).toBe('hello @ada-lovelace there');
  });

  it('says how many everyone and those who are here are, agents left out', () => {
    const reach = (here: string[]) =>
      everyoneOf([ada, adam, agent], (id) => here.includes(id)).map((one) => 'reach' in one && one.reach);
    expect(reach(['u1', 'a1'])).toEqual([1, 2]);
    expect(reach([])).toEqual([0, 2]);
  });
});

const option = (name: string, more: Partial<CommandOption> = {}): CommandOption => ({
  name,
  description: '',
  type: 'string',
  required: true,
  ...more,
});
const command = (name: string, ...options: CommandOption[]): Command => ({
  name,
  description: `Does ${name}`,
  options,
  scope: 'builtin',
  handler: 'builtin',
});
const remind = command('remind', option('in'), option('text'));
const deploy = command(
  'deploy',
  option('to', { type: 'choice', choices: [{ value: 'live', label: 'Production' }] }),
  option('by', { type: 'user' }),
  option('loud', { type: 'boolean', required: false }),
);
const known: Known = {
  people: [ada, adam, agent],
  everyone: everyoneOf([ada], () => true),
  commands: [remind, deploy],
  rooms: [],
};
function pick(text: string, caret: number, word: string) {
  const found = suggestionsAt(text, caret, known);
  const option = found?.options.find((one) => one.word === word);
  return found === undefined || option === undefined ? undefined : choose(text, found, option);
}

describe('commands', () => {
  it.each([
    ['/', ''],
    ['/rem', 'rem'],
    ['/Remind in 10m', 'remind'],
    ['/tmp/notes', undefined],
    ['/ or', ''],
    ['a /help', undefined],
    ['/1', undefined],
  ])('takes %j for the command %j', (text, name) => {
    expect(slashName(text)).toBe(name);
  });

  it.each([
    ['/remind ', 'in', ''],
    ['/remind 10', 'in', '10'],
    ['/remind in 10m', 'in', '10m'],
    ['/remind 10m ', 'text', ''],
    ['/remind 10m fetch the tea', 'text', 'fetch the tea'],
    ['/remind text="fetch tea" ', 'in', ''],
    ['/remind 10m "fetch the', 'text', 'fetch the'],
  ])('knows in %j that %s is being typed', (text, name, typed) => {
    const at = optionAt(remind, text, text.length);
    expect([at.option?.name, at.typed]).toEqual([name, typed]);
    expect(text.slice(at.start, at.end).replaceAll('"', '')).toBe(typed);
  });

  it('has nothing to say after the last option', () => {
    expect(optionAt(deploy, '/deploy live @ada yes ', 22).option).toBeUndefined();
  });

  it('offers commands, then what each option may be', () => {
    const offered = (text: string) =>
      suggestionsAt(text, text.length, known)?.options.map(({ word }) => word);
    expect(offered('/')).toEqual(['/deploy', '/remind']);
    expect(offered('/re')).toEqual(['/remind']);
    const many = Array.from({ length: 30 }, (_, i) => command(`c${i}`));
    expect(suggestionsAt('/', 1, { ...known, commands: many })?.options).toHaveLength(30);
    expect(offered('/deploy ')).toEqual(['live']);
    expect(offered('/deploy prod')).toEqual(['live']);
    expect(offered('/deploy live @ad')).toEqual(['@advisor', '@ada-lovelace', '@adam-smith']);
    expect(offered('/deploy live @all')).toEqual([]);
    expect(offered('/deploy live @ada y')).toEqual(['yes']);
    expect(offered('say /re')).toBeUndefined();
    expect(pick('/dep', 4, '/deploy')).toEqual({ text: '/deploy ', caret: 8 });
    expect(pick('/deploy prod', 12, 'live')).toEqual({ text: '/deploy live ', caret: 13 });
  });
});

describe('private replies', () => {
  const reply = (id: string, afterSeq: number): PrivateReply => ({
    id,
    name: 'help',
    body: '',
    afterSeq,
    at: '',
  });
  const at = new Date(2026, 2, 2).toISOString();
  const messages = [said(3, ada, at), said(7, adam, at), said(0, ada, at)];

  it('stand after what was said when they came, also where messages are missing', () => {
    const { after, alone } = placeReplies([reply('a', 5), reply('b', 9), reply('c', 1)], messages, false);
    expect([...after].map(([id, list]) => [id, list.map((one) => one.id)])).toEqual([
      ['m3', ['a']],
      ['m7', ['b']],
    ]);
    expect(alone.map(({ id }) => id)).toEqual(['c']);
    expect(placeReplies([reply('c', 1)], messages, true).alone).toEqual([]);
  });
});

describe('rows', () => {
  const at = (minute: number, day = 2) => new Date(2026, 2, day, 12, minute).toISOString();

  it('groups one breath of one author, and parts days and what is unread', () => {
    const rows = toRows(
      [
        said(1, ada, at(0)),
        said(2, ada, at(1)),
        said(3, ada, at(30)),
        said(4, adam, at(31)),
        said(5, adam, at(32)),
        said(6, adam, at(0, 3)),
      ],
      4,
      ada.id,
    );
    expect(rows.map(({ startsGroup }) => startsGroup)).toEqual([true, false, true, true, true, true]);
    expect(rows.map(({ startsDay }) => startsDay)).toEqual([true, false, false, false, false, true]);
    expect(rows.map(({ startsUnread }) => startsUnread)).toEqual([false, false, false, false, true, false]);
  });
});

describe('what is said aloud', () => {
  const member = (who: User) => ({ user: who, role: 'member' as const, joinedAt: '2026-03-02T12:00:00Z' });
  const now = '2026-03-02T12:00:00Z';
  const snapshot = (more: Partial<RoomSnapshot>): RoomSnapshot => ({
    status: 'live',
    members: [member(ada), member(adam), member(agent)],
    messages: [],
    presence: {},
    typing: [],
    agents: {},
    streams: {},
    reads: {},
    replies: [],
    hasMoreBefore: false,
    loadingBefore: false,
    lastSeq: 0,
    deleted: false,
    ...more,
  });
  const working = (status: 'thinking' | 'writing' | 'error') => ({
    [agent.id]: { status, runId: 'run', since: now, tools: [] },
  });
  const stream = (text: string) => ({
    mm: { messageId: 'mm', agentId: agent.id, runId: 'run', text, startedAt: now },
  });

  it('is that an agent starts, once, and no token of its stream', () => {
    const thinking = snapshot({ agents: working('thinking') });
    const one = snapshot({ agents: working('writing'), streams: stream('One') });
    const two = snapshot({ agents: working('writing'), streams: stream('One two') });
    expect(whatToSay(snapshot({}), thinking, ada.id)).toEqual(['Advisor is replying']);
    expect(whatToSay(thinking, one, ada.id)).toEqual([]);
    expect(whatToSay(one, two, ada.id)).toEqual([]);
  });

  it('is that an agent could not answer', () => {
    const before = snapshot({ agents: working('thinking') });
    expect(whatToSay(before, snapshot({ agents: working('error') }), ada.id)).toEqual([
      'Advisor could not answer',
    ]);
  });

  it('is what others said now, not what was paged in, nor my own', () => {
    const before = snapshot({ messages: [said(5, adam, now)], lastSeq: 5 });
    const after = snapshot({
      messages: [said(4, adam, now), said(5, adam, now), said(6, ada, now), said(7, adam, now)],
      lastSeq: 7,
    });
    expect(whatToSay(before, after, ada.id)).toEqual(['Adam Smith replied: words 7']);
  });

  it('is that a message of mine failed', () => {
    const pending = said(0, ada, now, { delivery: { status: 'pending' } });
    const failed = said(0, ada, now, { delivery: { status: 'failed' } });
    const before = snapshot({ messages: [pending] });
    expect(whatToSay(before, snapshot({ messages: [failed] }), ada.id)).toEqual(['Message failed to send']);
  });
});

describe('rights of roles', () => {
  const rooms = (['channel', 'group'] as const).flatMap((kind) =>
    (['public', 'private'] as const).map((visibility) => ({ kind, visibility })),
  );
  const roles = ['member', 'admin'] as const;

  it('shows every capability that a room may change, once', () => {
    const shown = GROUPS.flatMap(({ lines }) => lines.map(({ capability }) => capability));
    expect([...shown].sort()).toEqual(CAPABILITIES.filter(isChangeable).sort());
  });

  it.each(rooms)('calls usual what the server allows in a $visibility $kind', (room) => {
    for (const role of roles) {
      const who = { row: { ...room, rights: null }, userId: 'u1', role, admin: false };
      const allowed = CAPABILITIES.filter((one) => isChangeable(one) && canInRoom(one, who));
      expect([...usualOf(role, room)].sort()).toEqual(allowed.sort());
    }
  });

  it('says just what has to be changed, and nothing where nothing is', () => {
    const usual = usualOf('member', { kind: 'channel', visibility: 'private' });
    const wanted = withChange(usual, { add: ['message.pin'], take: ['message.send'] });
    const change = changeTo(wanted, usual);
    expect(change).toEqual({ add: ['message.pin'], take: ['message.send'] });
    expect(wordsOf(change)).toBe('also: Pin; not: Write messages');
    expect(wordsOf(changeTo(usual, usual))).toBe('');
  });

  it.each(['member', 'admin', 'owner'] as const)(
    'gives and takes one right of one %s, as the server decides',
    (role) => {
      const room = { kind: 'channel', visibility: 'private' } as const;
      const others = { add: ['message.pin' as const], take: ['message.react' as const] };
      const rights = {
        member: { add: ['member.add' as const], take: ['agent.invoke' as const] },
        admin: { take: ['message.delete_any' as const] },
        members: { u1: others },
      };
      for (const { capability } of linesFor(role)) {
        for (const gives of role === 'owner' ? [true] : [true, false]) {
          const change = withOne(capability, gives, role, room, rights, 'u1');
          const now = { ...rights, members: { u1: change } };
          const allowed = (one: typeof capability) =>
            canInRoom(one, { row: { ...room, rights: now }, userId: 'u1', role, admin: false });
          expect([capability, allowed(capability)]).toEqual([capability, gives]);
          for (const line of linesFor(role)) {
            const has = hasRight(line.capability, role, room, now, 'u1');
            expect([line.capability, has]).toEqual([line.capability, allowed(line.capability)]);
            if (line.capability !== capability)
              expect(has).toBe(hasRight(line.capability, role, room, rights, 'u1'));
          }
          const back = withOne(capability, !gives, role, room, now, 'u1');
          expect(hasRight(capability, role, room, { ...rights, members: { u1: back } }, 'u1')).toBe(!gives);
        }
      }
      // What the role has again needs no word.
      expect(withOne('message.react', true, 'member', room, rights, 'u1')).toEqual({
        add: ['message.pin'],
        take: [],
      });
    },
  );
});

describe('rules of a room', () => {
  it('come back from the form as they were', () => {
    const rules = {
      phrases: [
        { phrase: 'spam*', action: 'refuse' as const },
        { phrase: 'buy now', action: 'hold' as const },
      ],
      links: { action: 'hold' as const, allowHosts: ['example.org'] },
      mentions: { action: 'refuse' as const, most: 0 },
      repeats: { action: 'hold' as const, most: 2, seconds: 30 },
      service: { action: 'refuse' as const },
    };
    expect(toRules(toDraft(rules))).toEqual(rules);
    expect(toRules(toDraft({}))).toEqual({});
    expect(toRules({ ...toDraft({}), refused: ' a \n\na\nb' }).phrases?.map(({ phrase }) => phrase)).toEqual([
      'a',
      'b',
    ]);
  });
});

describe('why an agent spoke or kept silent', () => {
  const silent: Record<SilentReason, true> = {
    own_message: true,
    emergency_stop: true,
    agent_suspended: true,
    agent_inactive: true,
    room_disallows_agents: true,
    room_off: true,
    muted: true,
    may_not_send: true,
    may_not_invoke: true,
    budget_empty: true,
    message_deleted: true,
    system_message: true,
    chain_limit: true,
    not_addressed: true,
    quiet_hours: true,
    below_threshold: true,
    other_agent_took_it: true,
    ignored_while_busy: true,
    pair_limit: true,
    room_limit: true,
  };
  const spoke: Record<SpeakReason, true> = {
    invoked: true,
    mentioned: true,
    reply_to_agent: true,
    direct_room: true,
    score: true,
    follow_up: true,
  };

  it('has words for every reason the floor gives', () => {
    const without = [
      ...Object.keys(silent).filter((reason) => whyOf('silent', reason).startsWith('Reason:')),
      ...Object.keys(spoke).filter((reason) => whyOf('speak', reason).startsWith('Reason:')),
    ];
    expect(without).toEqual([]);
  });
});

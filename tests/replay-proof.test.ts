// The replay's verdict can fail: each kind of loss, repeat, disorder, change and agent's mistake is planted and seen.
import { describe, expect, test } from 'vitest';
import { decode, parseDay } from '../scripts/replay/irc-log.ts';
import { ASK_EVERY, nameOf, planDay } from '../scripts/replay/plan.ts';
import { canonical, type Entry, type Offence, prove, type RoomEvidence } from '../scripts/replay/proof.ts';

const AGENT = 'agent';

/** Two clients, four lines of which the third asks the agent, and its answer; everything as it should be. */
function goodRoom(): RoomEvidence {
  const said = [
    { id: 'm1', body: 'hello', authorId: 'u0' },
    { id: 'm2', body: 'hi there', authorId: 'u1' },
    { id: 'm3', body: '@parley what is 2 * 3?', authorId: 'u0' },
    { id: 'm4', body: 'bye', authorId: 'u1' },
    { id: 'a1', body: '2 * 3 is 6.', authorId: AGENT, runId: 'r1' },
  ];
  const log: Entry[] = [{ seq: 1, type: 'member_joined', text: '{"seq":1}' }];
  const history = said.map((message, i) => {
    const seq = i + 2;
    const text = canonical({ ...message, seq });
    log.push({ seq, type: message.authorId === AGENT ? 'agent_message' : 'new_message', text });
    return { runId: undefined, ...message, seq, text };
  });
  const client = (name: string, joinedAt: number) => ({
    name,
    joinedAt,
    heard: log.filter((entry) => entry.seq > joinedAt).map((entry) => ({ ...entry })),
    deltas: [
      { messageId: 'a1', at: 0, text: '2 * 3' },
      { messageId: 'a1', at: 5, text: ' is 6.' },
    ],
  });
  return {
    room: 'day',
    agentId: AGENT,
    sent: history
      .filter((m) => m.authorId !== AGENT)
      .map((m) => ({
        id: m.id,
        body: m.body,
        client: Number(m.authorId.slice(1)),
        ackedSeq: m.seq,
        addressesAgent: m.id === 'm3',
      })),
    log,
    history,
    clients: [client('one', 0), client('two', 1)],
    runs: new Map([['m3', 'r1']]),
  };
}

const kindsOf = (evidence: RoomEvidence): Offence['kind'][] => [
  ...new Set(prove(evidence).offences.map((o) => o.kind)),
];

test('nothing is held against a good room', () => {
  expect(prove(goodRoom())).toEqual({ offences: [], expectedDeliveries: 11, answers: 1, fullStreams: 2 });
});

type Plant = [what: string, plant: (room: RoomEvidence) => void, kinds: Offence['kind'][]];

const one = (room: RoomEvidence) => room.clients[0] as RoomEvidence['clients'][number];
const two = (room: RoomEvidence) => room.clients[1] as RoomEvidence['clients'][number];
const swap = <T>(list: T[], i: number, j: number) => {
  [list[i], list[j]] = [list[j] as T, list[i] as T];
};

const PLANTS: Plant[] = [
  ['a client loses one in the middle', (r) => one(r).heard.splice(2, 1), ['lost']],
  ['a client loses the last', (r) => two(r).heard.pop(), ['lost']],
  [
    'a client hears one twice',
    (r) => one(r).heard.splice(3, 0, { ...(one(r).heard[1] as Entry) }),
    ['doubled'],
  ],
  [
    'a client hears one twice in a row',
    (r) => one(r).heard.splice(2, 0, { ...(one(r).heard[1] as Entry) }),
    ['doubled'],
  ],
  ['a client hears two in the wrong order', (r) => swap(one(r).heard, 1, 2), ['reordered']],
  [
    'a client hears another word',
    (r) => {
      (two(r).heard[1] as Entry).text = canonical({ id: 'm2', body: 'hi there', authorId: 'u1', seq: 4 });
    },
    ['altered'],
  ],
  [
    'a client hears another type',
    (r) => {
      (one(r).heard.at(-1) as Entry).type = 'new_message';
    },
    ['altered'],
  ],
  [
    'a client hears what is not in the log',
    (r) => one(r).heard.push({ seq: 99, type: 'new_message', text: '{}' }),
    ['from nowhere'],
  ],
  ['the log has a hole', (r) => r.log.splice(2, 1), ['gap in the log', 'history differs', 'from nowhere']],
  ['history lacks one', (r) => r.history.splice(1, 1), ['history differs', 'lost']],
  [
    'an acknowledged line is gone everywhere',
    (r) => {
      r.history = r.history.filter((m) => m.id !== 'm4');
      r.log = r.log.filter((e) => !e.text.includes('"m4"'));
      for (const c of r.clients) c.heard = c.heard.filter((e) => !e.text.includes('"m4"'));
    },
    ['gap in the log', 'lost'],
  ],
  [
    'a line was never acknowledged',
    (r) => {
      (r.sent[0] as RoomEvidence['sent'][number]).ackedSeq = undefined;
    },
    ['not acknowledged'],
  ],
  [
    'a line is stored in other words',
    (r) => {
      (r.history[0] as RoomEvidence['history'][number]).body = 'hullo';
    },
    ['altered'],
  ],
  [
    'a line stands elsewhere than its answer said',
    (r) => {
      (r.sent[1] as RoomEvidence['sent'][number]).ackedSeq = 5;
    },
    ['reordered'],
  ],
  ['a sender is stored out of his order', (r) => swap(r.sent, 0, 2), ['reordered']],
  [
    'a line that nobody sent',
    (r) => {
      r.sent = r.sent.filter((line) => line.id !== 'm2');
    },
    ['from nowhere'],
  ],
  [
    'the agent is silent',
    (r) => {
      r.history = r.history.filter((m) => m.authorId !== AGENT);
      r.log = r.log.filter((e) => e.type !== 'agent_message');
      for (const c of r.clients) c.heard = c.heard.filter((e) => e.type !== 'agent_message');
    },
    ['unanswered'],
  ],
  ['a question made no run', (r) => r.runs.clear(), ['unanswered', 'answer nobody asked for']],
  [
    'the agent answers twice',
    (r) => {
      const again = { ...(r.history.at(-1) as RoomEvidence['history'][number]), id: 'a2', seq: 7 };
      r.history.push(again);
      const entry = { seq: 7, type: 'agent_message', text: again.text };
      r.log.push(entry);
      for (const c of r.clients) c.heard.push({ ...entry });
    },
    ['answered twice'],
  ],
  [
    'the agent answers what was not for it',
    (r) => {
      const extra = { id: 'a2', body: 'Me too!', authorId: AGENT, runId: 'r2', seq: 7, text: '{"id":"a2"}' };
      r.history.push(extra);
      const entry = { seq: 7, type: 'agent_message', text: extra.text };
      r.log.push(entry);
      for (const c of r.clients) c.heard.push({ ...entry });
    },
    ['answer nobody asked for'],
  ],
  [
    'a stream says something else than the message',
    (r) => {
      (one(r).deltas[1] as { text: string }).text = ' is 7.';
    },
    ['deltas differ'],
  ],
];

describe('each planted fault is seen', () => {
  test.each(PLANTS)('%s', (_what, plant, kinds) => {
    const room = goodRoom();
    plant(room);
    expect(kindsOf(room).sort()).toEqual([...kinds].sort());
  });
});

test('a lost piece of a stream is no offence, and no full stream', () => {
  const room = goodRoom();
  one(room).deltas.splice(0, 1);
  two(room).deltas.splice(1, 1);
  expect(prove(room)).toMatchObject({ offences: [], fullStreams: 0 });
});

describe('reading a log', () => {
  test('keeps every character, passes midnight, leaves out what nobody said', () => {
    const day = parseDay(
      'd',
      '[23:59] <|a|>  two  spaces \n=== x [~x@y] has joined #z\n[00:01] <b> <3 > [ok]\n[00:02] <b>   \njunk\n',
    );
    expect(day.lines).toEqual([
      { index: 0, minute: 1439, nick: '|a|', text: ' two  spaces ' },
      { index: 1, minute: 1441, nick: 'b', text: '<3 > [ok]' },
    ]);
  });

  test('reads what is not UTF-8 byte by byte', () => {
    expect(decode(Buffer.from('caf\u00e9', 'utf8'))).toBe('caf\u00e9');
    expect(decode(Buffer.from('caf\u00e9', 'latin1'))).toBe('caf\u00e9');
  });
});

describe('the plan', () => {
  const day = parseDay(
    'day',
    Array.from(
      { length: 2000 },
      (_, i) => `[10:${String(Math.floor(i / 50)).padStart(2, '0')}] <n${i % 7}> line ${i}`,
    ).join('\n'),
  );

  test('is the same every time, keeps the order, and turns a sample to the agent', () => {
    const plan = planDay(day, 5, 'parley');
    expect(planDay(day, 5, 'parley')).toEqual(plan);
    expect(plan.map((line) => line.second)).toEqual(
      plan.map((line) => line.second).toSorted((a, b) => a - b),
    );
    const asking = plan.filter((line) => line.addressesAgent);
    expect(asking.length).toBeGreaterThan(2000 / ASK_EVERY / 2);
    expect(asking.length).toBeLessThan((2000 / ASK_EVERY) * 2);
    expect(asking.every((line) => line.body.startsWith('@parley '))).toBe(true);
    expect(
      plan.filter((line) => !line.addressesAgent).every((line, _i) => line.body.startsWith('line ')),
    ).toBe(true);
    expect(new Set(plan.map((line) => line.client))).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  test('names every nick apart', () => {
    const names = ['|trey|', 'trey', '^^', '', 'a'.repeat(60)].map(nameOf);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((name) => name.length <= 32)).toBe(true);
  });
});

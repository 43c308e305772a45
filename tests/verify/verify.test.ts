// The verification of a deployment: an honest run passes, each planted bug is caught and named, the command line is clear.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Guarantee, judge } from '../../scripts/verify/judge.ts';
import type { Tamper } from '../../scripts/verify/reader.ts';
import type { Evidence, HeardEntry } from '../../scripts/verify/records.ts';
import { reportOf, textOf } from '../../scripts/verify/report.ts';
import { run } from '../../scripts/verify/run.ts';
import { startApp } from '../support/app.ts';

const PROGRAM = fileURLToPath(new URL('../../scripts/verify.ts', import.meta.url));
const settings = { seconds: 4, clients: 8, rooms: 2, rate: 60, seed: 3, settleMs: 8000 };

const named = (evidence: Evidence) => judge(evidence).offences.map((one) => `${one.guarantee} ${one.kind}`);

test('an honest deployment passes under faults, and each bug planted into its records is named', async () => {
  const app = await startApp();
  let honest: Evidence;
  try {
    const options = { ...settings, url: app.url };
    const ran = await run(options);
    const report = reportOf(ran, options);
    expect(report.holds ? '' : textOf(report)).toBe('');
    expect(report.faults.cut).toBeGreaterThan(0);
    expect(report.breaks).toBeGreaterThan(0);
    expect(report.verdicts.map((one) => one.guarantee)).toEqual(['P1', 'P2', 'P3', 'P4', 'P5', 'P8', 'G5']);
    expect(report.latency.ack.samples).toBeGreaterThan(0);
    honest = ran.evidence;
  } finally {
    await app.stop();
  }

  const plant = (bug: (evidence: Evidence) => void): string[] => {
    const evidence = structuredClone(honest);
    bug(evidence);
    return named(evidence);
  };
  const heard = (evidence: Evidence): HeardEntry[] => evidence.readers[0]?.heard as HeardEntry[];
  const acked = (evidence: Evidence) => evidence.sends.findIndex((send) => send.acks.length > 0);
  const bugs: [what: string, names: string, bug: (evidence: Evidence) => void][] = [
    ['skips', 'P3 gap', (e) => void heard(e).splice(-5, 1)],
    ['repeats', 'P3 repeat', (e) => void heard(e).push(heard(e).at(-1) as HeardEntry)],
    ['reorders', 'P3 reordered', (e) => void heard(e).splice(-2, 2, ...heard(e).slice(-2).reverse())],
    [
      'invents',
      'P3 from nowhere',
      (e) => void heard(e).push({ ...(heard(e).at(-1) as HeardEntry), seq: 1e6 }),
    ],
    [
      'loses',
      'P1 acknowledged but lost',
      (e) => {
        const id = e.sends[acked(e)]?.id;
        for (const room of e.rooms) room.history = room.history.filter((message) => message.id !== id);
      },
    ],
    ['stores twice', 'P4 two rows', (e) => void e.rooms[0]?.history.push(e.rooms[0].history[0] ?? {})],
    [
      'alters what is stored',
      'P1 altered in store',
      (e) => void Object.assign(e.rooms[0]?.history[0] ?? {}, { body: 'x' }),
    ],
    ['a gap in the log', 'P2 gap in the log', (e) => void e.rooms[0]?.log.splice(4, 1)],
    [
      'accepts another body',
      'P4 other body not refused',
      (e) => void Object.assign(e.sends[0] ?? {}, { conflict: 'accepted' }),
    ],
    [
      'a needless resync',
      'P5 needless resync',
      (e) => void Object.assign(e.rooms[0]?.pages[0] ?? {}, { resync: true }),
    ],
    [
      'a page without hasMore',
      'P5 resume ends early',
      (e) => void Object.assign(e.rooms[0]?.pages[0] ?? {}, { hasMore: false }),
    ],
    [
      'a silent restore',
      'P5 resync not said',
      (e) => void Object.assign(e.rooms[0]?.beyond[1] ?? {}, { resync: false }),
    ],
    [
      'a hole after the join',
      'G5 hole between history and live',
      (e) => {
        const at = heard(e).findIndex((entry) => entry.via === 'live');
        heard(e).splice(at, 1);
      },
    ],
    [
      'a stale copy',
      'P8 copy differs',
      (e) => {
        for (const entry of heard(e))
          if (entry.type === 'new_message') entry.payload.metadata = { stale: true };
      },
    ],
  ];
  for (const [what, names, bug] of bugs) expect(plant(bug), what).toContain(names);
  // What was never checked is not proved.
  const empty = judge({ rooms: [], readers: [], sends: [], acks: [], seen: [] });
  expect(empty.verdicts.some((verdict) => verdict.holds)).toBe(false);
}, 25_000);

test('bugs planted between a live deployment and its clients are caught', async () => {
  const count = new Map<string, number>();
  const nth = (reader: string) => {
    count.set(reader, (count.get(reader) ?? 0) + 1);
    return count.get(reader);
  };
  let kept: Parameters<NonNullable<Tamper['live']>>[0] | undefined;
  const ids = new Set<unknown>();
  const tamper: Tamper = {
    live(entry, reader) {
      const n = nth(reader);
      if (reader === 'client 1' && n === 9) return [];
      if (reader === 'client 5' && n === 9) return [entry, entry];
      if (reader === 'client 9') {
        if (n === 9) {
          kept = entry;
          return [];
        }
        if (n === 10 && kept !== undefined) return [entry, kept];
      }
      if (reader === 'client 3' && entry.type === 'new_message')
        return [{ ...entry, payload: { ...entry.payload, body: 'other words' } }];
      return [entry];
    },
    page: (entries, _reader, resumed) => (resumed && entries.length > 2 ? entries.toSpliced(1, 1) : entries),
    // The fourth message is never sent, however often it is tried.
    ack(input, writer) {
      if (writer !== 'client 2') return undefined;
      ids.add(input.id);
      return [...ids][3] === input.id ? { id: input.id, seq: 1, body: input.body } : undefined;
    },
  };
  const app = await startApp();
  try {
    const { evidence } = await run({ ...settings, url: app.url, clients: 9, settleMs: 3000, tamper });
    const offences = judge(evidence).offences;
    const by = (guarantee: Guarantee, kind: string, who: string) =>
      offences.some(
        (one) => one.guarantee === guarantee && one.kind === kind && one.where.includes(`${who} (`),
      );
    expect({
      skipped: by('P3', 'gap', 'client 1'),
      twice: by('P3', 'repeat', 'client 5'),
      reordered: by('P3', 'reordered', 'client 9'),
      altered: by('P3', 'altered', 'client 3'),
      lost: by('P1', 'acknowledged but lost', 'client 2'),
      hole: offences.some((one) => one.kind === 'resume with a hole'),
    }).toEqual({ skipped: true, twice: true, reordered: true, altered: true, lost: true, hole: true });
  } finally {
    await app.stop();
  }
}, 25_000);

test.each([
  ['nobody there', ['--url', 'http://127.0.0.1:9'], /cannot be reached.*\nStart the server/],
  ['no address', [], /--url: which deployment/],
  ['a number that is none', ['--url', 'http://127.0.0.1:9', '--rate', 'x'], /--rate: give a number/],
  ['an unknown option', ['--sped', '3'], /--sped/],
])('%s ends with 2 and says what to do', async (_what, args, words) => {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(words) });
  expect(err).not.toMatch(/\n\s+at /);
});

// Replays real channel logs through real clients of both protocols, with an agent in the room, and proves that
// everybody heard the same story once, in order. Progress goes to stderr, the result to stdout.
// Exit 0: proved. 1: something was violated. 2: nothing to replay, or wrong options.
import { parseArgs } from 'node:util';
import { rest, signIn } from '../tests/support/chat-clients.ts';
import { gatherCast, type Stagehand } from './replay/cast.ts';
import { collect } from './replay/evidence.ts';
import { type Day, NothingToReplay, readDays } from './replay/irc-log.ts';
import { startOwnServer } from './replay/own-server.ts';
import { planDay } from './replay/plan.ts';
import { playLines, waitUntilHeard } from './replay/play.ts';
import { type Offence, prove } from './replay/proof.ts';

const USAGE = `npm run replay -- <folder> [--speed N|max] [--clients N] [--url http://…] [--days a,b]

  <folder>    holds one *.ascii.txt file a day, with lines such as "[12:18] <nick> text"
  --speed     seconds of the log in one second (default 1000), or max: as fast as answers come
  --clients   connections at most; further nicks share them (default 300)
  --url       a running server, instead of one of its own
  --days      beginnings of file names, separated by commas (default: all)`;

const AGENT = 'parley';
const OFFENCES_SHOWN = 20;

interface Totals {
  messages: number;
  clients: number;
  deliveries: number;
  answers: number;
  asked: number;
  fullStreams: number;
  acks: number[];
  arrivals: number[];
  offences: Offence[];
}

const note = (text: string): void => {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
};
/** On a terminal one line is rewritten; elsewhere only what is worth a line is said. */
const step = (text: string): void => {
  if (process.stderr.isTTY) note(text);
};

async function main(): Promise<number> {
  const options = readOptions();
  const days = readDays(options.folder, options.days);
  note(`${days.length} days, ${days.reduce((sum, day) => sum + day.lines.length, 0)} messages`);
  const server = options.url === undefined ? await startOwnServer() : undefined;
  const url = server?.url ?? (options.url as string);
  const started = performance.now();
  try {
    const totals = await replay(url, days, options);
    report(totals, (performance.now() - started) / 1000);
    if (totals.offences.length > 0 && server !== undefined) process.stderr.write(server.said().slice(-4000));
    return totals.offences.length === 0 ? 0 : 1;
  } finally {
    await server?.stop();
  }
}

async function replay(
  url: string,
  days: Day[],
  { speed, clients }: { speed: number; clients: number },
): Promise<Totals> {
  const owner = await signIn(url, 'Replay Director');
  const agents = await rest<{ data: { id: string; handle: string }[] }>(
    url,
    owner.token,
    'GET',
    '/api/users?kind=agent&limit=200',
  );
  const agentId = agents.data.find((agent) => agent.handle === AGENT)?.id;
  if (agentId === undefined) note(`There is no agent @${AGENT} on ${url}: nobody will answer.`);
  const totals: Totals = {
    messages: 0,
    clients: 0,
    deliveries: 0,
    answers: 0,
    asked: 0,
    fullStreams: 0,
    acks: [],
    arrivals: [],
    offences: [],
  };
  const sentAt = new Map<string, number>();
  const hand: Stagehand = {
    url,
    owner,
    agentId,
    accounts: new Map(),
    onArrival(id, at) {
      const from = sentAt.get(id);
      if (from !== undefined) totals.arrivals.push(at - from);
    },
  };
  for (const day of days) {
    sentAt.clear();
    const plan = planDay(day, clients, AGENT);
    const asked = plan.filter((line) => line.addressesAgent).length;
    const cast = await gatherCast(hand, day, clients);
    try {
      const { sent, acks } = await playLines(
        cast,
        plan,
        speed,
        (id, at) => sentAt.set(id, at),
        (done) => step(`${day.name}: ${done} of ${plan.length} lines, ${cast.actors.length} clients`),
      );
      await waitUntilHeard(url, owner, cast, agentId, agentId === undefined ? 0 : asked, (what) =>
        step(`${day.name}: ${what}`),
      );
      const verdict = prove(await collect(url, owner, day.name, cast, agentId, sent));
      totals.messages += sent.length;
      totals.clients += cast.actors.length;
      totals.deliveries += verdict.expectedDeliveries;
      totals.answers += verdict.answers;
      totals.asked += agentId === undefined ? 0 : asked;
      totals.fullStreams += verdict.fullStreams;
      for (const ack of acks) totals.acks.push(ack);
      totals.offences.push(...verdict.offences);
      note(
        `${day.name}: ${sent.length} messages, ${cast.actors.length} clients, ${verdict.answers} answers, ${verdict.offences.length} offences`,
      );
      if (process.stderr.isTTY) process.stderr.write('\n');
    } finally {
      cast.close();
    }
  }
  return totals;
}

function report(totals: Totals, seconds: number): void {
  const { offences } = totals;
  const lines = [
    ['messages', String(totals.messages)],
    ['clients', `${totals.clients} connections, half socket.io-client, half phoenix.js`],
    ['deliveries', `${totals.deliveries} log entries, each compared`],
    [
      'agent',
      `${totals.answers} answers to ${totals.asked} questions; ${totals.fullStreams} streams heard in full`,
    ],
    ['wall time', `${seconds.toFixed(1)} s`],
    ['acknowledged', percentiles(totals.acks)],
    ['delivered', percentiles(totals.arrivals)],
  ];
  for (const [what, how] of lines) console.log(`${(what as string).padEnd(14)}${how}`);
  console.log('');
  for (const { kind, where, what } of offences.slice(0, OFFENCES_SHOWN))
    console.log(`  ${kind} · ${where} · ${what}`);
  if (offences.length > OFFENCES_SHOWN) console.log(`  … and ${offences.length - OFFENCES_SHOWN} more`);
  console.log(
    offences.length === 0
      ? 'PROVED: every message reached every client once, in one order, word for word, and the agent answered exactly those who asked.'
      : `VIOLATED: ${offences.length} offences.`,
  );
}

function percentiles(samples: number[]): string {
  if (samples.length === 0) return 'nothing';
  const sorted = Float64Array.from(samples).sort();
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] as number).toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      speed: { type: 'string', default: '1000' },
      clients: { type: 'string', default: '300' },
      url: { type: 'string' },
      days: { type: 'string', default: '' },
    },
  });
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1) throw new NothingToReplay(USAGE);
  const speed = values.speed === 'max' ? Number.POSITIVE_INFINITY : Number(values.speed);
  const clients = Number(values.clients);
  if (!(speed > 0)) throw new NothingToReplay(`--speed: give a number above 0, or max\n\n${USAGE}`);
  if (!Number.isInteger(clients) || clients < 1)
    throw new NothingToReplay(`--clients: give a whole number above 0\n\n${USAGE}`);
  if (values.url !== undefined && !URL.canParse(values.url))
    throw new NothingToReplay(`--url: "${values.url}" is no address\n\n${USAGE}`);
  const url = values.url?.replace(/\/$/, '');
  const wanted = values.days.split(',').filter((name) => name !== '');
  return { folder, speed, clients, url, days: wanted };
}

try {
  process.exitCode = await main();
} catch (error) {
  const known = error instanceof NothingToReplay;
  const badOption = String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`\n${known || badOption ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = known || badOption ? 2 : 1;
}

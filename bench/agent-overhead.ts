// What the agent layer adds to a model's own time: from the message to the request that leaves for the model, and from the model's
// first word to the reader. Run by `npm run bench:agent-overhead`; README.md says how to read it.
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChatClient, connectChat, rest, signIn } from '../tests/support/chat-clients.ts';
import { cpuSeconds } from './support/cpu.ts';
import { isWanted, readOptions } from './support/options.ts';
import { latencyOf } from './support/percentiles.ts';
import { conditions, latency, table } from './support/report.ts';
import { keepRow } from './support/rows.ts';
import { startSlowModel } from './support/slow-model.ts';
import { type DatabaseKind, openTargets } from './support/targets.ts';

const options = readOptions({ seconds: 20 });
const PACE = { thinks: 100, between: 40, words: 10 };
/** In one room the next question follows the answer; in many, each asks this often. */
const EVERY_MS = 5000;
const PAUSE_MS = 100;
const WARM_UP = 2;
const ANSWER_LIMIT_MS = 30_000;
const TARGETS = { request: 15, word: 3 };
const SCENARIOS = [
  { name: '1 room', rooms: 1, seconds: Math.min(options.seconds, 10) },
  { name: '100 rooms', rooms: 100, seconds: options.seconds },
];

interface Samples {
  toRequest: number[];
  sinceSend: number[];
  toReader: number[];
  lost: number;
  /** CPU time of the server for one turn, in ms. */
  cpuPerTurn: number | undefined;
}

const targets = await openTargets({ postgres: options.database !== 'pglite', profile: options.profile });
const databases: DatabaseKind[] = [
  ...(options.database === 'postgres' ? [] : (['pglite'] as const)),
  ...(targets.postgres === undefined ? [] : (['postgres'] as const)),
];

console.log(
  `\nOverhead of agents\n${conditions({
    'the model': `thinks ${PACE.thinks} ms, then ${PACE.words} words, one every ${PACE.between} ms; on the load generator's core`,
    'to the request': 'from the acknowledgement of the message to the arrival of the request at the model',
    'since the send': 'the same from just before the message is sent: with its commit',
    'to the reader': "from the model's first word to the first piece of text at a client in the room",
    load: `1 room: the next question ${PAUSE_MS} ms after the answer; 100 rooms: each asks every ${EVERY_MS / 1000} s`,
  })}\n`,
);

const rows: string[][] = [];
try {
  for (const database of databases) {
    for (const scenario of SCENARIOS) {
      if (!isWanted(options.only, scenario.name, database)) continue;
      const { toRequest, sinceSend, toReader, lost, cpuPerTurn } = await measure(database, scenario);
      const [request, word] = [latencyOf(toRequest), latencyOf(toReader)];
      rows.push([
        `${database}, ${scenario.name}`,
        ...latency(request),
        ...latency(latencyOf(sinceSend)),
        ...latency(word),
        cpuPerTurn?.toFixed(0) ?? '-',
        String(toRequest.length),
        lost === 0 ? '' : `${lost} without an answer`,
      ]);
      for (const [what, measured, target] of [
        ['request to the model', request?.p50, TARGETS.request],
        ["model's first word to the reader", word?.p50, TARGETS.word],
      ] as const)
        keepRow({
          what: `agents: ${what}, ${scenario.name}, ${database}, p50`,
          target: `<= ${target} ms`,
          measured: measured === undefined ? '-' : `${measured.toFixed(1)} ms`,
          met: measured === undefined ? undefined : measured <= target,
        });
    }
  }
} finally {
  await targets.stop();
}
console.log(
  `${table(
    [
      'ms',
      'to request p50',
      'p99',
      'since send p50',
      'p99',
      'to reader p50',
      'p99',
      'CPU a turn',
      'turns',
      '',
    ],
    rows,
  )}\n\ntargets, p50: ${TARGETS.request} ms to the request, ${TARGETS.word} ms to the reader\n`,
);

async function measure(
  database: DatabaseKind,
  scenario: { rooms: number; seconds: number },
): Promise<Samples> {
  const model = await startSlowModel(PACE);
  const server = await targets.parley(database, {
    env: {
      OPENAI_API_KEY: 'none',
      OPENAI_BASE_URL: model.url,
      AGENT_DEFAULT_MODEL: 'slow',
      AGENT_MAX_CONCURRENT: '200',
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  const samples: Samples = { toRequest: [], sinceSend: [], toReader: [], lost: 0, cpuPerTurn: undefined };
  const clients: ChatClient[] = [];
  try {
    const { token, userId } = await signIn(url, 'Ada');
    const agent = await rest<{ id: string; handle: string }>(url, token, 'POST', '/api/agents', {
      name: 'Bot',
    });
    const end = { at: Number.POSITIVE_INFINITY };
    const ready: (() => Promise<void>)[] = [];
    for (let i = 0; i < scenario.rooms; i++) {
      const room = await rest<{ id: string }>(url, token, 'POST', '/api/rooms', { name: `Room ${i}` });
      await rest(url, token, 'POST', `/api/rooms/${room.id}/agents`, { agentId: agent.id });
      let firstText: number | undefined;
      let answered = (): void => undefined;
      const client = await connectChat({
        url,
        protocol: 'socketio',
        token,
        userId,
        roomId: room.id,
        onHeard({ type, at }) {
          if (type === 'agent_message_delta') firstText ??= at;
          if (type === 'agent_message') answered();
        },
      });
      clients.push(client);
      ready.push(async () => {
        if (scenario.rooms > 1) await sleep((i / scenario.rooms) * EVERY_MS);
        for (let n = 0; performance.now() < end.at; n++) {
          firstText = undefined;
          const done = new Promise<boolean>((resolve) => {
            answered = () => resolve(true);
          });
          const mark = `mark-${i}-${n}`;
          const sent = performance.now();
          await client.send({ id: crypto.randomUUID(), body: `@${agent.handle} tell me about ${mark}` });
          const acknowledged = performance.now();
          const limit = new AbortController();
          const isAnswered = await Promise.race([
            done,
            sleep(ANSWER_LIMIT_MS, false, { signal: limit.signal }).catch(() => false),
          ]);
          limit.abort();
          const [asked, word] = [model.asked.get(mark), model.firstWord.get(mark)];
          if (!isAnswered || asked === undefined || word === undefined || firstText === undefined)
            samples.lost++;
          else if (n >= (scenario.rooms > 1 ? 1 : WARM_UP)) {
            samples.toRequest.push(asked - acknowledged);
            samples.sinceSend.push(asked - sent);
            samples.toReader.push(firstText - word);
          }
          await sleep(scenario.rooms > 1 ? Math.max(0, EVERY_MS - (performance.now() - sent)) : PAUSE_MS);
        }
      });
    }
    end.at = performance.now() + scenario.seconds * 1000;
    const before = cpuSeconds(server.pid);
    const turnsBefore = model.asked.size;
    await Promise.all(ready.map((run) => run()));
    const after = cpuSeconds(server.pid);
    if (before !== undefined && after !== undefined)
      samples.cpuPerTurn = (1000 * (after - before)) / (model.asked.size - turnsBefore);
  } finally {
    for (const client of clients) client.close();
    await server.stop();
    await model.stop();
  }
  return samples;
}

// How much of the evidence for a question an agent's recall brings back, and how fast, through the code its runs use: dialogues
// are stored as memories of turns and recalled for the readers of a room. Run by `npm run bench:recall -- <folder>`; README.md
// says how to read it. Must never look at the evidence but to count.
import { parseArgs } from 'node:util';
import { type App, createApp, IN_MEMORY } from '../src/app.ts';
import { loadConfig } from '../src/core/config.ts';
import type { MemoryHolder, MemoryService, Readers } from '../src/memory/service.ts';
import { migratedPglite } from '../tests/support/migrated.ts';
import { createDatabase, startPostgres } from '../tests/support/postgres.ts';
import { type Dialogue, readDialogues, readMoment } from './support/recall-data.ts';
import { conditions, table } from './support/report.ts';

const { values, positionals } = parseArgs({
  options: { database: { type: 'string', default: 'pglite' } },
  allowPositionals: true,
});
const { database } = values;
if (database !== 'pglite' && database !== 'postgres') throw new Error('--database: pglite or postgres');
const DEPTHS = [1, 5, 10, 20];
const BATCH = 100;
/** Times that each question is measured: the fastest tells of the code, all of them of the machine as well. */
const ROUNDS = 3;

interface Answered {
  kind: string;
  /** Questions are dealt out in turn: weights were tuned on the first half. */
  half: 'dev' | 'held out';
  /** Share of the evidence among the first 1, 5, 10, 20. */
  found: number[];
  /** CPU of this process; with PGlite the database is in it. */
  tries: { ms: number; cpuMs: number }[];
}

const dialogues = readDialogues(positionals[0]);
const { app, stop } = await start();
try {
  const { identity, operations, agents } = app.parts;
  const { token } = await identity.signInLocally('Bench');
  const owner = await identity.authenticate(token, 'rest');
  const call = async (name: string, input: object): Promise<{ id: string }> => {
    const operation = operations.bySocket(name);
    if (operation === undefined) throw new Error(`No operation is named ${name}.`);
    const caller = { surface: 'rest' as const, address: 'bench' };
    return (await operations.call(operation, owner, input, caller)) as { id: string };
  };
  const without: Answered[] = [];
  const withFacts: Answered[] = [];
  for (const dialogue of dialogues) {
    const agent = await call('create_agent', { name: `Reader of ${dialogue.id}` });
    const room = await call('create_room', { name: dialogue.id, kind: 'group' });
    await call('invite_agent', { roomId: room.id, agentId: agent.id });
    const holder = { tenantId: owner.tenantId, agentId: agent.id };
    const ids = await storeTurns(agents.memory, holder, room.id, dialogue);
    without.push(...(await ask(agents.memory, holder, { roomId: room.id }, dialogue, ids)));
    await storeFacts(agents.memory, holder, room.id, dialogue, ids);
    withFacts.push(...(await ask(agents.memory, holder, { roomId: room.id }, dialogue, ids)));
  }
  console.log(
    conditions({
      database,
      dialogues: dialogues
        .map(({ id, turns, facts }) => `${id} (${turns.length} turns, ${facts.length} facts)`)
        .join(', '),
      questions:
        'those with evidence; "all" leaves out the adversarial ones; recall is the mean share of a question’s evidence',
    }),
  );
  report('turns alone', without);
  report('turns and facts', withFacts);
} finally {
  await stop();
}

async function start(): Promise<{ app: App; stop(): Promise<void> }> {
  const service =
    database === 'postgres' ? await startPostgres({ fsync: 'on', full_page_writes: 'on' }) : undefined;
  if (service !== undefined && 'missing' in service) throw new Error(service.missing);
  const fresh = service === undefined ? undefined : await createDatabase(service.url);
  const config = loadConfig({
    PORT: '0',
    DATA_DIR: IN_MEMORY,
    SECRET_KEY: 'for-this-benchmark-alone-3f81bc20',
    LOG_LEVEL: 'silent',
    DRAIN_WINDOW_MS: '0',
    RATE_LIMIT_FACTOR: '1000',
    ...(fresh === undefined ? {} : { DATABASE_URL: fresh.url }),
  });
  const app = await createApp(config, fresh === undefined ? { loadDataDir: await migratedPglite() } : {});
  await app.start();
  return {
    app,
    async stop() {
      await app.stop();
      await fresh?.drop();
      await service?.stop();
    },
  };
}

/** Ids of memories by ids of turns. */
async function storeTurns(
  memory: MemoryService,
  holder: MemoryHolder,
  roomId: string,
  { turns }: Dialogue,
): Promise<Map<string, string>> {
  const items = turns.map(({ date, speaker, text }, i) => ({
    input: {
      content: text,
      memoryType: 'conversation' as const,
      layer: 'turn' as const,
      context: { speaker },
      // Turns of one session share a date.
      occurredAt: new Date(readMoment(date) + i * 1000),
    },
    source: { roomId },
  }));
  const ids: string[] = [];
  for (let at = 0; at < items.length; at += BATCH)
    ids.push(...(await memory.rememberAll(holder, items.slice(at, at + BATCH))));
  return new Map(turns.map(({ id }, i) => [id, ids[i] as string]));
}

async function storeFacts(
  memory: MemoryService,
  holder: MemoryHolder,
  roomId: string,
  { facts }: Dialogue,
  ids: Map<string, string>,
): Promise<void> {
  const items = facts.map(({ text, sources }) => ({
    input: { content: text, evidence: sources.flatMap((id) => ids.get(id) ?? []) },
    source: { roomId },
  }));
  for (let at = 0; at < items.length; at += BATCH)
    await memory.rememberAll(holder, items.slice(at, at + BATCH));
}

async function ask(
  memory: MemoryService,
  holder: MemoryHolder,
  readers: Readers,
  { questions }: Dialogue,
  ids: Map<string, string>,
): Promise<Answered[]> {
  const limit = Math.max(...DEPTHS);
  const recall = (query: string) =>
    memory.recall(holder, query, { limit, readers, memoryTypes: ['conversation'] });
  // The first one reads the agent's memories into the process.
  await recall('warm up');
  const answered: Answered[] = [];
  for (const [i, { question, kind, evidence }] of questions.entries()) {
    const wanted = evidence.map((id) => ids.get(id));
    if (wanted.length === 0) continue;
    const { items } = await recall(question);
    const tries: { ms: number; cpuMs: number }[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const used = process.cpuUsage();
      const began = performance.now();
      await recall(question);
      const ms = performance.now() - began;
      const { user, system } = process.cpuUsage(used);
      tries.push({ ms, cpuMs: (user + system) / 1000 });
    }
    const ranked = items.map((item) => item.memory.id);
    const found = DEPTHS.map((depth) => {
      const top = new Set(ranked.slice(0, depth));
      return wanted.filter((id) => id !== undefined && top.has(id)).length / wanted.length;
    });
    answered.push({ kind, half: i % 2 === 0 ? 'dev' : 'held out', found, tries });
  }
  return answered;
}

function report(title: string, all: Answered[]): void {
  const proper = all.filter(({ kind }) => kind !== 'adversarial');
  const kinds = [...new Set(all.map(({ kind }) => kind))].sort();
  const rows: [string, Answered[]][] = [
    ['all', proper],
    ['dev half', proper.filter(({ half }) => half === 'dev')],
    ['held-out half', proper.filter(({ half }) => half === 'held out')],
    ...kinds.map((kind): [string, Answered[]] => [kind, all.filter((one) => one.kind === kind)]),
  ];
  const mean = (group: Answered[], at: number): string =>
    (
      (100 * group.reduce((sum, { found }) => sum + (found[at] as number), 0)) /
      Math.max(1, group.length)
    ).toFixed(1);
  console.log(`\n${title}`);
  console.log(
    table(
      ['', 'questions', ...DEPTHS.map((depth) => `recall@${depth}`)],
      rows.map(([name, group]) => [name, String(group.length), ...DEPTHS.map((_, at) => mean(group, at))]),
    ),
  );
  const at = (values: number[], share: number): string => {
    const sorted = values.toSorted((a, b) => a - b);
    return (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(2);
  };
  const fastest = all.map(({ tries }) => Math.min(...tries.map(({ ms }) => ms)));
  const every = all.flatMap(({ tries }) => tries.map(({ ms }) => ms));
  const cpu = all.map(({ tries }) => Math.min(...tries.map(({ cpuMs }) => cpuMs)));
  console.log(
    `a query took ${at(fastest, 0.5)} ms at the median and ${at(fastest, 0.95)} ms at p95, the fastest of ${ROUNDS}; all of them ` +
      `${at(every, 0.5)} and ${at(every, 0.95)} ms; CPU ${at(cpu, 0.5)} and ${at(cpu, 0.95)} ms`,
  );
}

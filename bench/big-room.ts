// Whether a room with millions of messages costs more than an empty one: send, join, page. Run by `npm run bench -- big-room`.
import { randomUUID } from 'node:crypto';
import { fillRoom } from './support/fill-room.ts';
import { readOptions } from './support/options.ts';
import { latencyOf } from './support/percentiles.ts';
import { RawClient } from './support/raw-client.ts';
import { conditions, ms, table } from './support/report.ts';
import { keepRow } from './support/rows.ts';
import { openTargets } from './support/targets.ts';

const options = readOptions({ seconds: 1 });
const TIMES = 400;
const WITHIN = 1.1;
/** So that each page and join is full in both rooms. */
const FEW = 100;

const targets = await openTargets({ postgres: true });
if (targets.postgres === undefined) {
  console.error('The big room needs Postgres, which is not here, so this is left out.');
  process.exit(0);
}
const database = await targets.database();
const running = await targets.parley('postgres', { databaseUrl: database.url });
const url = `http://127.0.0.1:${running.port}`;
console.log(
  `\nA big room\n${conditions({
    rooms: `one with ${options.messages.toLocaleString('en')} messages, one with ${FEW}`,
    times: `${TIMES} of each, one after the other, the two rooms in turn; medians`,
    page: '50 messages: the newest, and (in the big room) from the middle',
  })}\n`,
);

async function call<T>(method: string, path: string, body?: object, token = ''): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
const median = (samples: number[]) => latencyOf(samples)?.p50 ?? Number.NaN;

try {
  const signIn = async (name: string) =>
    (await call<{ token: string }>('POST', '/api/session', { name })).token;
  const [author, token] = [await signIn('Writer'), await signIn('Reader')];
  const room = async (name: string) =>
    (await call<{ id: string }>('POST', '/api/rooms', { name }, author)).id;
  const [few, many] = [await room('Few'), await room('Many')];
  const bodies = ['word '.repeat(40)];
  await fillRoom({ databaseUrl: database.url, roomId: few, count: FEW, bodies });
  await fillRoom({ databaseUrl: database.url, roomId: many, count: options.messages, bodies });

  async function join(id: string): Promise<void> {
    const client = new RawClient({
      port: running.port,
      protocol: 'phoenix',
      token,
      room: id,
      events: { delivered() {}, acked() {}, lost() {} },
    });
    await client.join();
    client.close();
  }
  for (const id of [few, many]) {
    await join(id);
    // As every client does with what it shows.
    const { lastSeq } = await call<{ lastSeq: number }>('GET', `/api/rooms/${id}`, undefined, token);
    await call('POST', `/api/rooms/${id}/read`, { seq: lastSeq }, token);
  }
  const samples = new Map<string, number[]>();
  const timed = async (name: string, work: () => Promise<unknown>) => {
    const from = performance.now();
    await work();
    const known = samples.get(name);
    if (known === undefined) samples.set(name, [performance.now() - from]);
    else known.push(performance.now() - from);
  };
  const page = (id: string, before?: number) =>
    call(
      'GET',
      `/api/rooms/${id}/messages?limit=50${before === undefined ? '' : `&before=${before}`}`,
      undefined,
      token,
    );
  const send = (id: string) =>
    call('POST', `/api/rooms/${id}/messages`, { id: randomUUID(), body: 'x'.repeat(200) }, token);
  for (let i = -20; i < TIMES; i++) {
    if (i === 0) samples.clear();
    for (const [name, id] of [
      ['few', few],
      ['many', many],
    ] as const) {
      await timed(`send ${name}`, () => send(id));
      await timed(`join ${name}`, () => join(id));
      await timed(`page ${name}`, () => page(id));
    }
    await timed('middle many', () => page(many, Math.floor(options.messages / 2) + i));
    await timed('middle few', () => page(few, FEW - 20));
  }

  console.log(
    table(
      ['', 'few, ms', 'many, ms', 'ratio'],
      ['send', 'join', 'page', 'middle'].map((what) => {
        const [a, b] = [median(samples.get(`${what} few`) ?? []), median(samples.get(`${what} many`) ?? [])];
        keepRow({
          what: `a room with ${options.messages.toLocaleString('en')} messages against ${FEW}: ${what}`,
          target: 'within 10 %',
          measured: `${(b / a).toFixed(2)} x`,
          met: b / a <= WITHIN,
          beside: `${ms(a)} ms in the small room`,
        });
        return [what, ms(a), ms(b), `${(b / a).toFixed(2)} x`];
      }),
    ),
  );
} finally {
  await running.stop();
  await database.drop();
  await targets.stop();
}

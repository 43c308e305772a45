// Whether the console scrolls a room of 100,000 messages as it scrolls one of 1,000: long frames, nodes and memory of the page,
// time to open, to jump and to come back. Run by `npm run bench -- long-room`; needs Postgres and Chromium.
import type { CDPSession, Page } from 'playwright-core';
import { buildConsole } from '../tests/e2e/support/build.ts';
import { hasBrowser, launchBrowser } from '../tests/e2e/support/console.ts';
import { fillRoom } from './support/fill-room.ts';
import { readOptions } from './support/options.ts';
import { latencyOf } from './support/percentiles.ts';
import { conditions, ms, table } from './support/report.ts';
import { keepRow } from './support/rows.ts';
import { openTargets } from './support/targets.ts';

const options = readOptions({ seconds: 1, messages: 100_000 });
const FEW = 1000;
/** Rows that are scrolled past, upwards, in each room. */
const ROWS = 5000;
const WHEEL_PX = 600;
const LONG_MS = 50;
const PEOPLE = ['Amara Diallo', 'Bo Lindqvist', 'Chen Wei', 'Dana Petrova', 'Elif Kaya', 'Farid Haddad'];
const BODIES = [
  '({n}) Does anyone know why the build is red since this morning?',
  '({n}) I think it is the new linter. It complains about **three files** that nobody touched.',
  '({n}) Which ones?',
  '({n}) `parser.ts`, `lexer.ts` and the tests of both:\n\n```ts\nexport function parse(text: string): Tree {\n  return build(lex(text));\n}\n```',
  '({n}) Ah, that is the rule about return types. We can switch it off for the tests.',
  '({n}) Please do not: it found two real mistakes for us last month, and the fix is one line each. I would rather see these files typed than the rule silenced, and I am glad to do it after lunch if nobody minds.',
  '({n}) So:\n\n1. Type the two exports\n2. Run the check again\n3. Ask Dana to look over it',
  '({n}) Good. Thank you!',
  '({n}) See also https://example.com/notes/return-types for how we settled it the last time.',
  '({n}) Lunch?',
  '({n}) Hm.\n\n> we can switch it off\n\nNo, we cannot. :)',
];

/** In the page: gaps between frames while it is scrolled, and which rows were seen. */
const WATCH = `(() => {
  const log = document.querySelector('[role=log]');
  const seen = new Set();
  const gaps = [];
  let last;
  let on = true;
  const frame = (now) => {
    if (last !== undefined) gaps.push(now - last);
    last = now;
    for (const row of log.querySelectorAll('[data-row]')) seen.add(row.dataset.row);
    if (on) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  window.watched = { seen: () => seen.size, end() { on = false; return gaps; } };
})()`;
/** Holes: a stretch of the view without a row. */
const BLANK = `(() => {
  const log = document.querySelector('[role=log]').getBoundingClientRect();
  const at = document.elementFromPoint(log.left + log.width / 2, log.top + log.height / 2);
  return at?.closest('[data-row], [data-index]') === null;
})()`;

const targets = await openTargets({ postgres: true });
if (targets.postgres === undefined || !hasBrowser) {
  console.error('The long room needs Postgres and Chromium, which are not both here, so this is left out.');
  await targets.stop();
  process.exit(0);
}
await buildConsole();
const database = await targets.database();
const running = await targets.parley('postgres', { databaseUrl: database.url });
const browser = await launchBrowser();
const url = `http://127.0.0.1:${running.port}`;
console.log(
  `\nA long room in the console\n${conditions({
    rooms: `one with ${options.messages.toLocaleString('en')} messages, one with ${FEW.toLocaleString('en')}`,
    scrolled: `${ROWS.toLocaleString('en')} rows upwards by ${WHEEL_PX} px a turn of the wheel, as fast as the page takes them (the small room: there and back)`,
    'long frame': `more than ${LONG_MS} ms between two frames; headless Chromium draws on the same two cores`,
    page: '1280 x 800 px',
  })}\n`,
);

interface Figures {
  opened: number;
  rows: number;
  gaps: number[];
  blanks: number;
  nodes: number;
  heapMb: number;
  jumps: Record<string, number>;
}

try {
  const call = async (path: string, body: object, token?: string) => {
    const response = await fetch(`${url}/api${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { id: string; token: string };
  };
  const tokens: string[] = [];
  for (const name of PEOPLE) tokens.push((await call('/session', { name })).token);
  async function room(name: string, key: string, count: number): Promise<void> {
    const { id } = await call('/rooms', { name, slug: key }, tokens[0]);
    for (const token of tokens.slice(1)) await call(`/rooms/${id}/join`, {}, token);
    await fillRoom({ databaseUrl: database.url, roomId: id, count, bodies: BODIES });
  }
  await room('A short one', 'short', FEW);
  await room('A long one', 'long', options.messages);

  const results = new Map<string, Figures>();
  for (const [key, count] of [
    ['short', FEW],
    ['long', options.messages],
  ] as const)
    results.set(key, await visit(key, count));
  const [short, long] = [results.get('short') as Figures, results.get('long') as Figures];
  const perThousand = (f: Figures) => (f.gaps.filter((gap) => gap > LONG_MS).length / f.rows) * 1000;
  const spread = (f: Figures) => latencyOf(f.gaps);
  const line = (what: string, of: (f: Figures) => string) => [what, of(short), of(long)];
  console.log(
    table(
      ['', FEW.toLocaleString('en'), options.messages.toLocaleString('en')],
      [
        line('opened, ms', (f) => ms(f.opened)),
        line('rows scrolled', (f) => String(f.rows)),
        line('between frames p50, ms', (f) => ms(spread(f)?.p50)),
        line('between frames p99, ms', (f) => ms(spread(f)?.p99)),
        line('longest, ms', (f) => ms(Math.max(...f.gaps))),
        line(`frames over ${LONG_MS} ms per 1,000 rows`, (f) => perThousand(f).toFixed(1)),
        line('views with a hole', (f) => String(f.blanks)),
        line('nodes in the page', (f) => String(f.nodes)),
        line('heap after collection, MB', (f) => f.heapMb.toFixed(1)),
        ...Object.keys(long.jumps).map((jump) => line(`${jump}, ms`, (f) => ms(f.jumps[jump]))),
      ],
    ),
  );
  const beside = `beside ${FEW.toLocaleString('en')} messages`;
  keepRow({
    what: 'console: p99 between frames, scrolling 100,000 messages',
    target: `within 25 % of ${FEW} messages`,
    measured: `${((spread(long)?.p99 ?? Number.NaN) / (spread(short)?.p99 ?? Number.NaN)).toFixed(2)} x`,
    met: (spread(long)?.p99 ?? Number.NaN) <= 1.25 * (spread(short)?.p99 ?? Number.NaN),
    beside,
  });

  async function visit(key: string, count: number): Promise<Figures> {
    const context = await browser.newContext({
      // The page is asked by scripts of this program.
      bypassCSP: true,
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    await page.goto(url);
    await page.getByLabel('Your name').fill(PEOPLE[0] as string);
    await page.getByRole('button', { name: 'Enter' }).click();
    await page.getByRole('log').waitFor();
    const cdp = await context.newCDPSession(page);
    await cdp.send('Performance.enable');

    const begun = performance.now();
    await page.goto(`${url}/#/rooms/${key}`);
    await shows(page, count);
    const opened = performance.now() - begun;

    await page.evaluate(WATCH);
    await page.mouse.move(700, 400);
    let up = true;
    let blanks = 0;
    let turned = 0;
    let rows = 0;
    while (rows < Math.min(ROWS, turned > 0 && count < ROWS ? 2 * count : ROWS) && turned < 4000) {
      await page.mouse.wheel(0, up ? -WHEEL_PX : WHEEL_PX);
      turned += 1;
      if (turned % 20 !== 0) continue;
      rows = await page.evaluate<number>('watched.seen()');
      if (await page.evaluate<boolean>(BLANK)) blanks += 1;
      if (rows >= count - 30) {
        if (!up) break;
        up = false;
        if (turned > 3000) break;
      }
    }
    const gaps = await page.evaluate<number[]>('watched.end()');
    const figures = await memory(cdp);
    const jumps: Record<string, number> = {};
    const jump = async (name: string, seq: number) => {
      const from = performance.now();
      await page.goto(`${url}/#/rooms/${key}?at=${seq}`);
      await shows(page, seq);
      jumps[name] = performance.now() - from;
    };
    await jump('to the first message', 2);
    await jump('to the middle', Math.floor(count / 2));
    const from = performance.now();
    await page.getByRole('button', { name: 'Jump to newest' }).click();
    await shows(page, count);
    jumps['back to the newest'] = performance.now() - from;
    await context.close();
    return { opened, rows, gaps, blanks, ...figures, jumps };
  }
} finally {
  await browser.close();
  await running.stop();
  await database.drop();
  await targets.stop();
}

/** The message of about this number is in view. */
async function shows(page: Page, seq: number): Promise<void> {
  await page.waitForFunction(
    `(() => {
      const log = document.querySelector('[role=log]');
      if (log === null) return false;
      const view = log.getBoundingClientRect();
      return [...log.querySelectorAll('[data-row]')].some((row) => {
        const at = row.getBoundingClientRect();
        return Math.abs(Number(/\\((\\d+)\\)/.exec(row.textContent)?.[1]) - ${seq}) < 12 && at.bottom > view.top && at.top < view.bottom;
      });
    })()`,
    undefined,
    { timeout: 60_000 },
  );
}

async function memory(cdp: CDPSession): Promise<{ nodes: number; heapMb: number }> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return { nodes: of('Nodes'), heapMb: of('JSHeapUsedSize') / 1024 / 1024 };
}

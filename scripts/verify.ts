// Verifies a running deployment: clients of both protocols behind faulty networks, then a verdict for each guarantee.
// Progress goes to stderr, the report to stdout. Exit 0: all hold. 1: a violation. 2: it cannot be reached or used.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { reportOf, textOf } from './verify/report.ts';
import { Unusable } from './verify/rest.ts';
import { run } from './verify/run.ts';

const USAGE = `npm run verify -- --url http://…  [--minutes 2] [--clients 12] [--rooms 3] [--rate 20] [--seed 1]
                                  [--report report.json] [--token …]

  --url       the deployment; rooms are made there for this and deleted afterwards
  --minutes   how long messages are sent (default 2)
  --clients   half socket.io-client, half phoenix.js (default 12)
  --rate      messages a second of all writers together (default 20)
  --seed      of the faults and deeds (default 1)
  --report    a file for the report as JSON
  --token     one user's token for all clients, where nobody can sign in by name`;

const usage = (message: string) => new Unusable(message, USAGE);

function readOptions() {
  const text = (value?: string) => ({
    type: 'string' as const,
    ...(value === undefined ? {} : { default: value }),
  });
  const { values } = parseArgs({
    options: {
      url: text(),
      minutes: text('2'),
      clients: text('12'),
      rooms: text('3'),
      rate: text('20'),
      seed: text('1'),
      report: text(),
      token: text(),
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return undefined;
  const { url } = values;
  if (url === undefined) throw usage('--url: which deployment?');
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw usage(`--url: "${url}" is no address`);
  const number = (name: 'minutes' | 'clients' | 'rooms' | 'rate' | 'seed', whole: boolean) => {
    const value = Number(values[name]);
    if (!(value > 0) || !Number.isFinite(value) || (whole && !Number.isInteger(value)))
      throw usage(`--${name}: give a ${whole ? 'whole ' : ''}number above 0`);
    return value;
  };
  const clients = number('clients', true);
  const rooms = number('rooms', true);
  if (rooms > clients) throw usage('--rooms: at most as many as clients');
  const seconds = number('minutes', false) * 60;
  const rate = number('rate', false);
  const seed = number('seed', true);
  return { url, clients, rooms, seconds, rate, seed, token: values.token, file: values.report };
}

async function main(): Promise<number> {
  const read = readOptions();
  if (read === undefined) {
    console.log(USAGE);
    return 0;
  }
  const { file, ...options } = read;
  const progress = (what: string) => void (process.stderr.isTTY && process.stderr.write(`\r\x1b[K${what}`));
  const report = reportOf(await run({ ...options, progress }), options);
  if (process.stderr.isTTY) process.stderr.write('\n');
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(textOf(report));
  return report.holds ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const { message, stack } = error as Error;
  const badOption = String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
  if (error instanceof Unusable) process.stderr.write(`${message}\n${error.next}\n`);
  else process.stderr.write(`${badOption ? `${message}\n${USAGE}` : stack}\n`);
  process.exitCode = 2;
}

// `npm run bench`: installs what is missing, then runs the benchmarks that are named, or all, on the pinned Node, and sums up.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensure, runScript } from './ensure.mjs';
import { runNode } from './run-node.mjs';

const ALL = ['fan-out', 'durable-sends', 'held', 'joins', 'idle', 'two-nodes', 'big-room'];
/** Run only when named: they need a folder of data, or measure something else. */
const NAMED = ['recall', 'turns', 'agent-overhead', 'long-room'];

await runScript(async () => {
  await ensure();
  const [first, ...rest] = process.argv.slice(2);
  const isNamed = first !== undefined && !first.startsWith('-');
  if (isNamed && ![...ALL, ...NAMED].includes(first)) {
    console.error(`There is no benchmark ${first}; there are ${[...ALL, ...NAMED].join(', ')}.`);
    return 2;
  }
  const json = rest.concat(isNamed ? [] : [first ?? '']).find((word) => word.startsWith('--json='));
  const options = (isNamed ? rest : process.argv.slice(2)).filter((word) => !word.startsWith('--json='));
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-rows-'));
  const rows = join(folder, 'rows.jsonl');
  process.env.BENCH_ROWS = rows;
  let worst = 0;
  try {
    for (const name of isNamed ? [first] : ALL) {
      const code = await runNode([`bench/${name}.ts`, ...options]);
      if (code !== 0 && isNamed) return code;
      worst ||= code;
    }
    if (!existsSync(rows)) return worst;
    const summed = await runNode([
      'bench/summary.ts',
      `--rows=${rows}`,
      ...(json === undefined ? [] : [json]),
    ]);
    return worst || summed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

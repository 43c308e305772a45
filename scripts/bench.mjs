// `npm run bench`: installs what is missing, then runs the benchmarks that are named, or all, on the pinned Node.
import { ensure, runScript } from './ensure.mjs';
import { runNode } from './run-node.mjs';

const ALL = ['fan-out', 'durable-sends'];
/** Run only when named: it needs a folder of data. */
const NAMED = ['recall'];

await runScript(async () => {
  await ensure();
  const named = [...ALL, ...NAMED].filter((name) => process.argv[2] === name);
  const options = process.argv.slice(named.length === 0 ? 2 : 3);
  for (const name of named.length === 0 ? ALL : named) {
    const code = await runNode([`bench/${name}.ts`, ...options]);
    if (code !== 0) return code;
  }
  return 0;
});

// `npm run sdk:seeds`: the client on a lossy network, a thousand seeds of it unless SEEDS says how many. SEED=17 takes that one alone.
import { join } from 'node:path';
import { ensure, ROOT, runScript } from './ensure.mjs';
import { runNode } from './run-node.mjs';

process.env.SEEDS ??= '1000';
await runScript(async () => {
  await ensure();
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  return runNode([vitest, 'run', 'client-sdk/tests/lossy.test.ts', ...process.argv.slice(2)]);
});

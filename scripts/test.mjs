// `npm test`: installs what is missing, then runs the tests; further arguments go to vitest.
import { join } from 'node:path';
import { ensure, ROOT, runScript } from './ensure.mjs';
import { runNode } from './run-node.mjs';

await runScript(async () => {
  await ensure();
  return runNode([join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...process.argv.slice(2)]);
});

// `npm run soak`: installs what is missing, then soaks a cluster in faults on the pinned Node.
import { ensure, runScript } from './ensure.mjs';
import { runNode } from './run-node.mjs';

await runScript(async () => {
  await ensure();
  return runNode(['scripts/soak.ts', ...process.argv.slice(2)]);
});

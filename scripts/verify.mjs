// `npm run verify -- --url http://…`: installs what is missing, then verifies a running deployment on the pinned Node.
import { ensure, runScript } from './ensure.mjs';
import { runNode } from './run-node.mjs';

await runScript(async () => {
  await ensure();
  return runNode(['scripts/verify.ts', ...process.argv.slice(2)]);
});

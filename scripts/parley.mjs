// `npm run parley -- <command>`: installs what is missing, then runs the command line on the pinned Node.
// Must never read or judge the arguments: src/cli.ts does.
import { ensure, runScript } from './ensure.mjs';
import { runNode } from './run-node.mjs';

await runScript(async () => {
  await ensure();
  return runNode(['src/cli.ts', ...process.argv.slice(2)]);
});

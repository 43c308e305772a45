// `npm run replay -- <folder>`: installs what is missing, then replays channel logs on the pinned Node.
import { ensure, runScript } from './ensure.mjs';
import { runNode } from './run-node.mjs';

await runScript(async () => {
  await ensure();
  return runNode(['scripts/replay.ts', ...process.argv.slice(2)]);
});

// `npm run screenshots`: installs and builds what is missing, then writes the pictures of the console into docs/images.
import { ensureConsole } from './console.mjs';
import { ensure, runScript } from './ensure.mjs';
import { runNode } from './run-node.mjs';

await runScript(async () => {
  await ensure();
  await ensureConsole();
  return runNode(['scripts/screenshots/main.ts', ...process.argv.slice(2)]);
});

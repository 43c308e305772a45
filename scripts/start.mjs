// `npm start`: installs and builds what is missing, then runs the server on the pinned Node.
// Must never read or judge the configuration: src/main.ts does.
import { ensureConsole } from './console.mjs';
import { ensure, runScript } from './ensure.mjs';
import { runNode } from './run-node.mjs';

await runScript(async () => {
  await ensure();
  await ensureConsole();
  return runNode(['src/main.ts', ...process.argv.slice(2)]);
});

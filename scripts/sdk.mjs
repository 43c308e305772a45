// `npm run sdk`: installs what is missing, then builds and packs the client package into client-sdk/dist, on the pinned Node.
import { ensure, runScript } from './ensure.mjs';
import { runNode } from './run-node.mjs';

await runScript(async () => {
  await ensure();
  return runNode(['client-sdk/build/package.ts']);
});

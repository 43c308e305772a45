// Builds the console into web/dist when its sources have changed since the last build.
// Must never decide by modification times: a fresh clone has none worth trusting.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { ROOT, SetupError } from './ensure.mjs';
import { runNode } from './run-node.mjs';

const WEB = join(ROOT, 'web');
const STAMP = join(WEB, 'dist', '.parley-build');
const NOT_SOURCES = new Set(['node_modules', 'dist', '.vite']);

/** @throws SetupError when the build fails */
export async function ensureConsole() {
  if (!existsSync(join(WEB, 'vite.config.ts'))) {
    console.log('The console is not built: web/vite.config.ts is missing. The server starts without it.');
    return;
  }
  const wanted = fingerprint();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;

  console.log('Building the console.');
  const started = performance.now();
  const code = await runNode([vite(), 'build', '--logLevel', 'warn'], { cwd: WEB });
  if (code !== 0) {
    throw new SetupError(
      `The console could not be built (vite ended with ${code}); what it said is above.\n` +
        'Next: correct what it names in web/ or client-sdk/src, then try again.',
    );
  }
  writeFileSync(STAMP, wanted);
  console.log(`Built the console in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
}

function vite() {
  const manifest = createRequire(join(WEB, 'package.json')).resolve('vite/package.json');
  return join(dirname(manifest), 'bin', 'vite.js');
}

function fingerprint() {
  const hash = createHash('sha256');
  const files = [
    join(ROOT, 'package-lock.json'),
    ...sources(WEB),
    ...sources(join(ROOT, 'client-sdk', 'src')),
  ];
  for (const file of files)
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex');
}

function sources(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !NOT_SOURCES.has(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? sources(join(folder, entry.name)) : [join(folder, entry.name)],
    );
}

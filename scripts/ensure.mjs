// Makes node_modules agree with package-lock.json, and does nothing, fast, when it already does.
// Runs on the reader's own Node (20.19 or newer), so it is plain JavaScript and must never import a dependency.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.parley-stamp');
const MANIFESTS = ['package.json', 'client-sdk/package.json', 'web/package.json'];
const OLDEST_NODE = [20, 19];
const INSTALL_LIMIT_MS = 10 * 60_000;
const PROGRESS_EVERY_MS = 10_000;

/** The Node that the repository pins: the only one that runs its TypeScript. */
export const PINNED_NODE = join(MODULES, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** A failure whose message is all the reader needs: printed without a stack. */
export class SetupError extends Error {}

/** Installs what package-lock.json asks for, if anything is missing or changed. @throws SetupError */
export async function ensure() {
  requireNode();
  const wanted = fingerprint();
  if (existsSync(PINNED_NODE) && (readStamp() === wanted || isInstalled())) {
    if (readStamp() !== wanted) writeFileSync(STAMP, wanted);
    return;
  }
  await install();
  if (!existsSync(PINNED_NODE)) {
    throw new SetupError(
      'npm finished, but did not bring the pinned Node 24: its install script was not run.\n' +
        'Next: run `npm rebuild node --ignore-scripts=false`, then try again.',
    );
  }
  writeFileSync(STAMP, wanted);
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new SetupError(
    `This is Node ${process.versions.node}; installing Parley needs Node ${OLDEST_NODE.join('.')} or newer.\n` +
      'Next: install a current Node from https://nodejs.org, then try again.',
  );
}

/** Changes when, and only when, what npm should install changes: scripts in a package.json do not count. */
function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json')));
  for (const file of MANIFESTS) hash.update(JSON.stringify(dependenciesOf(readJson(file))));
  return hash.update(`${process.platform} ${process.arch}`).digest('hex');
}

function dependenciesOf(manifest) {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies, overrides } = manifest;
  return { dependencies, devDependencies, optionalDependencies, peerDependencies, overrides };
}

function readStamp() {
  return existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : undefined;
}

/** True after a plain `npm install` or `npm ci`, which leave npm's own record but no stamp. */
function isInstalled() {
  const record = join(MODULES, '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = readJson('node_modules/.package-lock.json').packages;
  const wanted = readJson('package-lock.json').packages;
  const manifest = readJson('package.json');
  for (const kind of ['dependencies', 'devDependencies']) {
    for (const [name, range] of Object.entries(manifest[kind] ?? {})) {
      if (wanted[''][kind]?.[name] !== range) return false;
    }
  }
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.link) return true;
    const there = installed[path];
    return there
      ? there.version === entry.version
      : Boolean(entry.optional || entry.devOptional || entry.peer);
  });
}

function readJson(file) {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
}

/** npm deletes node_modules first, so it must not run on the Node that lives in there. */
function environmentOutsideModules() {
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  const outside = (process.env[key] ?? '')
    .split(delimiter)
    .filter((folder) => !`${folder}${sep}`.startsWith(MODULES + sep));
  return { ...process.env, [key]: outside.join(delimiter) };
}

async function install() {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  console.log('Installing the packages in package-lock.json (npm ci); the first time takes about a minute.');
  const npm = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    env: environmentOutsideModules(),
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  const progress = setInterval(() => console.log(`  still installing, ${seconds()} s`), PROGRESS_EVERY_MS);
  const limit = setTimeout(() => npm.kill(), INSTALL_LIMIT_MS);
  const outcome = await new Promise((resolve) => {
    npm.once('error', (error) => resolve(error.message));
    npm.once('close', (code, signal) =>
      resolve(code === 0 ? undefined : signal ? `stopped by ${signal}` : `exit code ${code}`),
    );
  });
  clearInterval(progress);
  clearTimeout(limit);
  if (outcome !== undefined) {
    throw new SetupError(
      `npm ci failed after ${seconds()} s (${outcome}); what it said is above.\n` +
        'Next: check that the network and the npm registry can be reached and that the disk has 2 GB free, then try again.\n' +
        'If it says that package.json and package-lock.json disagree, run `npm install` once.',
    );
  }
  console.log(`Installed in ${seconds()} s.`);
}

/** Runs a script's main function; a SetupError ends the process with its message alone. */
export async function runScript(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runScript(async () => {
    await ensure();
    return 0;
  });
}

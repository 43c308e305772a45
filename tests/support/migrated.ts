// A migrated, empty PGlite as an archive, made once for a set of migrations and kept between runs.
// Must never outlive a change of a migration: its name is a hash of what made it.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../../src/core/db/database.ts';
import { migrate } from '../../src/core/db/migrate.ts';
import { createLogger } from '../../src/core/logger.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules', '.cache', 'parley-tests');

/** Archives of other migrations are thrown away after this. */
const KEEP_MS = 24 * 3600 * 1000;

let loaded: Promise<Blob> | undefined;

/** Pass it as AppOverrides.loadDataDir. Loading takes 0.3 s; creating and migrating takes 2 to 5 s. */
export function migratedPglite(): Promise<Blob> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Blob> {
  const name = `migrated-${fingerprint()}.tar`;
  const path = join(CACHE, name);
  if (!existsSync(path)) await make(name);
  return new Blob([readFileSync(path)]);
}

async function make(name: string): Promise<void> {
  const logger = createLogger({ level: 'silent', format: 'json' });
  const database = await openDatabase({ poolSize: 1, logger });
  if (!('pglite' in database.driver)) throw new Error('A database without a URL is PGlite.');
  await migrate(database.db, logger);
  const archive = await database.driver.pglite.dumpDataDir('none');
  const bytes = Buffer.from(await archive.arrayBuffer());
  await database.close();
  mkdirSync(CACHE, { recursive: true });
  for (const old of readdirSync(CACHE)) {
    const path = join(CACHE, old);
    if (Date.now() - statSync(path).mtimeMs > KEEP_MS) rmSync(path, { force: true });
  }
  // Written aside and renamed: another worker may be making the same one.
  const draft = join(CACHE, `${name}.${process.pid}`);
  writeFileSync(draft, bytes);
  renameSync(draft, join(CACHE, name));
}

function fingerprint(): string {
  const hash = createHash('sha256');
  const migrations = readdirSync(join(ROOT, 'migrations')).sort();
  const files = [
    'node_modules/@electric-sql/pglite/package.json',
    ...migrations.map((file) => `migrations/${file}`),
  ];
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update('\0');
  return hash.digest('hex').slice(0, 16);
}

// The command line: what an operator does beside running the server. `parley help` lists the commands.
// Answers go to stdout, everything else to stderr. Exit codes: 0 done, 1 it could not be done, 2 the command was not understood.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BackupError, backUp, restore } from './core/backup.ts';
import { checkFiles } from './core/backup-files.ts';
import { checkLogs } from './core/backup-manifest.ts';
import { systemClock } from './core/clock.ts';
import { type Config, ConfigError, loadConfig } from './core/config.ts';
import { DataDirLockedError, lockDataDir } from './core/data-dir.ts';
import { type Database, openDatabase } from './core/db/database.ts';
import { migrate, pendingMigrations } from './core/db/migrate.ts';
import { checkNode, examine } from './core/doctor.ts';
import type { Finding } from './core/doctor-finding.ts';
import { renewEpoch } from './core/epoch.ts';
import { AppError } from './core/errors.ts';
import { createFiles } from './core/files.ts';
import { createLogger } from './core/logger.ts';
import { listTenants, verifyChain } from './server/audit/service.ts';

const HELP = `Usage: npm run parley -- <command>     or     node src/cli.ts <command>

  migrate                     bring the database to the newest schema, and say what was applied
  token <name>                print a sign-in token for that name, for scripts (needs sign-in by name)
  doctor                      check everything a server needs; fails if something cannot work
  backup <file>               write the database and the uploaded files of this disk into one file
      --with-secret           also the key that signs sessions: then keep the file like a password
      --with-files            also the uploaded files that are in a bucket
  restore <file>              restore a backup, verify it, and make clients start afresh
      --with-secret           also the key, if the backup has it
      --replace               put an embedded database that is there aside
  check-data                  check that every room's log is complete, and every uploaded file is there and whole
      --new-epoch             make clients start afresh: after restoring by other means
  audit verify                check that the audit is whole: no entry changed, removed or put in
  verify --url <address>      check a running deployment under network faults; \`verify --help\` lists its options
  explain message <id>        by what way a message came to --user, or which rule kept it back
  explain badge <room>        why a room shows so many unread messages to --user
  explain silence <id>        why agents did or did not answer a message; \`explain --help\` has the rest
  help                        this text

The configuration is the server's own: the environment, see .env.example. An embedded database must not be in use by a server.
Exit codes: 0 done, 1 it could not be done, 2 the command was not understood.
`;

class UsageError extends Error {}

const out = (text: string) => void process.stdout.write(`${text}\n`);
const err = (text: string) => void process.stderr.write(`${text}\n`);
const logger = createLogger({ level: 'silent', format: 'json' });

const COMMANDS: Record<string, { args: string[]; flags: string[]; run: Run }> = {
  migrate: { args: [], flags: [], run: runMigrate },
  token: { args: ['name'], flags: [], run: runToken },
  doctor: { args: [], flags: [], run: runDoctor },
  backup: { args: ['file'], flags: ['with-secret', 'with-files'], run: runBackup },
  restore: { args: ['file'], flags: ['with-secret', 'replace'], run: runRestore },
  'check-data': { args: [], flags: ['new-epoch'], run: runCheckData },
  audit: { args: ['verify'], flags: [], run: runAudit },
  help: { args: [], flags: [], run: async () => void process.stdout.write(HELP) },
};

type Run = (args: string[], flags: Set<string>) => Promise<void>;

async function main([name, ...rest]: string[]): Promise<void> {
  if (name === undefined || name === '--help' || name === '-h') {
    if (name === undefined) throw new UsageError('Which command?');
    return void process.stdout.write(HELP);
  }
  if (name === 'verify' || name === 'explain') return runScript(name, rest);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new UsageError(`There is no command "${name}".`);
  const options = Object.fromEntries(
    [...command.flags, 'help'].map((flag) => [flag, { type: 'boolean' as const }]),
  );
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: rest, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (parsed.values.help === true) return void process.stdout.write(HELP);
  const { args } = command;
  if (parsed.positionals.length !== args.length)
    throw new UsageError(
      args.length === 0
        ? `\`${name}\` takes no "${parsed.positionals[0]}".`
        : `\`${name}\` takes ${args.map((a) => `<${a}>`).join(' ')} and nothing else.`,
    );
  await command.run(parsed.positionals, new Set(Object.keys(parsed.values)));
}

const config = (): Config => loadConfig(process.env, process.stdout.isTTY === true);

async function runMigrate(): Promise<void> {
  await withDatabase(config(), async ({ db }) => {
    const pending = await pendingMigrations(db);
    await migrate(db, logger);
    for (const migration of pending) out(`applied ${migration}`);
    out(pending.length === 0 ? 'Nothing to do: the schema is the newest.' : 'The schema is the newest.');
  });
}

async function runToken([name]: string[]): Promise<void> {
  // The whole server takes a second to load; most commands need none of it.
  const { createApp } = await import('./app.ts');
  const app = await createApp(config(), { logger });
  try {
    const { identity } = app.parts;
    await identity.ensureHomeTenant();
    out((await identity.signInLocally(name as string)).token);
  } finally {
    await app.stop();
  }
}

async function runDoctor(): Promise<void> {
  let findings: Finding[];
  try {
    findings = await examine({
      config: config(),
      clock: systemClock,
      logger,
      nodeVersion: process.versions.node,
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings = [
      checkNode(process.versions.node),
      ...error.problems.map(
        (detail): Finding => ({
          level: 'fail',
          what: 'Configuration',
          detail,
          next: 'correct it, then ask again',
        }),
      ),
    ];
  }
  for (const { level, what, detail, next } of findings) {
    out(`${level.padEnd(5)} ${what.padEnd(14)} ${detail}`);
    if (next !== undefined) out(`${' '.repeat(21)}next: ${next}`);
  }
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  out(`\n${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} that cannot work`);
  if (count('fail') > 0) process.exitCode = 1;
}

const backupDeps = (env: NodeJS.ProcessEnv) => ({ config: config(), clock: systemClock, logger, env });

async function runBackup([file]: string[], flags: Set<string>): Promise<void> {
  const { manifest, problems } = await backUp(backupDeps(process.env), file as string, {
    withSecret: flags.has('with-secret'),
    withFiles: flags.has('with-files'),
  });
  const rooms = manifest.tables['public.rooms'] ?? 0;
  const messages = manifest.tables['public.messages'] ?? 0;
  const { listed = 0, archived = 0 } = manifest.files ?? {};
  out(`Backed up ${rooms} rooms, ${messages} messages and ${archived} of ${listed} files into ${file}.`);
  for (const problem of problems) err(problem);
  if (problems.length > 0) process.exitCode = 1;
  else if (archived < listed)
    err('The files stay in their bucket; give --with-files to have them in the backup.');
  if (!flags.has('with-secret'))
    err('Without the key that signs sessions: keep SECRET_KEY or secret.key elsewhere.');
}

async function runRestore([file]: string[], flags: Set<string>): Promise<void> {
  const { manifest, epoch, keptAt, files } = await restore(backupDeps(process.env), file as string, {
    withSecret: flags.has('with-secret'),
    replace: flags.has('replace'),
  });
  const tables = Object.keys(manifest.tables).length;
  out(`Restored and verified: ${tables} tables and every room's log are as of ${manifest.createdAt}.`);
  out(`The new epoch is ${epoch}: clients that saw what came later start afresh.`);
  if (files.put > 0) out(`${files.put} uploaded files were put back.`);
  for (const problem of files.problems) err(problem);
  if (files.problems.length > 0) process.exitCode = 1;
  if (keptAt !== undefined) out(`What was there before is in ${keptAt}; remove it when you are sure.`);
}

async function runCheckData(_args: string[], flags: Set<string>): Promise<void> {
  await withDatabase(config(), async (database) => {
    const { driver, db } = database;
    const query = async (text: string): Promise<Record<string, unknown>[]> =>
      'pglite' in driver
        ? (await driver.pglite.query<Record<string, unknown>>(text)).rows
        : (await driver.pool.query(text)).rows;
    const { objects } = createFiles(config(), false);
    const problems = [...(await checkLogs(query)), ...(await checkFiles(query, objects))];
    await objects.stop();
    for (const problem of problems) out(problem);
    if (problems.length > 0) throw new BackupError('The data is damaged; restore a backup.');
    out("Every room's log is complete, and every uploaded file is there.");
    if (flags.has('new-epoch'))
      out(`The new epoch is ${await renewEpoch(db)}; restart every server that is running on this database.`);
  });
}

async function runAudit([verb]: string[]): Promise<void> {
  if (verb !== 'verify') throw new UsageError(`There is no command "audit ${verb}".`);
  await withDatabase(config(), async ({ db }) => {
    let broken = 0;
    for (const { id, name } of await listTenants(db)) {
      let verdict = await verifyChain(db, id, { fromSeq: 1 });
      let checked = 0;
      for (;;) {
        checked += verdict.checked;
        broken += verdict.problems.length;
        for (const { seq, problem } of verdict.problems) out(`${name} (${id}): entry ${seq} ${problem}`);
        if (verdict.complete) break;
        verdict = await verifyChain(db, id, { fromSeq: verdict.toSeq + 1 });
      }
      out(`${name} (${id}): ${checked} entries, the newest is ${verdict.head.seq} ${verdict.head.hash}`);
    }
    if (broken > 0) throw new BackupError('The audit is not what was written; compare it with a backup.');
    out('The audit is whole. Keep the newest entries elsewhere, to compare with later.');
  });
}

/** A program of its own: it needs no configuration, reads its own options and ends with its own code. */
async function runScript(name: 'verify' | 'explain', args: string[]): Promise<void> {
  const program = fileURLToPath(new URL(`../scripts/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { stdio: 'inherit' });
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function withDatabase(config: Config, fn: (database: Database) => Promise<void>): Promise<void> {
  const embedded = config.DATABASE_URL === undefined;
  const lock = embedded ? lockDataDir(config.DATA_DIR, systemClock.now) : undefined;
  try {
    const database = await openDatabase({
      url: config.DATABASE_URL,
      dataDir: embedded ? config.DATA_DIR : undefined,
      poolSize: 2,
      logger,
    });
    try {
      await fn(database);
    } finally {
      await database.close();
    }
  } finally {
    lock?.release();
  }
}

const PLAIN = [ConfigError, DataDirLockedError, BackupError, AppError];

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof UsageError) {
    err(`${error.message}\n\n${HELP}`);
    process.exitCode = 2;
    return;
  }
  const { message, cause, stack } = error as Error;
  const unreachable = ['ECONNREFUSED', 'ENOTFOUND', '28P01', '3D000'].includes(
    String((error as { code?: unknown }).code),
  );
  if (unreachable) err(`The database cannot be used: ${message}. \`parley doctor\` says more.`);
  else if (PLAIN.some((kind) => error instanceof kind)) err(message);
  else err(cause instanceof Error ? `${message}\n${cause.message}` : (stack ?? message));
  process.exitCode = 1;
});

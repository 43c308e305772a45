// Applies migrations/ in order. Two nodes that start together take turns (Kysely's migration lock).
import { readdir } from 'node:fs/promises';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import type { Logger } from '../logger.ts';
import type { Db } from './database.ts';

const FOLDER = new URL('../../../migrations/', import.meta.url);

const provider: MigrationProvider = {
  async getMigrations() {
    const names = (await readdir(FOLDER)).filter((name) => /^\d{4}_.+\.ts$/.test(name)).sort();
    const modules = await Promise.all(
      names.map((name) => import(new URL(name, FOLDER).href) as Promise<Migration>),
    );
    return Object.fromEntries(names.map((name, i) => [name.replace(/\.ts$/, ''), modules[i] as Migration]));
  },
};

/** Names of all migrations that this version has, oldest first. */
export const knownMigrations = async (): Promise<string[]> => Object.keys(await provider.getMigrations());

/** Brings the database to the newest schema. @throws Error naming the migration that failed */
export async function migrate(db: Db, logger: Logger): Promise<void> {
  const migrator = new Migrator({
    db,
    provider,
    migrationTableName: 'parley_migrations',
    migrationLockTableName: 'parley_migrations_lock',
  });
  const { error, results } = await migrator.migrateToLatest();
  for (const result of results ?? []) {
    if (result.status === 'Success') logger.info({ migration: result.migrationName }, 'migrated');
    if (result.status === 'Error') logger.error({ migration: result.migrationName }, 'migration failed');
  }
  if (error !== undefined) {
    const failed = results?.find((r) => r.status === 'Error')?.migrationName ?? 'unknown';
    throw new Error(
      `Migration ${failed} failed; the database is as it was before it. Fix the cause below and start again.`,
      {
        cause: error,
      },
    );
  }
}

/** Names of migrations not applied yet; empty means ready. */
export async function pendingMigrations(db: Db): Promise<string[]> {
  const migrator = new Migrator({
    db,
    provider,
    migrationTableName: 'parley_migrations',
    migrationLockTableName: 'parley_migrations_lock',
  });
  return (await migrator.getMigrations()).filter((m) => m.executedAt === undefined).map((m) => m.name);
}

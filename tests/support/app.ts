// The whole server inside the test process, on a free port, over a database of its own.
// Must fail the test that leaves a socket, a server or a timer behind.
import { describe, inject } from 'vitest';
import { type App, type AppOverrides, createApp, IN_MEMORY } from '../../src/app.ts';
import { loadConfig } from '../../src/core/config.ts';
import type { User } from '../../src/server/identity/contract.ts';
import { assertNoLeaks, countBusy } from './leaks.ts';
import { migratedPglite } from './migrated.ts';
import { createDatabase } from './postgres.ts';

export type DatabaseKind = 'pglite' | 'postgres';

export interface TestAppOptions {
  database?: DatabaseKind;
  overrides?: AppOverrides;
  /** More variables, as in the environment. */
  config?: Record<string, string>;
}

export interface SignedIn {
  token: string;
  user: User;
}

export interface TestApp {
  app: App;
  url: string;
  /** By name, made if new; the first one is the administrator of the server. */
  signIn(name: string): Promise<SignedIn>;
  /** Stops the server, removes its database. @throws Error when something is left open */
  stop(): Promise<void>;
}

/** The key that signs sessions, for tests that forge them. */
export const TEST_SECRET = 'what-only-the-tests-know-7f3a9c1e';

export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  const before = countBusy();
  const postgres = options.database === 'postgres' ? await createDatabase(postgresUrl()) : undefined;
  const config = loadConfig({
    PORT: '0',
    DATA_DIR: IN_MEMORY,
    SECRET_KEY: TEST_SECRET,
    LOG_LEVEL: 'silent',
    LOG_FORMAT: 'json',
    DRAIN_WINDOW_MS: '0',
    // A link in a message would be looked up.
    LINK_PREVIEWS: 'false',
    ...(postgres === undefined ? {} : { DATABASE_URL: postgres.url }),
    ...options.config,
  });
  const embedded = config.DATABASE_URL === undefined && config.DATA_DIR === IN_MEMORY;
  const app = await createApp(config, {
    ...(embedded ? { loadDataDir: await migratedPglite() } : {}),
    ...options.overrides,
  });
  const url = await app.start();
  let stopped = false;
  return {
    app,
    url,
    signIn: (name) => signIn(url, name),
    async stop() {
      if (stopped) return;
      stopped = true;
      await app.stop();
      await postgres?.drop();
      await assertNoLeaks(before);
    },
  };
}

export async function signIn(url: string, name: string): Promise<SignedIn> {
  const response = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ name }),
  });
  if (response.status !== 201) throw new Error(`${name} could not sign in: ${await response.text()}`);
  return (await response.json()) as SignedIn;
}

/** Runs a suite on PGlite, and on Postgres where there is one. */
export function describeEachDatabase(name: string, suite: (database: DatabaseKind) => void): void {
  describe(`${name} (PGlite)`, () => suite('pglite'));
  describe.runIf(inject('postgresUrl'))(`${name} (Postgres)`, () => suite('postgres'));
}

function postgresUrl(): string {
  const url = inject('postgresUrl');
  if (url === undefined) throw new Error('This machine has no Postgres; ask inject("postgresUrl") first.');
  return url;
}

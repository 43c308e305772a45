// `parley audit verify` looks at every tenant's chain: 0 and the newest entry when it is whole, 1 and the place when it is not.
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/core/db/database.ts';
import { createLogger } from '../../src/core/logger.ts';
import { temporaryFolder } from '../disasters/folder.ts';
import { startApp } from '../support/app.ts';
import { parley, parleyOk } from './cli.ts';

test('a whole audit passes, a changed one is named and fails', async () => {
  const env = { DATA_DIR: join(temporaryFolder(), 'data') };
  const { signIn, stop } = await startApp({ config: env });
  await signIn('Ada');
  await signIn('Bob');
  await stop();
  expect(await parleyOk(['audit', 'verify'], env)).toMatch(
    /2 entries, the newest is 2 [0-9a-f]{64}\nThe audit is whole/,
  );

  const database = await openDatabase({
    dataDir: env.DATA_DIR,
    poolSize: 1,
    logger: createLogger({ level: 'silent', format: 'json' }),
  });
  await sql`alter table audit_entries disable trigger user`.execute(database.db);
  await sql`update audit_entries set entry = replace(entry, 'added', 'hired') where seq = 1`.execute(
    database.db,
  );
  await database.close();
  const answer = await parley(['audit', 'verify'], env);
  expect(answer).toMatchObject({ code: 1, out: expect.stringContaining('entry 1 was changed') });

  expect(await parley(['audit', 'improve'], env)).toMatchObject({
    code: 2,
    err: expect.stringContaining('no command "audit improve"'),
  });
}, 120_000);

// Every command of every guide, run as it stands: what the guide says it prints is what it prints.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { blocksOf, differs, runGuide } from './guide.ts';

const GUIDES = fileURLToPath(new URL('../../docs/guides', import.meta.url));
const guides = readdirSync(GUIDES).filter((name) => blocksOf(name).length > 0);

/** The guides say that they need these. */
const ready = ['bash', 'curl', 'jq'].every((program) => {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return process.env.CI === 'true';
  }
});

describe.runIf(ready)('the guides', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ config: { OUTGOING_ALLOW_HOSTS: '127.0.0.1' } });
    await app.signIn('Ada');
  });
  afterAll(() => app?.stop());

  test.each(guides)(
    '%s',
    async (name) => {
      const blocks = blocksOf(name);
      const said = await runGuide(blocks, app.url);
      for (const [i, { line, prints }] of blocks.entries())
        if (prints !== undefined)
          expect(differs(said[i] ?? '', prints), `${join('docs/guides', name)}:${line}`).toBeUndefined();
    },
    90_000,
  );
});

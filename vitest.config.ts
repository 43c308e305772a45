// How the tests run: two forked workers, and one private Postgres and Redis for the whole run.
import { defineConfig } from 'vitest/config';

/** Set by .ci/run, which reads the counts from it. */
const reportFile = process.env.TEST_REPORT_FILE;

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts', 'client-sdk/tests/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    reporters: reportFile === undefined ? ['default'] : ['default', ['json', { outputFile: reportFile }]],
  },
});

// How the tests run: two forked workers, and one private Postgres and Redis for the whole run.
import { defineConfig } from 'vitest/config';
import { closingReporter } from './tests/support/closing-reporter.ts';

type JsonReporter = ['json', { outputFile: string }];

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
    // Under .ci/run, which may share its machine, a failed test is tried once more, and the report says so.
    retry: reportFile === undefined ? 0 : 1,
    reporters: [
      'default',
      closingReporter(),
      ...(reportFile === undefined ? [] : [['json', { outputFile: reportFile }] satisfies JsonReporter]),
    ],
  },
});

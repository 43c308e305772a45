// Reads vitest's JSON report for .ci/run: prints the line that ends a run, and exits 0 only if nothing failed.
// `count.mjs <report> <failed steps>` prints; `count.mjs <report> --has-failures` only answers by its exit code.
import { existsSync, readFileSync } from 'node:fs';

const [file, second] = process.argv.slice(2);
const { passed, failed } = read(file);

if (second === '--has-failures') {
  process.exit(failed > 0 ? 0 : 1);
}
// A run in which no test passed or failed has not tested anything, whatever its exit code was.
const allFailed = failed + Number(second) || (passed === 0 ? 1 : 0);
console.log(`${passed} passed, ${allFailed} failed`);
process.exit(allFailed === 0 ? 0 : 1);

/** A test file that cannot be loaded has no tests to fail, so it counts as one failure itself. */
function read(report) {
  if (!existsSync(report)) return { passed: 0, failed: 0 };
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const unloaded = testResults.filter(
    (result) =>
      result.status === 'failed' && !result.assertionResults.some((test) => test.status === 'failed'),
  );
  return { passed: numPassedTests, failed: numFailedTests + unloaded.length };
}

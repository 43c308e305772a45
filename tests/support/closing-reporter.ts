// Says at the very end of a run, in few lines, which tests failed and why, and which passed only at their second try.
// A run on a busy machine may try a test twice; it must never do so unseen.
import type { Reporter, TestModule } from 'vitest/node';

const REASON_LINES = 12;

const indented = (text: string): string =>
  text
    .split('\n')
    .slice(0, REASON_LINES)
    .map((line) => `    ${line}`)
    .join('\n');

export function closingReporter(): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[]) {
      const tests = modules.flatMap((module) => [...module.children.allTests()]);
      const lines: string[] = [];
      for (const test of tests) {
        const name = `${test.module.relativeModuleId} > ${test.fullName}`;
        const { state, errors = [] } = test.result();
        const reasons = errors.map((error) => indented(error.message));
        if (state === 'failed') lines.push(`Failed: ${name}`, ...reasons);
        else if (test.diagnostic()?.flaky === true)
          lines.push(`Passed at the second try only: ${name}`, ...reasons);
      }
      if (lines.length > 0) console.log(`\n${lines.join('\n')}`);
    },
  };
}

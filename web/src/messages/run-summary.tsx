// The small print under an agent's answer: how it ended, which model wrote it, tokens, cost.
import type { RunSummary as Run } from '@parley/client';
import styles from './run-summary.module.css';

/** The built-in provider that answers without a model key. */
const SCRIPTED = 'scripted';

export const isScripted = (run: Run): boolean =>
  run.model === SCRIPTED || run.model.startsWith(`${SCRIPTED}/`);

const ENDINGS: Record<string, string> = {
  stopped: 'Stopped',
  cancelled: 'Stopped',
  failed: 'Interrupted',
  error: 'Interrupted',
};

export function RunSummary({ run }: { run: Run }) {
  const scripted = isScripted(run);
  const words = [
    ENDINGS[run.status],
    scripted ? 'scripted answer, no model key is set' : run.model,
    run.tokens > 0 ? `${run.tokens.toLocaleString()} tokens` : undefined,
    run.costUsd === null || scripted ? undefined : cost(run.costUsd),
  ].filter((word) => word !== undefined && word !== '');
  if (words.length === 0) return null;
  return <p className={styles.summary}>{words.join(' · ')}</p>;
}

/** Enough digits to tell a cheap answer from a free one. */
function cost(usd: number): string {
  if (usd === 0) return '$0';
  return usd < 0.01 ? `$${usd.toPrecision(2)}` : `$${usd.toFixed(2)}`;
}

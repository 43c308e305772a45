// What became of a call by hand: done, failed, refused or waiting for a word; with how it was decided.
import type { ReplyOf, ToolDecision } from '@parley/client';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import styles from './tools.module.css';
import { durationWords } from './words.ts';

type Answer = ReplyOf<'invoke_tool'>;

export function TryResult({ answer }: { answer: Answer }) {
  const { title, tone } = headOf(answer);
  return (
    <div className={styles.result} data-tone={tone}>
      <p>
        {title}
        {answer.durationMs !== undefined && ` in ${durationWords(answer.durationMs)}`}
      </p>
      {answer.preview !== undefined && <p className={styles.preview}>{answer.preview}</p>}
      {answer.error !== undefined && <p className={styles.quiet}>{answer.error.message}</p>}
      {answer.output !== undefined && (
        <pre className={styles.raw}>
          {typeof answer.output === 'string' ? answer.output : JSON.stringify(answer.output, undefined, 2)}
        </pre>
      )}
      {answer.decision !== undefined && (
        <Decision decision={answer.decision} open={answer.decision.ruling === 'refuse'} />
      )}
    </div>
  );
}

function headOf({ status, decision }: Answer): { title: string; tone: 'good' | 'warn' | 'bad' } {
  switch (status) {
    case 'success':
      return { title: 'Done', tone: 'good' };
    case 'error':
      return { title: 'It failed', tone: 'bad' };
    case 'refused':
      return { title: 'Refused: nothing was done', tone: 'bad' };
    case 'needs_approval':
      return { title: 'A person must agree: nothing was done yet', tone: 'warn' };
    case 'decided':
      if (decision?.ruling === 'refuse') return { title: 'It would be refused', tone: 'bad' };
      if (decision?.ruling === 'ask')
        return { title: 'The agent would have to ask first. Nothing was done yet', tone: 'warn' };
      return { title: 'The agent may do this unasked. Nothing was done yet', tone: 'warn' };
  }
}

function Decision({ decision, open }: { decision: ToolDecision; open: boolean }) {
  return (
    <details className={styles.details} open={open} style={{ marginBlockStart: '0.5rem' }}>
      <summary>How it was decided</summary>
      <p className={styles.quiet}>{decision.explanation}</p>
      <ul className={styles.checks}>
        {decision.checks.map(({ check, ok, detail }) => (
          <li key={check} data-ok={ok}>
            {ok ? (
              <IconCheck size={15} aria-hidden="true" />
            ) : (
              <IconAlertTriangle size={15} aria-hidden="true" />
            )}
            <span>
              <span className="reader-only">{ok ? 'Holds: ' : 'Does not hold: '}</span>
              {detail}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

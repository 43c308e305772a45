// The way of one message to one user, step by step.
import type { ReplyOf } from '@parley/client';
import { formatFull, formatMoment } from '../parts/times.ts';
import { useNames } from '../tools/use-agent-tools.ts';
import styles from './explain.module.css';

type Answer = ReplyOf<'explain_delivery'>;
type Step = Answer['steps'][number];

const VERDICTS: Record<Answer['verdict'], string> = {
  read: 'Read',
  delivered: 'Delivered',
  waiting: 'Waits',
  withheld: 'Kept back',
  unknown: 'Not known any more',
};

const STEPS: Record<Step['step'], string> = {
  held: 'Held for a moderator',
  released: 'Let through',
  rejected: 'Turned down',
  accepted: 'Accepted',
  committed: 'Committed',
  logged: 'In the room’s log',
  published: 'Told to the nodes',
  written: 'Written to a connection',
  connection: 'A connection',
  fetched: 'Fetched',
  notified: 'Put into the inbox',
  read: 'Read',
  changed: 'Changed since',
  muted: 'Muted',
};

const SURE: Record<Step['evidence'], string> = {
  recorded: 'recorded',
  derived: 'follows from what is known',
  unknown: 'nobody remembers',
};

export function Chain({ answer }: { answer: Answer }) {
  const names = useNames([answer.userId]);
  return (
    <section className={styles.answer} aria-labelledby="verdict">
      <div className={styles.verdict} data-verdict={answer.verdict}>
        <h2 id="verdict">
          {VERDICTS[answer.verdict]}, for {names.person(answer.userId)}
        </h2>
        <p>{answer.because}</p>
      </div>
      <ol className={styles.steps}>
        {answer.steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps have no name of their own and never move
          <li key={index} data-evidence={step.evidence}>
            <p className={styles.step}>
              <strong>{STEPS[step.step]}</strong>
              {step.at !== undefined && (
                <time dateTime={step.at} title={formatFull(step.at)}>
                  {formatMoment(step.at)}
                </time>
              )}
              <span className={styles.sure}>{SURE[step.evidence]}</span>
            </p>
            <p>{step.because}</p>
            <p className={styles.facts}>{factsOf(step)}</p>
          </li>
        ))}
      </ol>
      {!answer.complete && (
        <p className={styles.note}>Not every node answered in time: what it remembers is missing here.</p>
      )}
    </section>
  );
}

const factsOf = ({ node, connection, protocol, ended }: Step): string =>
  [
    protocol === undefined ? '' : protocol === 'socketio' ? 'Socket.IO' : 'Phoenix channels',
    node === undefined ? '' : `node ${node}`,
    connection === undefined ? '' : `connection ${connection}`,
    ended === undefined ? '' : `ended: ${ended}`,
  ]
    .filter((fact) => fact !== '')
    .join(' · ');

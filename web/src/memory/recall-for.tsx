// What an answer would recall, best first, with what spoke for each memory; and what is left out, with the reason.
import type { Agent, ReplyOf } from '@parley/client';
import { useQuery } from '@tanstack/react-query';
import fields from '../agents/fields.module.css';
import rows from '../agents/rows.module.css';
import { stateOf } from '../parts/query-state.tsx';
import { useClient } from '../session/use-client.ts';
import type { Asked } from './ask-form.tsx';
import { factsOf, MemoryRow } from './memory-row.tsx';
import styles from './recall.module.css';
import { ScoreParts } from './score-parts.tsx';
import { memoriesKey } from './use-memories.ts';

type Looked = ReplyOf<'explain_recall'>['data'][number];

export function RecallFor({ agent, asked }: { agent: Agent; asked: Asked }) {
  const client = useClient();
  const query = useQuery({
    queryKey: [...memoriesKey(agent.id), 'explain', asked],
    queryFn: ({ signal }) => client.call('explain_recall', { agentId: agent.id, ...asked }, { signal }),
  });
  const found = query.data;
  const recalled = found?.data.filter(({ verdict }) => verdict === 'recalled') ?? [];
  const left = found?.data.filter(({ verdict }) => verdict === 'withheld') ?? [];
  return (
    stateOf({
      query,
      what: 'what it would recall',
      missing: 'The room or the person is not there any more, or you may not see it.',
    }) ??
    (found === undefined ? null : (
      <>
        <p className={rows.count} role="status">
          {recalled.length > 0
            ? `It would recall ${recalled.length === 1 ? 'one memory' : `${recalled.length} memories`}, best first.`
            : found.abstained
              ? 'It would recall nothing: what it knows is too far from these words.'
              : 'It would recall nothing for this.'}
        </p>
        <ul className={rows.rows}>
          {recalled.map((one) => (
            <MemoryRow key={one.memory.id} agent={agent} memory={one.memory}>
              <Why looked={one} />
            </MemoryRow>
          ))}
        </ul>
        <LeftOut left={left} counts={found.withheld} />
      </>
    ))
  );
}

function Why({ looked: { score, explain } }: { looked: Looked }) {
  if (score === undefined || explain === undefined) return null;
  return (
    <details className={styles.why}>
      <summary>
        Score {score < 0 && '−'}
        {Math.abs(score).toFixed(2)}: why
      </summary>
      <ScoreParts explain={explain} />
    </details>
  );
}

const REASONS: Record<string, string> = {
  audience: 'not for everyone who reads there',
  quarantined: 'not confirmed by anyone yet',
  superseded: 'no longer true',
  other_type: 'of another kind',
  other_kind: 'of another kind',
  other_time: 'from another time',
  below_threshold: 'too far from the words',
  over_limit: 'after the best ones',
  restated: 'said already by a better one',
  source_gone: 'its message is gone',
};
const reasonWords = (reason: string): string => REASONS[reason] ?? reason.replaceAll('_', ' ');

function LeftOut({ left, counts }: { left: Looked[]; counts: Record<string, number> }) {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  return (
    <section className={fields.section}>
      <h2>Left out</h2>
      <p className={fields.hint}>
        {Object.entries(counts)
          .map(([reason, count]) => `${count} ${reasonWords(reason)}`)
          .join('; ')}
        .{all > left.length && ` The nearest ${left.length} are shown.`}
      </p>
      <ul className={rows.rows}>
        {left.map((one) => (
          <li key={one.memory.id} className={rows.memory}>
            <div className={rows.words}>
              <p className={styles.left}>{one.memory.content}</p>
              <p className={rows.about}>
                <strong className={styles.reason}>{reasonWords(one.reason ?? '')}</strong> ·{' '}
                {factsOf(one.memory).join(' · ')}
              </p>
              <Why looked={one} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

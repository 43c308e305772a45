// The score of a memory taken apart: what each search, its age and its weight added or took away.
import type { ReplyOf } from '@parley/client';
import styles from './recall.module.css';

type Explain = NonNullable<ReplyOf<'explain_recall'>['data'][number]['explain']>;

const SEARCHES: Record<string, string> = {
  text: 'the same words',
  coverage: 'how many of the words',
  vector: 'likeness of meaning',
  facts: 'facts with these words',
  factMeaning: 'facts of like meaning',
  session: 'said in the same talk',
  speaker: 'who is named',
  asker: 'wanted in every answer',
};
/** Smaller parts change nothing that anybody would see. */
const SHOWN = 0.005;
const wordsOf = (name: string): string => SEARCHES[name] ?? name.replaceAll('_', ' ');

export function ScoreParts({ explain }: { explain: Explain }) {
  const parts = [
    ...Object.entries(explain.channels).map(([name, { part }]) => ({ name: wordsOf(name), part })),
    { name: 'how recent it is', part: explain.recency },
    { name: 'how much it weighs', part: explain.importance },
  ]
    .filter(({ part }) => Math.abs(part) >= SHOWN)
    .sort((a, b) => Math.abs(b.part) - Math.abs(a.part));
  const most = Math.max(0.001, ...parts.map(({ part }) => Math.abs(part)));
  return (
    <>
      <table className={styles.parts}>
        <caption className="reader-only">What made the score</caption>
        <tbody>
          {parts.map(({ name, part }) => {
            const share = (Math.abs(part) / most) * 50;
            return (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className={styles.bar} aria-hidden="true">
                  <span>
                    <i
                      data-sign={part < 0 ? '-' : '+'}
                      style={{ width: `${share}%`, marginInlineStart: `${part < 0 ? 50 - share : 50}%` }}
                    />
                  </span>
                </td>
                <td>
                  {part < 0 ? '−' : '+'}
                  {Math.abs(part).toFixed(2)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className={styles.admitted}>
        {explain.admittedBy.length === 0
          ? 'Nothing alone was enough to let it in.'
          : `Let in by: ${explain.admittedBy.map(wordsOf).join(', ')}.`}
      </p>
    </>
  );
}

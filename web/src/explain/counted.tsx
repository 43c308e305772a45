// Messages behind a count, in a list that says of each why it counts or does not.
import type { ReplyOf } from '@parley/client';
import { messageHref } from '../parts/route.ts';
import type { KnownRoom } from '../parts/use-room-names.ts';
import styles from './explain.module.css';

type Entry = ReplyOf<'explain_unread'>['counted'][number];

interface CountedProps {
  title: string;
  entries: readonly Entry[];
  /** How many more there are than are listed. */
  more: number;
  room: KnownRoom;
}

export function Counted({ title, entries, more, room }: CountedProps) {
  if (entries.length === 0) return null;
  return (
    <section className={styles.counted}>
      <h3>
        {title} ({entries.length + more})
      </h3>
      <ul>
        {entries.map((entry) => (
          <li key={entry.messageId}>
            <a href={messageHref(room, entry.messageId)}>
              {entry.author.name}, message {entry.seq}
            </a>
            <span>{entry.because}</span>
          </li>
        ))}
      </ul>
      {more > 0 && <p className={styles.note}>…and {more} more.</p>}
    </section>
  );
}

// Why the badge of my inbox shows so many: each unread one with the rule that put it there.
import { useQuery } from '@tanstack/react-query';
import { EmptyState } from '../parts/empty-state.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { messageHref, pageHref } from '../parts/route.ts';
import { formatFull, formatMoment } from '../parts/times.ts';
import { useRoomNames } from '../parts/use-room-names.ts';
import { useClient } from '../session/use-client.ts';
import styles from './explain.module.css';

export function InboxCount() {
  const client = useClient();
  const rooms = useRoomNames();
  const query = useQuery({
    queryKey: ['inbox', 'explain'],
    queryFn: ({ signal }) => client.call('explain_notifications', {}, { signal }),
    retry: false,
  });
  const waits = stateOf({ query, what: 'the explanation' });
  if (waits !== undefined || query.data === undefined) return waits;
  const { unread, quietNow, counted } = query.data;
  if (unread === 0)
    return (
      <EmptyState title="Nothing is counted">Your inbox holds nothing that you have not read.</EmptyState>
    );
  return (
    <section className={styles.answer} aria-labelledby="count">
      <div className={styles.verdict} data-verdict="waiting">
        <h2 id="count">{unread} unread in your inbox</h2>
        {quietNow && <p>It is within your quiet hours: these came without a sign.</p>}
      </div>
      <section className={styles.counted}>
        <ul>
          {counted.map(({ id, roomId, messageId, createdAt, because }) => (
            <li key={id}>
              <a
                href={
                  roomId === undefined || messageId === undefined
                    ? pageHref('inbox')
                    : messageHref(rooms.of(roomId), messageId)
                }
              >
                {roomId === undefined ? 'Your inbox' : rooms.of(roomId).name},{' '}
                <time dateTime={createdAt} title={formatFull(createdAt)}>
                  {formatMoment(createdAt)}
                </time>
              </a>
              <span>{because}</span>
            </li>
          ))}
        </ul>
        {unread > counted.length && <p className={styles.note}>…and {unread - counted.length} more.</p>}
      </section>
    </section>
  );
}

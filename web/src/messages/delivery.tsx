// How a message of mine stands that the server has not confirmed, and what one can do about it.
import type { ChatMessage, ParleyError, RoomHandle } from '@parley/client';
import { useEffect, useState } from 'react';
import { messageOf } from '../parts/errors.ts';
import { formatElapsed } from '../parts/times.ts';
import styles from './delivery.module.css';

/** Until it goes out by itself, second by second. */
function Waiting({ until, error }: { until: string; error: ParleyError | undefined }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const left = Math.max(0, Math.ceil((Date.parse(until) - now) / 1000));
  const slow = error?.reason === 'slow_mode' ? ' (slow mode)' : '';
  return left === 0 ? 'Sending…' : `Goes out in ${formatElapsed(left * 1000)}${slow}`;
}

export function Delivery({ room, message }: { room: RoomHandle; message: ChatMessage }) {
  if (message.delivery === undefined) return null;
  const { status, error, nextTryAt, people } = message.delivery;
  if (status === 'pending')
    return (
      <p className={styles.pending}>
        {nextTryAt === undefined ? 'Sending…' : <Waiting until={nextTryAt} error={error} />}
      </p>
    );
  const handle = room.messages.handle(message.id);
  if (status === 'needs_confirmation')
    return (
      <div className={styles.asked}>
        <span>
          Not sent yet: it would notify {people === undefined ? 'very many' : people.toLocaleString()} people.
        </span>
        <span className={styles.choices}>
          <button type="button" onClick={() => handle?.confirm()}>
            Send to all
          </button>
          <button type="button" onClick={() => handle?.discard()}>
            Take back
          </button>
        </span>
      </div>
    );
  return (
    <div className={styles.failed}>
      <span>Not sent. {error === undefined ? '' : messageOf(error)}</span>
      <span className={styles.choices}>
        <button type="button" onClick={() => handle?.retry()}>
          Retry
        </button>
        <button type="button" onClick={() => handle?.discard()}>
          Discard
        </button>
      </span>
    </div>
  );
}

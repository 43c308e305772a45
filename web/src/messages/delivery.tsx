// How a message of mine stands that the server has not confirmed, and what one can do about it.
import type { ChatMessage, ParleyError, RoomHandle, SendHandle } from '@parley/client';
import { IconClockPause } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { messageOf } from '../parts/errors.ts';
import { formatElapsed } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import styles from './delivery.module.css';

interface PendingProps {
  id: string;
  nextTryAt: string | undefined;
  error: ParleyError | undefined;
}

function Pending({ id, nextTryAt, error }: PendingProps) {
  useEffect(() => void sentHere.add(id), [id]);
  return (
    <p className={styles.pending}>
      {nextTryAt === undefined ? 'Sending…' : <Waiting until={nextTryAt} error={error} />}
    </p>
  );
}

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

/** Messages sent by this page: of those the answer is known. Others were kept from before, and are asked for once. */
const sentHere = new Set<string>();

/** A rule of the room holds it: its author alone sees it, until a moderator has decided. */
function Held({ handle }: { handle: SendHandle | undefined }) {
  const client = useClient();
  useEffect(() => {
    if (handle === undefined || sentHere.has(handle.id)) return;
    sentHere.add(handle.id);
    handle.retry();
  }, [handle]);
  useEffect(
    () =>
      // What is let through comes as a message; what is not is told, and sending it again says so.
      client.on('notification', ({ notification: { kind, subject } }) => {
        if (kind === 'moderation' && subject.action === 'rejected') handle?.retry();
      }),
    [client, handle],
  );
  return (
    <div className={styles.held}>
      <IconClockPause size={15} stroke={1.7} aria-hidden="true" />
      <span>Waits for a moderator. Until then only you see it.</span>
      <span className={styles.choices}>
        <button type="button" onClick={() => handle?.discard()}>
          Hide it here
        </button>
      </span>
    </div>
  );
}

export function Delivery({ room, message }: { room: RoomHandle; message: ChatMessage }) {
  if (message.delivery === undefined) return null;
  const { status, error, nextTryAt, people } = message.delivery;
  if (status === 'pending') return <Pending id={message.id} nextTryAt={nextTryAt} error={error} />;
  const handle = room.messages.handle(message.id);
  if (error?.reason === 'held_for_review') return <Held handle={handle} />;
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

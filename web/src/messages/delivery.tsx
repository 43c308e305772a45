// How a message of mine stands that the server has not confirmed, and what one can do about it.
import type { ChatMessage, RoomHandle } from '@parley/client';
import { messageOf } from '../parts/errors.ts';
import styles from './delivery.module.css';

export function Delivery({ room, message }: { room: RoomHandle; message: ChatMessage }) {
  if (message.delivery === undefined) return null;
  if (message.delivery.status === 'pending') return <p className={styles.pending}>Sending…</p>;
  const handle = room.messages.handle(message.id);
  const { error } = message.delivery;
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

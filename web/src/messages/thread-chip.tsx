// How many replies a message has and when the last one came; opens the thread.
import type { ChatMessage } from '@parley/client';
import { IconMessages } from '@tabler/icons-react';
import { formatFull, formatWhen } from '../parts/times.ts';
import styles from './thread-chip.module.css';

interface ThreadChipProps {
  thread: NonNullable<ChatMessage['thread']>;
  tabIndex: 0 | -1;
  onOpen(): void;
}

export function ThreadChip({ thread, tabIndex, onOpen }: ThreadChipProps) {
  const { replies, lastReplyAt } = thread;
  return (
    <button type="button" className={styles.chip} tabIndex={tabIndex} onClick={onOpen}>
      <IconMessages size={15} stroke={1.8} aria-hidden="true" />
      <span className={styles.count}>
        {replies} {replies === 1 ? 'reply' : 'replies'}
      </span>
      <span className={styles.last} title={formatFull(lastReplyAt)}>
        last {formatWhen(lastReplyAt)}
      </span>
    </button>
  );
}

// The message a dialog is about: who said it, and its first words.
import type { ChatMessage } from '@parley/client';
import styles from './quote.module.css';

const MOST = 300;

export function Quote({ message }: { message: ChatMessage }) {
  const files = message.attachments.map(({ name }) => name).join(', ');
  return (
    <blockquote className={styles.quote}>
      <span className={styles.author}>{message.author.name}</span>
      {message.body.slice(0, MOST) || files}
      {message.body.length > MOST && '…'}
    </blockquote>
  );
}

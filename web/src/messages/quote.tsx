// The message a dialog is about: who said it, and its first words.
import type { ChatMessage } from '@parley/client';
import type { ReactNode } from 'react';
import styles from './quote.module.css';

const MOST = 300;

export function Quote({ message }: { message: ChatMessage }) {
  const files = message.attachments.map(({ name }) => name).join(', ');
  return (
    <Words>
      <span className={styles.author}>{message.author.name}</span>
      {message.body.slice(0, MOST) || files}
      {message.body.length > MOST && '…'}
    </Words>
  );
}

export function Words({ children }: { children: ReactNode }) {
  return <blockquote className={styles.quote}>{children}</blockquote>;
}

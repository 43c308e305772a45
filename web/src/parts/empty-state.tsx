// What stands where there is nothing yet, or where something went wrong, and what to do about it.
import type { ReactNode } from 'react';
import styles from './empty-state.module.css';

interface EmptyStateProps {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  tone?: 'calm' | 'problem';
  /** The title of the whole page. */
  heads?: boolean;
}

export function EmptyState({ title, children, actions, tone = 'calm', heads = false }: EmptyStateProps) {
  const Title = heads ? 'h1' : 'p';
  return (
    <div className={styles.empty} data-tone={tone} role={tone === 'problem' ? 'alert' : undefined}>
      <Title className={styles.title}>{title}</Title>
      {children !== undefined && <div className={styles.words}>{children}</div>}
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}

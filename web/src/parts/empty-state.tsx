// What stands where there is nothing yet, or where something went wrong, and what to do about it.
import type { ReactNode } from 'react';
import styles from './empty-state.module.css';

interface EmptyStateProps {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  tone?: 'calm' | 'problem';
}

export function EmptyState({ title, children, actions, tone = 'calm' }: EmptyStateProps) {
  return (
    <div className={styles.empty} data-tone={tone} role={tone === 'problem' ? 'alert' : undefined}>
      <p className={styles.title}>{title}</p>
      {children !== undefined && <div className={styles.words}>{children}</div>}
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}

// Small words beside a name: what someone is, how much is unread.
import type { ReactNode } from 'react';
import styles from './badge.module.css';

export function AgentBadge() {
  return <span className={styles.agent}>Agent</span>;
}

export function CountBadge({ count, strong, label }: { count: number; strong: boolean; label: ReactNode }) {
  return (
    <span className={styles.count} data-strong={strong || undefined}>
      <span aria-hidden="true">{count > 99 ? '99+' : count}</span>
      <span className="reader-only">{label}</span>
    </span>
  );
}

// A row of a list that opens into more. What is inside is only made while it is open.
import { IconChevronRight } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import styles from './fold-row.module.css';

interface FoldRowProps {
  title: ReactNode;
  about?: ReactNode;
  /** At the end of the line, gone on narrow pages. */
  side?: ReactNode;
  /** Buttons beside the line; never inside of what opens it. */
  actions?: ReactNode;
  children: ReactNode;
}

export function FoldRow({ title, about, side, actions, children }: FoldRowProps) {
  const [open, setOpen] = useState(false);
  return (
    <li className={styles.row}>
      <div className={styles.line}>
        <button type="button" className={styles.head} aria-expanded={open} onClick={() => setOpen(!open)}>
          <IconChevronRight size={16} aria-hidden="true" className={styles.chevron} />
          <span className={styles.words}>
            <span className={styles.title}>{title}</span>
            {about !== undefined && <span className={styles.about}>{about}</span>}
          </span>
          {side !== undefined && <span className={styles.side}>{side}</span>}
        </button>
        {actions !== undefined && <span className={styles.actions}>{actions}</span>}
      </div>
      {open && <div className={styles.inside}>{children}</div>}
    </li>
  );
}

// A page that is no room: its title, what one can do there, and a column that scrolls.
import { ActionIcon } from '@mantine/core';
import { IconMenu2 } from '@tabler/icons-react';
import { type ReactNode, useEffect } from 'react';
import styles from './page-frame.module.css';

interface PageFrameProps {
  title: string;
  /** Before the title. */
  sign?: ReactNode;
  about?: string | undefined;
  actions?: ReactNode;
  /** For what needs the width: charts and tables. */
  wide?: boolean;
  onRooms(): void;
  children: ReactNode;
}

export function PageFrame({ title, sign, about, actions, wide, onRooms, children }: PageFrameProps) {
  useEffect(() => {
    document.title = `${title} · Parley`;
    return () => {
      document.title = 'Parley';
    };
  }, [title]);
  return (
    <div className={styles.frame}>
      <header className={styles.head}>
        <ActionIcon className={styles.rooms ?? ''} size={40} aria-label="Show rooms" onClick={onRooms}>
          <IconMenu2 size={20} aria-hidden="true" />
        </ActionIcon>
        <div className={styles.words}>
          <h1 className={styles.title}>
            {sign}
            <span>{title}</span>
          </h1>
          {about !== undefined && <p className={styles.about}>{about}</p>}
        </div>
        {actions}
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a page without a button is scrolled by keys, too */}
      <section className={styles.body} aria-label="Page content" tabIndex={0}>
        <div className={styles.column} data-wide={wide || undefined}>
          {children}
        </div>
      </section>
    </div>
  );
}

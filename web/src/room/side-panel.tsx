// What stands beside the room: a thread, the pins, a search. On narrow pages it lies over the room.
import { CloseButton, Drawer } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { ReactNode } from 'react';
import styles from './side-panel.module.css';

const BESIDE = '(width >= 64em)';

/** There is room for both. */
export const useBeside = (): boolean =>
  useMediaQuery(BESIDE, undefined, { getInitialValueInEffect: false }) === true;

interface SidePanelProps {
  title: string;
  /** Under the title. */
  about?: ReactNode;
  actions?: ReactNode;
  /** Fills the panel; scrolls by itself. */
  children: ReactNode;
  onClose(): void;
}

export function SidePanel({ title, about, actions, children, onClose }: SidePanelProps) {
  const beside = useBeside();
  const head = (
    <div className={styles.head}>
      <div className={styles.words}>
        <h2 className={styles.title}>{title}</h2>
        {about !== undefined && <p className={styles.about}>{about}</p>}
      </div>
      {actions}
      <CloseButton aria-label={`Close ${title.toLowerCase()}`} onClick={onClose} />
    </div>
  );
  if (!beside)
    return (
      <Drawer.Root
        opened
        onClose={onClose}
        position="right"
        size="30rem"
        padding={0}
        classNames={{ content: styles.drawer ?? '', body: styles.body ?? '' }}
      >
        <Drawer.Overlay />
        <Drawer.Content aria-label={title}>
          <Drawer.Body>
            {head}
            {children}
          </Drawer.Body>
        </Drawer.Content>
      </Drawer.Root>
    );
  return (
    <aside className={styles.panel} aria-label={title}>
      {head}
      {children}
    </aside>
  );
}

// A small word to press: a choice that is on or off, or a helper that writes something.
import type { ReactNode } from 'react';
import styles from './chip.module.css';

interface ChipProps {
  /** Left out where it is no choice. */
  pressed?: boolean;
  onClick(): void;
  children: ReactNode;
}

export function Chip({ pressed, onClick, children }: ChipProps) {
  return (
    <button type="button" className={styles.chip} aria-pressed={pressed} onClick={onClick}>
      {children}
    </button>
  );
}

export function Chips({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has looks of its own that cannot all be taken off
    <div role="group" aria-label={label} className={styles.chips}>
      {children}
    </div>
  );
}

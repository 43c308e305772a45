// The first stop of the Tab key: past the rooms, straight to writing.
import styles from './skip-link.module.css';

export function SkipLink() {
  return (
    <button
      type="button"
      className={styles.skip}
      onClick={() => {
        const main = document.getElementById('room');
        (main?.querySelector<HTMLElement>('textarea:not(:disabled)') ?? main)?.focus();
      }}
    >
      Skip to the conversation
    </button>
  );
}

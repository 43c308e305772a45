// The line under the field: why one cannot write, what holds for this message, or the keys.
import styles from './composer.module.css';

interface ComposerHintProps {
  id: string;
  /** Instead of the keys. */
  words: string | undefined;
  isProblem: boolean;
  /** What stood here before another device changed it. */
  replaced: string | undefined;
  onBringBack(text: string): void;
}

export function ComposerHint({ id, words, isProblem, replaced, onBringBack }: ComposerHintProps) {
  return (
    <p id={id} className={styles.hint} data-problem={isProblem || undefined}>
      {words ?? (
        <span className={styles.keys}>
          <kbd>Enter</kbd> sends, <kbd>Shift Enter</kbd> starts a line, <kbd>@</kbd> mentions, <kbd>/</kbd>{' '}
          commands
        </span>
      )}
      {replaced !== undefined && (
        <button type="button" className={styles.back} onClick={() => onBringBack(replaced)}>
          Changed on another device. Bring back what was here
        </button>
      )}
    </p>
  );
}

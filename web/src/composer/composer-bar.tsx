// The buttons under the field one writes in: files, emoji, later, send.
import { IconClock, IconMoodSmile, IconPaperclip, IconSend2 } from '@tabler/icons-react';
import { useRef } from 'react';
import { EmojiPopover } from '../emoji/emoji-popover.tsx';
import styles from './composer.module.css';

interface ComposerBarProps {
  /** Words alone can go out later. */
  later: 'hidden' | 'offered' | 'disabled';
  canSend: boolean;
  /** What pressing send does. */
  sendLabel: string;
  onFiles(files: readonly File[]): void;
  onEmoji(emoji: string): void;
  onLater(): void;
}

export function ComposerBar({ later, canSend, sendLabel, onFiles, onEmoji, onLater }: ComposerBarProps) {
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <div className={styles.bar}>
      <button
        type="button"
        className={styles.tool}
        aria-label="Attach files"
        title="Attach files"
        onClick={() => chooser.current?.click()}
      >
        <IconPaperclip size={19} stroke={1.6} aria-hidden="true" />
      </button>
      <input
        ref={chooser}
        className="reader-only"
        type="file"
        multiple
        tabIndex={-1}
        aria-label="Files to attach"
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
      <EmojiPopover
        label="Insert an emoji"
        title="Insert an emoji"
        className={styles.tool ?? ''}
        position="top-start"
        onPick={onEmoji}
      >
        <IconMoodSmile size={19} stroke={1.6} aria-hidden="true" />
      </EmojiPopover>
      <span className={styles.space} />
      {later !== 'hidden' && (
        <button
          type="button"
          className={styles.tool}
          aria-label="Send later"
          title="Send later"
          disabled={later === 'disabled'}
          onClick={onLater}
        >
          <IconClock size={19} stroke={1.6} aria-hidden="true" />
        </button>
      )}
      <button type="submit" className={styles.send} disabled={!canSend} aria-label={sendLabel}>
        <IconSend2 size={19} stroke={1.7} aria-hidden="true" />
      </button>
    </div>
  );
}

// The reactions under a message: each emoji with how many gave it, mine marked; pressing one gives it or takes it back.
import type { ChatMessage } from '@parley/client';
import { IconMoodPlus } from '@tabler/icons-react';
import { EmojiPopover } from '../emoji/emoji-popover.tsx';
import styles from './reactions.module.css';

interface ReactionsProps {
  reactions: ChatMessage['reactions'];
  reacts: boolean;
  tabIndex: 0 | -1;
  onReact(emoji: string): void;
}

export function Reactions({ reactions, reacts, tabIndex, onReact }: ReactionsProps) {
  if (reactions.length === 0) return null;
  return (
    <ul className={styles.list} aria-label="Reactions">
      {reactions.map(({ emoji, count, mine }) => (
        <li key={emoji}>
          <button
            type="button"
            className={styles.chip}
            aria-pressed={mine}
            title={`${who(count, mine)}${reacts ? `, press to ${mine ? 'take back' : 'add yours'}` : ''}`}
            disabled={!reacts && !mine}
            tabIndex={tabIndex}
            onClick={() => onReact(emoji)}
          >
            <span className={styles.emoji} data-name={emoji.startsWith(':') || undefined}>
              {emoji}
            </span>{' '}
            <span className={styles.count}>{count}</span>
            <span className="reader-only">{spoken(count, mine)}</span>
          </button>
        </li>
      ))}
      {reacts && (
        <li>
          <EmojiPopover
            label="Add another reaction"
            title="Add another reaction"
            className={styles.add ?? ''}
            tabIndex={tabIndex}
            position="bottom-start"
            onPick={onReact}
          >
            <IconMoodPlus size={16} stroke={1.7} aria-hidden="true" />
          </EmojiPopover>
        </li>
      )}
    </ul>
  );
}

/** After the number. */
function spoken(count: number, mine: boolean): string {
  if (!mine) return count === 1 ? 'reaction' : 'reactions';
  return who(count, mine);
}

function who(count: number, mine: boolean): string {
  if (!mine) return `${count} ${count === 1 ? 'reaction' : 'reactions'}`;
  if (count === 1) return 'yours';
  return `yours and ${count - 1} more`;
}

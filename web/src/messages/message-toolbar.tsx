// The buttons at a message's corner while the pointer or the focus is on it.
import { IconBookmark, IconBookmarkFilled, IconMessageReply, IconMoodPlus } from '@tabler/icons-react';
import { EmojiPopover } from '../emoji/emoji-popover.tsx';
import { recentEmoji } from '../emoji/recent-emoji.ts';
import type { Command } from './message-commands.tsx';
import { MessageMenu } from './message-menu.tsx';
import styles from './message-toolbar.module.css';

interface MessageToolbarProps {
  /** "by Ada, 9:41". */
  of: string;
  tabIndex: 0 | -1;
  saved: boolean;
  reacts: boolean;
  /** What is open of it. */
  open: 'menu' | 'emoji' | undefined;
  onOpen(what: 'menu' | 'emoji' | undefined): void;
  onReact(emoji: string): void;
  onSave(): void;
  onThread: (() => void) | undefined;
  commands(): readonly Command[];
}

const QUICK = 2;

export function MessageToolbar(props: MessageToolbarProps) {
  const { of, tabIndex, saved, reacts, open, onOpen, onThread } = props;
  const button = styles.button ?? '';
  return (
    <div className={styles.bar} role="toolbar" aria-label={`For the message ${of}`}>
      {reacts &&
        recentEmoji()
          .slice(0, QUICK)
          .map((emoji) => (
            <button
              key={emoji}
              type="button"
              className={styles.quick}
              aria-label={`React with ${emoji}`}
              title={`React with ${emoji}`}
              tabIndex={tabIndex}
              onClick={() => props.onReact(emoji)}
            >
              {emoji}
            </button>
          ))}
      {reacts && (
        <EmojiPopover
          label="Add a reaction"
          title="Add a reaction (R)"
          className={button}
          tabIndex={tabIndex}
          opened={open === 'emoji'}
          onOpened={(now) => onOpen(now ? 'emoji' : undefined)}
          onPick={props.onReact}
        >
          <IconMoodPlus size={18} stroke={1.7} aria-hidden="true" />
        </EmojiPopover>
      )}
      {onThread !== undefined && (
        <button
          type="button"
          className={button}
          aria-label="Reply in thread"
          title="Reply in thread (T)"
          tabIndex={tabIndex}
          onClick={onThread}
        >
          <IconMessageReply size={18} stroke={1.7} aria-hidden="true" />
        </button>
      )}
      <button
        type="button"
        className={button}
        aria-label={saved ? 'Remove from saved' : 'Save for later'}
        aria-pressed={saved}
        title={saved ? 'Remove from saved (S)' : 'Save for later (S)'}
        tabIndex={tabIndex}
        onClick={props.onSave}
      >
        {saved ? (
          <IconBookmarkFilled size={17} aria-hidden="true" />
        ) : (
          <IconBookmark size={17} stroke={1.7} aria-hidden="true" />
        )}
      </button>
      <MessageMenu
        label={`Actions for the message ${of}`}
        tabIndex={tabIndex}
        className={button}
        open={open === 'menu'}
        onOpen={(now) => onOpen(now ? 'menu' : undefined)}
        commands={props.commands}
      />
    </div>
  );
}

// A button that opens the emoji picker beside it; the picker and its data are fetched when first opened.
import { Loader, Popover } from '@mantine/core';
import { type ComponentProps, lazy, type ReactNode, Suspense, useRef, useState } from 'react';
import styles from './emoji-popover.module.css';
import { rememberEmoji } from './recent-emoji.ts';

const EmojiPicker = lazy(() => import('./emoji-picker.tsx'));

interface EmojiPopoverProps {
  label: string;
  className: string;
  tabIndex?: number;
  title?: string;
  position?: ComponentProps<typeof Popover>['position'];
  children: ReactNode;
  /** Given to open it from elsewhere, as by a key. */
  opened?: boolean;
  onOpened?(opened: boolean): void;
  onPick(emoji: string): void;
}

export function EmojiPopover(props: EmojiPopoverProps) {
  const [openHere, setOpenHere] = useState(false);
  const open = props.opened ?? openHere;
  const setOpen = props.onOpened ?? setOpenHere;
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <span className={styles.place}>
      <button
        ref={button}
        type="button"
        className={props.className}
        aria-label={props.label}
        title={props.title}
        aria-haspopup="dialog"
        aria-expanded={open}
        tabIndex={props.tabIndex}
        onClick={() => setOpen(!open)}
      >
        {props.children}
      </button>
      {open && (
        <Popover
          opened
          onChange={setOpen}
          position={props.position ?? 'bottom-end'}
          shadow="md"
          withinPortal
          trapFocus
          onClose={() => button.current?.focus()}
        >
          <Popover.Target>
            <button type="button" className={styles.anchor} tabIndex={-1} aria-hidden="true">
              {props.label}
            </button>
          </Popover.Target>
          <Popover.Dropdown className={styles.box ?? ''} aria-label="Emoji">
            <Suspense
              fallback={
                <div className={styles.waiting}>
                  <Loader size="xs" aria-hidden="true" /> Loading emoji…
                </div>
              }
            >
              <EmojiPicker
                onPick={(emoji) => {
                  rememberEmoji(emoji);
                  close();
                  props.onPick(emoji);
                }}
              />
            </Suspense>
          </Popover.Dropdown>
        </Popover>
      )}
    </span>
  );
}

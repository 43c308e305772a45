// All one can do with a message. The menu itself is mounted only while open, so a long list stays light.
import { Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useRef } from 'react';
import type { Command } from './message-commands.tsx';
import styles from './message-menu.module.css';

interface MessageMenuProps {
  label: string;
  /** 0 while its message is the current one of the list. */
  tabIndex: 0 | -1;
  className: string;
  open: boolean;
  onOpen(open: boolean): void;
  commands(): readonly Command[];
}

export function MessageMenu({ label, tabIndex, className, open, onOpen, commands }: MessageMenuProps) {
  const button = useRef<HTMLButtonElement>(null);
  return (
    <div className={styles.place} data-open={open || undefined}>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        tabIndex={tabIndex}
        onClick={() => onOpen(true)}
      >
        <IconDots size={18} aria-hidden="true" />
      </button>
      {open && (
        <Menu
          opened
          onChange={onOpen}
          onClose={() => button.current?.focus()}
          withinPortal={false}
          withInitialFocusPlaceholder={false}
          // Not keys: the one that opened it is still on its way to the document, and would close it.
          clickOutsideEvents={['mousedown', 'touchstart']}
          position="bottom-end"
        >
          <Menu.Target>
            <button type="button" className={styles.anchor} tabIndex={-1} aria-hidden="true">
              {label}
            </button>
          </Menu.Target>
          <Menu.Dropdown className={styles.menu ?? ''}>
            {commands().map(({ id, label: words, Icon, key, danger, run }) => (
              <Menu.Item
                key={id}
                className={danger ? (styles.danger ?? '') : ''}
                leftSection={<Icon size={16} />}
                rightSection={key === undefined ? undefined : <kbd>{key === 'Delete' ? 'Del' : key}</kbd>}
                onClick={run}
              >
                {words}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </div>
  );
}

// What one can do with a message. The menu itself is mounted only while open, so a long list stays light.
import { Menu } from '@mantine/core';
import { IconCopy, IconDots, IconHelpCircle, IconPencil, IconTrash } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import styles from './message-menu.module.css';

interface MessageMenuProps {
  label: string;
  /** 0 while its message is the current one of the list. */
  tabIndex: 0 | -1;
  onCopy(): void;
  onExplain?: (() => void) | undefined;
  onEdit?: (() => void) | undefined;
  onDelete?: (() => void) | undefined;
}

export function MessageMenu({ label, tabIndex, onCopy, onExplain, onEdit, onDelete }: MessageMenuProps) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <div className={styles.place} data-open={open || undefined}>
      <button
        ref={button}
        type="button"
        className={styles.button}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        tabIndex={tabIndex}
        onClick={() => setOpen(true)}
      >
        <IconDots size={18} aria-hidden="true" />
      </button>
      {open && (
        <Menu
          opened
          onChange={setOpen}
          onClose={() => button.current?.focus()}
          withinPortal={false}
          withInitialFocusPlaceholder={false}
        >
          <Menu.Target>
            <button type="button" className={styles.anchor} tabIndex={-1} aria-hidden="true">
              {label}
            </button>
          </Menu.Target>
          <Menu.Dropdown>
            {onEdit !== undefined && (
              <Menu.Item leftSection={<IconPencil size={16} />} rightSection={<kbd>E</kbd>} onClick={onEdit}>
                Edit
              </Menu.Item>
            )}
            <Menu.Item leftSection={<IconCopy size={16} />} onClick={onCopy}>
              Copy text
            </Menu.Item>
            {onExplain !== undefined && (
              <Menu.Item leftSection={<IconHelpCircle size={16} />} onClick={onExplain}>
                Explain
              </Menu.Item>
            )}
            {onDelete !== undefined && (
              <Menu.Item
                className={styles.danger ?? ''}
                leftSection={<IconTrash size={16} />}
                rightSection={<kbd>Del</kbd>}
                onClick={onDelete}
              >
                Delete
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
    </div>
  );
}

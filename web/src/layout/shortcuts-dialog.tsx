// Which keys do what, and whether keys alone do anything.
import { Modal, Switch } from '@mantine/core';
import { useState } from 'react';
import { SHORTCUTS, singleKeys } from './shortcuts.ts';
import styles from './shortcuts-dialog.module.css';

export function ShortcutsDialog({ opened, onClose }: { opened: boolean; onClose(): void }) {
  const [isOn, setOn] = useState(() => singleKeys.read() ?? true);
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" size="lg">
      <div className={styles.groups}>
        {SHORTCUTS.map(({ title, keys }) => (
          <section key={title}>
            <h3 className={styles.title}>{title}</h3>
            <dl className={styles.keys}>
              {keys.map((one) => (
                <div key={one.does}>
                  <dt>
                    {one.keys.map((key) => (
                      <kbd key={key} className={styles.key}>
                        {key}
                      </kbd>
                    ))}
                  </dt>
                  <dd>{one.does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <Switch
        label="Keys without Ctrl or Command"
        description="Turn them off if you speak to your computer, or press keys by accident"
        checked={isOn}
        onChange={(event) => {
          singleKeys.write(event.currentTarget.checked);
          setOn(event.currentTarget.checked);
        }}
      />
    </Modal>
  );
}

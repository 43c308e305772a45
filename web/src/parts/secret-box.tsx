// Something that is shown once: in full, to copy, and with a word that it will not come again.
import { Button, CopyButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import styles from './secret-box.module.css';

interface SecretBoxProps {
  title: string;
  value: string;
  children?: React.ReactNode;
  onDone(): void;
}

export function SecretBox({ title, value, children, onDone }: SecretBoxProps) {
  return (
    <section className={styles.box} aria-label={title} role="status">
      <h3>{title}</h3>
      <code className={styles.value}>{value}</code>
      <p className={styles.hint}>It is shown this one time. Put it where it belongs before you go on.</p>
      {children}
      <div className={styles.actions}>
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Button
              size="compact-sm"
              leftSection={
                copied ? (
                  <IconCheck size={15} aria-hidden="true" />
                ) : (
                  <IconCopy size={15} aria-hidden="true" />
                )
              }
              onClick={copy}
            >
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        <Button size="compact-sm" variant="default" onClick={onDone}>
          I have it
        </Button>
      </div>
    </section>
  );
}

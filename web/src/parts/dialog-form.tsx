// The form of a dialog that does one thing: fields, why it did not work, and the two buttons. Closes when it is done.
import { Button, type ButtonProps, Group, Stack } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import styles from '../rooms/dialog-list.module.css';
import { messageOf } from './errors.ts';

interface DialogFormProps extends Pick<ButtonProps, 'color' | 'disabled'> {
  /** On the button that does it. */
  label: string;
  children: ReactNode;
  /** What it does; what it throws is said in the form. */
  onSubmit(): Promise<void>;
  onClose(): void;
}

export function DialogForm({ label, children, onSubmit, onClose, ...button }: DialogFormProps) {
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await onSubmit();
      onClose();
    } catch (cause) {
      setError(messageOf(cause));
      setBusy(false);
    }
  }

  return (
    <form onSubmit={submit} onChange={() => setError(undefined)} noValidate>
      <Stack gap="md">
        {children}
        {error !== undefined && (
          <p role="alert" className={styles.problem}>
            {error}
          </p>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} {...button}>
            {label}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

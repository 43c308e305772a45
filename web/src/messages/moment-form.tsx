// What leaving something for a time has in common: the moment, what was wrong, going through with it or not.
import { Button, Group, Stack } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { messageOf } from '../parts/errors.ts';
import { defaultMoment, momentOf, WhenField } from './when-field.tsx';

interface MomentFormProps {
  /** What it is about, above the moment. */
  about: ReactNode;
  /** More to fill in, below it. */
  children?: ReactNode;
  submit: string;
  /** Closes what is around it where that worked; what it throws is said. */
  onMoment(dueAt: string): Promise<void>;
  onClose(): void;
}

export function MomentForm({ about, children, submit, onMoment, onClose }: MomentFormProps) {
  const [when, setWhen] = useState(defaultMoment);
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function go(event: FormEvent) {
    event.preventDefault();
    const moment = momentOf(when);
    if (moment === undefined) return setError('Choose a time that is still to come.');
    setBusy(true);
    try {
      await onMoment(moment.toISOString());
    } catch (cause) {
      setError(messageOf(cause));
      setBusy(false);
    }
  }

  return (
    <form onSubmit={go} noValidate>
      <Stack gap="md">
        {about}
        <WhenField
          value={when}
          error={error}
          onChange={(value) => {
            setWhen(value);
            setError(undefined);
          }}
        />
        {children}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

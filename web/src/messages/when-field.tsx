// Choosing a moment to come: a few that are often meant, or any by date and time.
import { Button, TextInput } from '@mantine/core';
import { useMemo } from 'react';
import { formatWhen } from '../parts/times.ts';
import styles from './when-field.module.css';

interface WhenFieldProps {
  /** As `datetime-local` fields have it, in the reader's own time. */
  value: string;
  onChange(value: string): void;
  error?: string | undefined;
}

export function WhenField({ value, onChange, error }: WhenFieldProps) {
  const choices = useMemo(() => momentsFrom(new Date()), []);
  return (
    <div>
      <fieldset className={styles.choices}>
        <legend className="reader-only">Often chosen</legend>
        {choices.map(({ name, at }) => (
          <Button
            key={name}
            size="xs"
            radius="xl"
            variant={value === at ? 'filled' : 'default'}
            aria-pressed={value === at}
            onClick={() => onChange(at)}
          >
            {name}
          </Button>
        ))}
      </fieldset>
      <TextInput
        type="datetime-local"
        label="Date and time"
        value={value}
        min={toField(new Date())}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={error}
        errorProps={{ role: 'alert' }}
        {...(momentOf(value) !== undefined && { description: sayWhen(value) })}
      />
    </div>
  );
}

const sayWhen = (value: string): string => {
  const words = formatWhen(new Date(value).toISOString());
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** The moment meant, unless it has passed or is none. */
export function momentOf(value: string): Date | undefined {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) || date.getTime() <= Date.now() ? undefined : date;
}

/** Tomorrow morning: what a field begins with. */
export const defaultMoment = (): string => momentsFrom(new Date())[2]?.at ?? toField(new Date());

function momentsFrom(now: Date): { name: string; at: string }[] {
  const later = (minutes: number) => toField(new Date(now.getTime() + minutes * 60_000));
  const morning = (days: number) => {
    const date = new Date(now);
    date.setDate(now.getDate() + days);
    date.setHours(9, 0, 0, 0);
    return toField(date);
  };
  const toMonday = (8 - now.getDay()) % 7 || 7;
  return [
    { name: 'In 1 hour', at: later(60) },
    { name: 'In 3 hours', at: later(180) },
    { name: 'Tomorrow at 9', at: morning(1) },
    ...(toMonday > 1 ? [{ name: 'Monday at 9', at: morning(toMonday) }] : []),
  ];
}

function toField(date: Date): string {
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

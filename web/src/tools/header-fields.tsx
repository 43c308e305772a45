// Headers that go with every request, such as a key. Their values are sealed: they can be set anew, never looked at.
import { ActionIcon, Button, PasswordInput, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import styles from './tools.module.css';

export interface Header {
  name: string;
  value: string;
}

export const headersOf = (headers: readonly Header[]): Record<string, string> =>
  Object.fromEntries(headers.map(({ name, value }) => [name.trim(), value]));

interface HeaderFieldsProps {
  /** Names of those that are there. */
  kept: readonly string[];
  value: Header[];
  onChange(value: Header[]): void;
}

export function HeaderFields({ kept, value, onChange }: HeaderFieldsProps) {
  const replace = (at: number, changes: Partial<Header>) =>
    onChange(value.map((one, i) => (i === at ? { ...one, ...changes } : one)));
  return (
    <section className={styles.part}>
      <h3>Headers</h3>
      <p className={styles.quiet}>
        {kept.length === 0
          ? 'Sent with every request, such as a key. Sealed, and never shown again.'
          : `There are ${kept.join(', ')}. What you add here takes the place of all of them.`}
      </p>
      <div className={styles.rules}>
        {value.map((header, i) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: its name is what is being written
            key={i}
            className={styles.header}
          >
            <TextInput
              label="Header"
              placeholder="authorization"
              value={header.name}
              maxLength={100}
              onChange={(event) => replace(i, { name: event.currentTarget.value })}
            />
            <PasswordInput
              size="md"
              label="Value"
              value={header.value}
              maxLength={4096}
              autoComplete="off"
              visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the value' }}
              onChange={(event) => replace(i, { value: event.currentTarget.value })}
            />
            <ActionIcon
              size={36}
              aria-label={`Remove header ${header.name || i + 1}`}
              onClick={() => onChange(value.filter((_, at) => at !== i))}
            >
              <IconTrash size={17} aria-hidden="true" />
            </ActionIcon>
          </div>
        ))}
        <div>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden="true" />}
            disabled={value.length >= 20}
            onClick={() => onChange([...value, { name: '', value: '' }])}
          >
            Add a header
          </Button>
        </div>
      </div>
    </section>
  );
}
